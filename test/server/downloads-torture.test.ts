// 3000 downloads that end early in every way a client can think of: the process lives, and keeps nothing.
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive, openFiles, sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { createUpload, get, type Headers, remove, upload } from '../helpers/tus.ts'
import { connect, type Wire } from '../helpers/wire.ts'

let server: RunningServer
const size = 4_000_000
const data = randomBytes(size)
let targets: string[] = []

beforeAll(async () => {
  server = await startServer()
  targets = [
    await upload(server, data),
    await upload(server, data.subarray(0, 100)),
    await upload(server, ''),
  ]
})
afterAll(cleanUp)

const pick = <T>(items: readonly T[]): T => items[randomInt(items.length)] as T

/** Ranges that are fine, of several parts, and senseless (RFC 9110 §14.1.1). */
const ranges = [
  () => `bytes=${randomInt(size)}-`,
  () => `bytes=${randomInt(1000)}-${randomInt(1000, size)}`,
  () => `bytes=-${randomInt(size)}`,
  () => 'bytes=-0',
  () => 'bytes=0-0,-1',
  () => 'bytes=0-99,200-299,1000000-2000000',
  () =>
    `bytes=${Array.from({ length: 200 }, (_, part) => `${part * 10}-${part * 10 + 5}`).join(',')}`,
  () => `bytes=${size}-`,
  () => 'bytes=9-1',
  () => 'bytes=abc',
  () => 'bytes=',
  () => 'lines=1-2',
  () => `bytes=0-${'9'.repeat(60)}`,
] as const

/** How a client ends it. */
const endings = [
  // The head and a few bytes, then away.
  async (wire: Wire) => {
    await until('the first bytes', () => wire.received > 0 || wire.ending !== null)
    wire.close()
  },
  async (wire: Wire) => {
    await until('the first bytes', () => wire.received > 0 || wire.ending !== null)
    wire.reset()
  },
  // In the middle.
  async (wire: Wire) => {
    const middle = randomInt(10_000, 2_000_000)
    const start = performance.now()
    await until(
      'the middle',
      () => wire.received > middle || wire.ending !== null || performance.now() - start > 60,
    )
    wire.reset()
  },
  // Before the answer.
  async (wire: Wire) => wire.close(),
  async (wire: Wire) => wire.reset(),
  // Says that it will send no more, and goes.
  async (wire: Wire) => {
    wire.fin()
    wire.close()
  },
] as const

function requestText(headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${pick([...targets, targets[0] ?? ''])} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`
}

async function residentMebibytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

/** Descriptors by kind: sockets and data files must be given back. */
async function descriptors(): Promise<{ sockets: number; files: number; all: number }> {
  const open = await openFiles(server.pid)
  return {
    sockets: open.filter((name) => name.startsWith('socket:')).length,
    files: open.filter((name) => name.startsWith(server.dir)).length,
    all: open.length,
  }
}

test('3000 downloads closed early', { timeout: 60_000 }, async () => {
  await get(server, targets[0] ?? '')
  const before = await until('quiet', async () => {
    const now = await descriptors()
    await sleep(100)
    const later = await descriptors()
    return now.all === later.all ? now : null
  })
  const memory = await residentMebibytes()
  let left = 3000
  const client = async () => {
    while (left-- > 0) {
      const wire = await connect(server)
      const headers: Record<string, string> = {}
      if (randomInt(2) === 0) headers.Connection = 'close'
      if (randomInt(2) === 0) headers.Range = pick(ranges)()
      if (randomInt(8) === 0)
        headers['If-Range'] = pick(['"other"', 'Thu, 01 Jan 1970 00:00:00 GMT'])
      if (randomInt(8) === 0) headers['If-None-Match'] = pick(['*', '"other"', 'W/"x"'])
      // Now and then two at once on one connection.
      const times = randomInt(6) === 0 ? 2 : 1
      await wire.send(requestText(headers).repeat(times)).catch(() => undefined)
      await pick(endings)(wire)
    }
  }
  await Promise.all(Array.from({ length: 16 }, client))
  expect(await isAlive(server.pid)).toBe(true)
  let after = await descriptors()
  const end = performance.now() + 10_000
  while (after.all > before.all && performance.now() < end) {
    await sleep(100)
    after = await descriptors()
  }
  expect(after.all, JSON.stringify({ before, after })).toBeLessThanOrEqual(before.all)
  expect(after.files).toBeLessThanOrEqual(before.files)
  console.log(
    `3000 early ends: RSS ${memory} MiB before, ${await residentMebibytes()} MiB after; ${before.all} descriptors before, ${after.all} after`,
  )
  expect(await residentMebibytes()).toBeLessThan(memory + 120)
  expect(
    server
      .log()
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"/.test(line)),
  ).toEqual([])
  const got = createHash('sha256')
    .update((await get(server, targets[0] ?? '')).body)
    .digest('hex')
  expect(got).toBe(createHash('sha256').update(data).digest('hex'))
})

// RFC 9112 §9.3.2: a client may ask for the next before it has the first; then it goes away.
test('downloads that wait behind another one are let go with their connection', async () => {
  const quiet = await until('quiet', async () => {
    const { files } = await descriptors()
    await sleep(50)
    return files === (await descriptors()).files ? { files } : null
  })
  for (let turn = 0; turn < 50; turn++) {
    const wire = await connect(server)
    await wire.send(`GET ${targets[0]} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3))
    await until('the first bytes', () => wire.received > 0)
    wire.reset()
  }
  const end = performance.now() + 3000
  while ((await descriptors()).files > quiet.files && performance.now() < end) await sleep(50)
  expect((await descriptors()).files).toBeLessThanOrEqual(quiet.files)
})

test('ranges are right to the byte', async () => {
  const target = targets[0] ?? ''
  const wire = await connect(server)
  for (let turn = 0; turn < 30; turn++) {
    const first = randomInt(size)
    const last = randomInt(first, Math.min(size, first + 100_000))
    for (const [range, from, to] of [
      [`bytes=${first}-${last}`, first, last],
      [`bytes=${size - 1 - (last - first)}-`, size - 1 - (last - first), size - 1],
      [`bytes=-${last - first + 1}`, size - (last - first + 1), size - 1],
    ] as const) {
      const answer = await get(wire, target, { Range: range })
      expect([answer.status, answer.header('content-range')]).toEqual([
        206,
        `bytes ${from}-${to}/${size}`,
      ])
      expect(answer.body.equals(data.subarray(from, to + 1)), range).toBe(true)
    }
  }
  for (const range of [`bytes=${size}-`, 'bytes=9999999999-']) {
    const refused = await get(wire, target, { Range: range })
    expect([refused.status, refused.header('content-range')]).toEqual([416, `bytes */${size}`])
  }
  wire.close()
})

// What a client sends meanwhile must not find its way into what it reads.
test.for(['nonsense\r\n\r\n', 'GET /livez HTTP/1.1\r\nBad Header\r\n\r\n', '\x16\x03\x01\x02\0'])(
  'noise during a download (%j) does not get into the file',
  async (noise) => {
    const wire = await connect(server, { paused: true })
    await wire.send(`GET ${targets[0]} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await sleep(50)
    await wire.send(noise)
    await sleep(100)
    wire.resume()
    // Whole, or cut off: never with an answer to the noise in its middle.
    const answer = await wire.response().catch(() => null)
    if (answer !== null) expect(answer.body.equals(data)).toBe(true)
    wire.close()
    expect((await get(server, '/livez')).status).toBe(200)
  },
)

// In one piece with the request, so that the noise is read before the file is even open.
test('noise right behind a request is not answered in the place of the file', async () => {
  for (const noise of ['nonsense\r\n\r\n', 'GET /livez HTTP/1.1\r\nBad Header\r\n\r\n']) {
    const wire = await connect(server)
    await wire.send(`GET ${targets[0]} HTTP/1.1\r\nHost: x\r\n\r\n${noise}`)
    const answer = await wire.response().catch(() => null)
    if (answer !== null) expect([answer.status, answer.body.equals(data)]).toEqual([200, true])
    wire.close()
  }
})

test('a download of a file that is removed meanwhile, many times', async () => {
  for (let turn = 0; turn < 8; turn++) {
    const target = await upload(server, data.subarray(0, 1_000_000))
    const wires = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const wire = await connect(server)
        await wire.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
        return wire
      }),
    )
    const removed = remove(server, target)
    const answers = await Promise.all(wires.map((wire) => wire.response().catch(() => null)))
    for (const answer of answers) {
      if (answer?.status === 200) expect(answer.body.equals(data.subarray(0, 1_000_000))).toBe(true)
      else expect([410, undefined]).toContain(answer?.status)
    }
    expect((await removed).status).toBe(204)
    for (const wire of wires) wire.close()
  }
  expect(await isAlive(server.pid)).toBe(true)
  const gone = (await openFiles(server.pid)).filter((name) => name.includes('(deleted)'))
  expect(gone).toEqual([])
})

test('what is asked for while it is removed is gone, and no trouble of the server', async () => {
  const headers = { 'Upload-Concat': 'partial' }
  const parts = [await upload(server, 'one', { headers }), await upload(server, 'two', { headers })]
  const final = { 'Upload-Defer-Length': null, 'Upload-Concat': `final;${parts.join(' ')}` }
  for (let turn = 0; turn < 30; turn++) {
    const isFinal = turn % 2 === 0
    const target = isFinal
      ? await createUpload(server, { length: null, headers: final })
      : await upload(server, 'onetwo')
    const removed = remove(server, target)
    // Again and again until it is gone: some fall into the moment in which its files go.
    for (let status = 0; status !== 410; ) {
      const answer = await get(server, target).catch(() => null)
      // Cut where all was said but the bytes.
      if (answer === null) continue
      status = answer.status
      expect([answer.status, answer.text]).toEqual(
        status === 200 ? [200, 'onetwo'] : [410, 'This upload was removed.\n'],
      )
    }
    expect((await removed).status).toBe(204)
  }
  expect(server.log()).not.toContain('download failed')
})

test('many at once, all whole', async () => {
  const sums = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const response = await fetch(`${server.url}${targets[0]}`)
      return Buffer.from(await response.arrayBuffer()).equals(data)
    }),
  )
  expect(sums).toEqual(Array.from({ length: 12 }, () => true))
})
