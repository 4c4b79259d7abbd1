// Stock defects of locks, of racing requests and of a second process: D03, D08, D09, D10, D18.
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { untilRead } from '../helpers/kernel.ts'
import { processorTime, sleep } from '../helpers/process.ts'
import { cleanUp, type RunningServer, temporaryFolder } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  createUpload,
  exchange,
  get,
  head,
  offsetOf,
  patch,
  patchParts,
  requestHead,
  tusHeaders,
  upload,
} from '../helpers/tus.ts'
import { connect, type Wire } from '../helpers/wire.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startSubject({ flags: ['--log-level', 'warn'] })
})
afterAll(cleanUp)

const length = 1_000_000

/** A PATCH of the whole upload that has sent `body` so far. */
async function begin(target: string, body: string): Promise<Wire> {
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(target, 0, '', { 'Content-Length': length })) + body)
  return wire
}

// Stock waits the full 3 s drain even when the old socket is dead.
test('D09: a newcomer takes over from a stale writer at once', async () => {
  const times: number[] = []
  for (let round = 0; round < 7; round++) {
    const target = await createUpload(server, { length })
    const stale = await begin(target, 'x'.repeat(1000))
    await untilRead(stale, server)
    await sleep(150)
    const start = performance.now()
    const looked = await head(server, target)
    const offset = Number(looked.header('upload-offset') ?? 1000)
    const response = await patch(server, target, offset, 'y')
    times.push(performance.now() - start)
    expect([response.status, response.header('upload-offset')]).toEqual([204, '1001'])
    const evicted = await stale.response('PATCH')
    expect([evicted.status, evicted.header('connection')]).toEqual([423, 'close'])
    await stale.closed()
    stale.close()
  }
  // The median, for others use the machine too.
  expect(times.toSorted((a, b) => a - b)[3], times.map(Math.round).join(' ')).toBeLessThan(1000)
})

test('D09: what an evicted writer still sends goes nowhere', async () => {
  const target = await createUpload(server, { length: 1010 })
  const stale = await connect(server)
  await stale.send(requestHead(patchParts(target, 0, '', { 'Content-Length': 1010 })))
  await stale.send('x'.repeat(1000))
  await untilRead(stale, server)
  await sleep(150)
  const taking = patch(server, target, 1000, 'yyyyyyyyyy')
  for (let count = 0; count < 10; count++) await stale.send('z').catch(() => undefined)
  const answers = [(await taking).status, (await stale.response('PATCH').catch(() => null))?.status]
  stale.close()
  // Whoever won, the other one got no 204 and left no byte.
  expect(answers.filter((status) => status === 204).length).toBe(1)
  expect((await get(server, target)).text.slice(1000)).toMatch(/^(y{10}|z{10})$/)
})

test('D09: a writer that progresses is not evicted', async () => {
  // On a busy machine this client itself may pause for too long: such a turn proves nothing.
  for (let turn = 0; turn < 20; turn++) {
    const target = await createUpload(server, { length: 5000 })
    const wire = await connect(server)
    await wire.send(requestHead(patchParts(target, 0, '', { 'Content-Length': 5000 })))
    const answer = wire.response('PATCH')
    const rivals: Promise<number>[] = []
    let [longest, last] = [0, performance.now()]
    for (let sent = 0; sent < 5000; sent += 100) {
      await wire.send('x'.repeat(100)).catch(() => undefined)
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
      if (sent % 1000 === 500)
        rivals.push(patch(server, target, 0, 'y'.repeat(5000)).then((r) => r.status))
      if (sent % 1000 === 700) rivals.push(patch(server, target, sent, 'y').then((r) => r.status))
      await sleep(10)
    }
    const response = await answer
    wire.close()
    const refused = await Promise.all(rivals)
    if (longest > 30) continue
    expect([response.status, response.header('upload-offset')]).toEqual([204, '5000'])
    for (const status of refused) expect([409, 423]).toContain(status)
    expect((await get(server, target)).text).toBe('x'.repeat(5000))
    return
  }
  throw new Error('in none of 20 turns was this client quick enough')
})

// Stock polls its lock with setImmediate: one waiting request costs a whole core.
test('D08: requests that wait for a lock cost no processor time', async () => {
  const target = await createUpload(server, { length })
  const writer = await begin(target, 'x')
  const trickle = setInterval(() => writer.send('x').catch(() => undefined), 20)
  await sleep(200)
  const before = await processorTime(server.pid)
  const waiting = Array.from({ length: 5 }, () => [
    head(server, target).catch(() => null),
    patch(server, target, 0, 'y').catch(() => null),
  ]).flat()
  await sleep(1_000)
  const used = (await processorTime(server.pid)) - before
  clearInterval(trickle)
  writer.reset()
  await Promise.all(waiting)
  // 50 PATCH reads and 10 small requests; spinning is 1000 and more.
  expect(used).toBeLessThan(250)
})

// tus clients start from byte 0 on any answer to HEAD but 2xx and 423; stock gives 500 when the lock is busy.
test('D03: HEAD during a PATCH is 200 or 423, and the PATCH goes on', async () => {
  const target = await createUpload(server, { length: 2000 })
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(target, 0, '', { 'Content-Length': 2000 })))
  const seen = new Set<number>()
  for (let sent = 0; sent < 2000; sent += 40) {
    await wire.send('x'.repeat(40))
    for (const answer of await Promise.all([head(server, target), head(server, target)])) {
      seen.add(answer.status)
      if (answer.status === 423) expect(answer.header('retry-after')).toMatch(/^\d+$/)
      else expect(Number(answer.header('upload-offset'))).toBeLessThanOrEqual(2000)
    }
  }
  const response = await wire.response('PATCH')
  wire.close()
  expect(response.status).toBe(204)
  expect([...seen].filter((status) => status !== 200 && status !== 423)).toEqual([])
})

// Stock rewrites its info file in place: a third of concurrent reads saw it empty and answered 404.
test('D18: readers never miss an upload whose length is being declared', async () => {
  const uploads = await Promise.all(
    Array.from({ length: 60 }, () => createUpload(server, { length: null })),
  )
  const seen = new Map<string, number>()
  let declared = false
  // HEAD may wait for a lock; the API reads without one.
  const readers = ['HEAD', 'GET', 'HEAD', 'GET'].map(async (method, reader) => {
    const wire = await connect(server)
    for (let turn = reader; !declared; turn += 7) {
      const upload = uploads[turn % uploads.length] ?? ''
      const target = method === 'GET' ? upload.replace('/files', '/api/uploads') : upload
      const { status } = await exchange(wire, { method, target, headers: tusHeaders() })
      seen.set(`${method} ${status}`, (seen.get(`${method} ${status}`) ?? 0) + 1)
    }
    wire.close()
  })
  const writer = await connect(server)
  for (const target of uploads) {
    const response = await patch(writer, target, 0, 'x', { 'Upload-Length': 5 })
    expect(response.status).toBe(204)
  }
  declared = true
  await Promise.all(readers)
  writer.close()
  expect(seen.get('HEAD 200')).toBeGreaterThan(30)
  expect(seen.get('GET 200')).toBeGreaterThan(30)
  const allowed = ['HEAD 200', 'HEAD 423', 'GET 200']
  expect([...seen.keys()].filter((answer) => !allowed.includes(answer))).toEqual([])
})

// A stock process killed in the middle of that leaves an empty info file, which it takes for "not found".
test('D18: kill -9 in the middle of declarations loses no upload', async () => {
  const dir = await temporaryFolder()
  const first = await startSubject({ dir, flags: ['--log-level', 'error'] })
  const uploads = await Promise.all(
    Array.from({ length: 100 }, () => createUpload(first, { length: null, body: 'x' })),
  )
  const declaring = uploads.map((target) =>
    patch(first, target, 1, 'y', { 'Upload-Length': 5 }).then(
      ({ status }) => status,
      () => null,
    ),
  )
  await Promise.race(declaring)
  await first.kill()
  const answered = await Promise.all(declaring)
  const second = await startSubject({ dir, flags: ['--log-level', 'error'] })
  for (const [index, target] of uploads.entries()) {
    const looked = await head(second, target)
    expect(looked.status).toBe(200)
    const offset = Number(looked.header('upload-offset'))
    expect(offset).toBeGreaterThanOrEqual(answered[index] === 204 ? 2 : 1)
    if (answered[index] === 204) expect(looked.header('upload-length')).toBe('5')
  }
  await second.kill()
})

// Two stock processes on one folder mix the bytes of two writers and both answer 204.
test('D10: a second process on the folder refuses to start and says why', async () => {
  const target = await upload(server, 'hello')
  const other = path.join(await temporaryFolder(), 'link')
  await symlink(server.dir, other)
  for (const dir of [server.dir, other]) {
    const refused = await startSubject({ dir }).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(refused).toMatch(/ended with 1\b/)
    expect(refused).toMatch(/another|in use|already/i)
    expect(refused).not.toMatch(/\n\s+at /)
  }
  expect(await offsetOf(server, target)).toBe(5)
})

test('D10: after kill -9 the folder is free again', async () => {
  const dir = await temporaryFolder()
  const first = await startSubject({ dir })
  const target = await createUpload(first, { length: 10 })
  await patch(first, target, 0, 'hello')
  await first.kill()
  const second = await startSubject({ dir })
  expect(await offsetOf(second, target)).toBe(5)
  expect(await second.stop()).toBe(0)
  const third = await startSubject({ dir })
  expect((await patch(third, target, 5, 'world')).status).toBe(204)
})
