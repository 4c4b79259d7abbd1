// Stock defects of the expiry sweep: D05, D06, D07, D30.
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive, sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  createUpload,
  get,
  head,
  metadata,
  patch,
  patchParts,
  requestHead,
  upload,
} from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

let server: RunningServer
/** How long an unfinished upload is kept (ms). */
const period = 2000

beforeAll(async () => {
  server = await startSubject({
    flags: ['--expire-after', `${period}ms`, '--log-level', 'warn'],
  })
})
afterAll(cleanUp)

const gone = async (upload: string) => [404, 410].includes((await head(server, upload)).status)

/** The files of the data folder that belong to an upload: its id is in their path. */
async function filesOf(upload: string): Promise<string[]> {
  const id = upload.slice(upload.lastIndexOf('/') + 1)
  const names = await readdir(server.dir, { recursive: true })
  return names.filter((name) => name.includes(id)).map((name) => path.join(server.dir, name))
}

// Stock compares the offset that it wrote at creation, 0, with the length: everything is "unfinished".
test.concurrent('D05: a finished upload never expires, however it was finished', async () => {
  const patched = await upload(server, 'hello')
  const created = await createUpload(server, { length: 5, body: 'hello' })
  const empty = await createUpload(server, { length: 0 })
  const declared = await createUpload(server, { length: null })
  await patch(server, declared, 0, 'hello')
  const last = await patch(server, declared, 5, '', { 'Upload-Length': 5 })
  expect(last.header('upload-expires'), 'a finished upload has no expiry').toBeNull()
  await sleep(2.5 * period)
  for (const finished of [patched, created, declared]) {
    expect((await head(server, finished)).header('upload-offset')).toBe('5')
    expect((await get(server, finished)).text).toBe('hello')
  }
  expect((await get(server, empty)).status).toBe(200)
})

test.concurrent('D05: an expired upload leaves no file behind', async () => {
  const unfinished = await createUpload(server, { length: 5 })
  await patch(server, unfinished, 0, 'hel')
  expect(await filesOf(unfinished)).not.toEqual([])
  await until('the files are removed', async () => (await filesOf(unfinished)).length === 0)
  expect(await gone(unfinished)).toBe(true)
})

// Stock takes no lock: the PATCH answers 204, the next HEAD 404.
test.concurrent('D06: an upload that is being written never expires under the writer', async () => {
  const slow = await createUpload(server, { length: 40 })
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(slow, 0, '', { 'Content-Length': 40 })))
  for (let byte = 0; byte < 40; byte++) {
    await wire.send('x')
    await sleep(100)
  }
  const response = await wire.response('PATCH')
  wire.close()
  expect([response.status, response.header('upload-offset')]).toEqual([204, '40'])
  expect((await get(server, slow)).text).toBe('x'.repeat(40))
})

// Stock counts from the creation: an upload that takes longer than the period is lost however busy it is.
test.concurrent('D06: expiry counts from the last bytes', async () => {
  // On a busy machine this client itself may come too late: such a turn proves nothing.
  for (let turn = 0; turn < 5; turn++) {
    let last = performance.now()
    let longest = 0
    const busy = await createUpload(server, { length: 10 })
    const statuses: number[] = []
    for (let offset = 0; offset < 4; offset++) {
      await sleep(0.6 * period)
      const begun = performance.now()
      statuses.push((await patch(server, busy, offset, 'x')).status)
      longest = Math.max(longest, performance.now() - last)
      last = begun
    }
    if (longest > 0.9 * period) continue
    expect(statuses, `longest pause ${longest.toFixed()} ms`).toEqual([204, 204, 204, 204])
    await until('it expires once it is idle', () => gone(busy))
    return
  }
  throw new Error('in none of five turns was this client quick enough')
})

// Stock does not handle the rejection when a file is gone already, and the process ends.
test.concurrent('D07: files that vanish under the sweep do not harm the server', async () => {
  const vanishing = []
  for (let count = 0; count < 10; count++) vanishing.push(await createUpload(server, { length: 5 }))
  const files = (await Promise.all(vanishing.map(filesOf))).flat()
  expect(files.length).toBeGreaterThanOrEqual(10)
  // Every second file, so that data without an info file is met, and the other way round.
  await Promise.all(
    files.map((file, index) => (index % 2 === 0 ? rm(file, { force: true }) : null)),
  )
  await sleep(2 * period)
  expect(await isAlive(server.pid)).toBe(true)
  expect((await head(server, await createUpload(server, { length: 5 }))).status).toBe(200)
})

// Stock pairs neighbours of a sorted listing: `abc` is missed when `abc-1` exists, and never expires.
test.concurrent('D30: every unfinished upload expires, of whatever name', async () => {
  const names = ['abc', 'abc-1', 'abc.json', 'abc/d', '.hidden', '']
  const uploads = await Promise.all(
    names.map((filename) => createUpload(server, { length: 5, metadata: metadata({ filename }) })),
  )
  await until('all are gone', async () => (await Promise.all(uploads.map(gone))).every(Boolean))
  await until('no file is left', async () => {
    return (await Promise.all(uploads.map(filesOf))).flat().length === 0
  })
})
