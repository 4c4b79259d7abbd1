// Downloads of uploads that are made of others: one file to the outside, whatever lies below.
import { randomBytes } from 'node:crypto'
import { truncate } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFiles, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { createUpload, get, head, remove, requestHead, upload } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

let server: RunningServer
beforeAll(async () => {
  server = await startServer({ flags: ['--log-level', 'error'] })
})
afterAll(cleanUp)

const partOf = (content: string | Uint8Array) =>
  upload(server, content, { headers: { 'Upload-Concat': 'partial' } })

const join = (parts: readonly string[]) =>
  createUpload(server, {
    length: 0,
    metadata: `filename ${Buffer.from('whole.bin').toString('base64')}`,
    headers: { 'Upload-Length': null, 'Upload-Concat': `final;${parts.join(' ')}` },
  })

/** A final of parts with these contents. */
async function finalOf(...contents: readonly (string | Uint8Array)[]): Promise<string> {
  const parts: string[] = []
  for (const content of contents) parts.push(await partOf(content))
  return join(parts)
}

const download = (target: string, headers: Record<string, string> = {}) =>
  get(server, target, headers)

describe('of small parts', () => {
  const content = 'aaabbccccd'
  let target: string
  beforeAll(async () => {
    target = await finalOf('aaa', '', 'bb', 'cccc', 'd', '')
  })

  test('whole, with the head of one file', async () => {
    const answer = await download(target)
    expect([answer.status, answer.text]).toEqual([200, content])
    expect(answer.header('content-length')).toBe('10')
    expect(answer.header('accept-ranges')).toBe('bytes')
    expect(answer.header('etag')).toBe(`"${path.basename(target)}"`)
    expect(answer.header('content-disposition')).toContain('whole.bin')
    expect(answer.header('last-modified')).not.toBeNull()
  })

  test('every range, within a part and across borders', async () => {
    const wire = await connect(server)
    for (let from = 0; from < content.length; from++) {
      for (let to = from; to < content.length; to++) {
        const answer = await get(wire, target, { Range: `bytes=${from}-${to}` })
        expect([answer.status, answer.text], `${from}-${to}`).toEqual([
          206,
          content.slice(from, to + 1),
        ])
        expect(answer.header('content-range')).toBe(`bytes ${from}-${to}/10`)
      }
    }
    wire.close()
  })

  test.for([
    ['bytes=4-', 206, 'bccccd'],
    ['bytes=-3', 206, 'ccd'],
    ['bytes=8-100', 206, 'cd'],
    ['bytes=10-', 416, null],
    ['bytes=0-1,4-5', 200, content],
  ] as const)('%s is %i', async ([Range, status, text]) => {
    const answer = await download(target, { Range })
    expect(answer.status).toBe(status)
    if (text === null) expect(answer.header('content-range')).toBe('bytes */10')
    else expect(answer.text).toBe(text)
  })

  test('conditions', async () => {
    const { header } = await download(target)
    const [etag, date] = [header('etag') ?? '', header('last-modified') ?? '']
    const Range = 'bytes=2-4'
    expect((await download(target, { 'If-None-Match': etag })).status).toBe(304)
    expect((await download(target, { 'If-Modified-Since': date })).status).toBe(304)
    expect((await download(target, { 'If-Match': '"other"' })).status).toBe(412)
    expect((await download(target, { Range, 'If-Range': etag })).text).toBe('abb')
    expect((await download(target, { Range, 'If-Range': date })).text).toBe('abb')
    expect((await download(target, { Range, 'If-Range': '"other"' })).text).toBe(content)
  })

  test('HEAD tells how long it is, and sends nothing', async () => {
    const wire = await connect(server)
    await wire.send(requestHead({ method: 'HEAD', target }))
    const answer = await wire.response('HEAD')
    expect([answer.status, answer.text]).toEqual([200, ''])
    // The connection goes on with the next answer.
    expect((await get(wire, target)).text).toBe(content)
    wire.close()
  })
})

test.for([[['']], [['', '']], [['', '', 'x']], [['x']]] as const)('of %j', async ([contents]) => {
  const answer = await download(await finalOf(...contents))
  const text = contents.join('')
  expect([answer.status, answer.text]).toEqual([200, text])
  expect(answer.header('content-length')).toBe(String(text.length))
})

test('of one part many times', async () => {
  const parts = Array<string>(100).fill(await partOf('ab'))
  expect((await download(await join(parts))).text).toBe('ab'.repeat(100))
})

test('a part alone is no download, and an unfinished final neither', async () => {
  const part = await partOf('aaa')
  expect((await download(part)).status).toBe(404)
  const open = await createUpload(server, { length: 3, headers: { 'Upload-Concat': 'partial' } })
  const final = await join([part, open])
  expect((await download(final)).status).toBe(404)
  await remove(server, open)
  expect((await download(final)).status).toBe(410)
})

describe('of large parts', () => {
  const parts = [randomBytes(3 * 2 ** 20), randomBytes(3 * 2 ** 20 + 1), randomBytes(70_000)]
  const content = Buffer.concat(parts)
  let target: string
  beforeAll(async () => {
    target = await finalOf(...parts)
    for (let index = 0; index < 2; index++) await download(target, { Range: 'bytes=0-9' })
  })

  /** Those of the files of uploads. */
  const open = async () =>
    (await openFiles(server.pid)).filter(
      (name) => name.startsWith(server.dir) && /\.\d+$/.test(name),
    )

  test('to the byte, and ranges over one and two borders', async () => {
    expect((await download(target)).body.equals(content)).toBe(true)
    const [first = 0, second = 0] = [
      parts[0]?.length,
      (parts[0]?.length ?? 0) + (parts[1]?.length ?? 0),
    ]
    for (const [from, to] of [
      [first - 1, first],
      [first, second - 1],
      [first - 100_000, second + 100],
      [second, content.length - 1],
    ] as const) {
      const answer = await download(target, { Range: `bytes=${from}-${to}` })
      expect(answer.body.equals(content.subarray(from, to + 1)), `${from}-${to}`).toBe(true)
    }
  })

  test('clients that go away leave nothing open', async () => {
    const leave = async (index: number) => {
      const wire = await connect(server, { paused: true })
      const Range = `bytes=${(index * 200_000) % content.length}-`
      await wire.send(requestHead({ method: 'GET', target, headers: { Range } }))
      if (index % 3 === 0) {
        wire.resume()
        await wire.head()
      }
      if (index % 2 === 0) wire.reset()
      else wire.close()
    }
    await Promise.all(Array.from({ length: 60 }, (_, index) => leave(index)))
    await until('everything is closed', async () => (await open()).length === 0)
    expect((await download(target)).body.equals(content)).toBe(true)
    expect(server.log()).toBe('')
  })

  test('a file that is cut while it is sent: the download breaks off, and is no other bytes', async () => {
    const wire = await connect(server, { paused: true })
    await wire.send(requestHead({ method: 'GET', target }))
    await until('it is being sent', async () => (await open()).length > 0)
    await truncate(path.join(server.dir, `${path.basename(target)}.1`), 100)
    wire.resume()
    await expect(wire.response()).rejects.toThrow()
    // Left open, it would pass the next answer off as the rest.
    expect(wire.ending).not.toBeNull()
    wire.close()
    expect((await head(server, target)).status).toBe(410)
    expect((await download(target)).status).toBe(410)
  })
})
