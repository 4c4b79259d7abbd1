// Stock and Node's defaults about time: D03, D04, D11, D37. Tests wait at the same time, each on its own upload.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { untilRead } from '../helpers/kernel.ts'
import { sleep } from '../helpers/process.ts'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  createUpload,
  get,
  head,
  offsetOf,
  patch,
  patchParts,
  requestHead,
} from '../helpers/tus.ts'
import { type Address, connect, type Wire } from '../helpers/wire.ts'

const quiet = ['--log-level', 'error'] as const
let usual: RunningServer
let hasty: RunningServer
let demanding: RunningServer

beforeAll(async () => {
  const short = ['--headers-timeout', '1s', '--read-timeout', '1s', '--keep-alive-timeout', '1s']
  usual = await startSubject({ flags: [...quiet] })
  hasty = await startSubject({ flags: [...quiet, ...short, '--min-rate', '0'] })
  demanding = await startSubject({
    flags: [...quiet, '--read-timeout', '1s', '--min-rate', '1MiB'],
  })
})
afterAll(cleanUp)

async function begin(server: Address, target: string, length: number, body: string): Promise<Wire> {
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(target, 0, '', { 'Content-Length': length })) + body)
  return wire
}

// Node's requestTimeout ends every request after 300 s (+ 30 s) with a bare 408, however steadily it comes.
test.concurrent('D04: a PATCH lives as long as its bytes come, beyond every time-out', async () => {
  const target = await createUpload(hasty, { length: 50 })
  const wire = await begin(hasty, target, 50, '')
  for (let byte = 0; byte < 50; byte++) {
    await wire.send('x')
    await sleep(100)
  }
  const response = await wire.response('PATCH')
  wire.close()
  expect([response.status, response.header('upload-offset')]).toEqual([204, '50'])
})

test.concurrent('D04: a body slower than the minimum rate is cut off with 503, its bytes are kept', async () => {
  const target = await createUpload(demanding, { length: 1_000_000 })
  const wire = await begin(demanding, target, 1_000_000, '')
  let sent = 0
  while (wire.ending === null && wire.received === 0 && sent < 100_000) {
    await wire.send('x'.repeat(1000))
    sent += 1000
    await sleep(50)
  }
  const response = await wire.response('PATCH')
  expect(response.status).toBe(503)
  expect(response.header('retry-after')).toMatch(/^\d+$/)
  expect(response.header('connection')).toBe('close')
  wire.close()
  const stored = await offsetOf(demanding, target)
  expect(stored).toBeGreaterThan(0)
  expect(stored).toBeLessThanOrEqual(sent)
})

test.concurrent('D04: a head that is not complete in time is refused', async () => {
  const wire = await connect(hasty)
  const started = performance.now()
  await wire.send('PATCH /files/abc HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Res')
  await wire.closed(5_000)
  wire.close()
  expect(performance.now() - started).toBeGreaterThan(900)
})

// Node closes an idle connection after 5 s: a pause between two chunks costs a handshake and races with the next one.
test.concurrent('D11: a connection survives a pause of 6.5 s between two PATCHes', async () => {
  const target = await createUpload(usual, { length: 10 })
  const wire = await connect(usual)
  const first = await patch(wire, target, 0, 'hello')
  expect(first.header('connection')).not.toBe('close')
  expect(first.header('keep-alive')).toBe('timeout=75')
  await sleep(6_500)
  const second = await patch(wire, target, 5, 'world')
  wire.close()
  expect([second.status, second.header('upload-offset')]).toEqual([204, '10'])
  const connections = [first, second].map((response) => response.header('longhaul-connection'))
  expect(connections[1]).toBe(connections[0])
})

test.concurrent('D11: an idle connection is closed with FIN after the time that is set', async () => {
  const wire = await connect(hasty)
  const started = performance.now()
  await head(wire, '/files/no-such-upload-0123456789')
  expect(await wire.closed(10_000)).toBe('fin')
  wire.close()
  expect(performance.now() - started).toBeGreaterThan(900)
})

// Stock servers never probe: a peer that is gone without a word keeps its connection for ever.
test.concurrent('D11: TCP keep-alive probes are armed on the server’s side', async () => {
  const wire = await connect(usual)
  await head(wire, '/files/no-such-upload-0123456789')
  await sleep(500)
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n')
  const ours = lines.find((line) => {
    const [, local = '', remote = ''] = line.trim().split(/\s+/)
    return local.endsWith(`:${hex(usual.port)}`) && remote.endsWith(`:${hex(wire.localPort)}`)
  })
  wire.close()
  // proc(5), /proc/net/tcp: field "tr tm->when" begins with 02 while a keep-alive timer runs.
  expect(ours?.trim().split(/\s+/)[5]).toMatch(/^02:/)
})

interface Drained {
  readonly statuses: readonly number[]
  readonly server: RunningServer
  readonly code: number | null
  readonly took: number
  readonly target: string
}

/** SIGTERM while one client sends without end and another is silent in the middle of its body. */
async function drain(flags: readonly string[]): Promise<Drained> {
  const server = await startSubject({ flags: [...quiet, ...flags] })
  const target = await createUpload(server, { length: 1_000_000 })
  const other = await createUpload(server, { length: 1_000_000 })
  const busy = await begin(server, target, 1_000_000, 'hello')
  const silent = await begin(server, other, 1_000_000, 'hello')
  for (const wire of [busy, silent]) await untilRead(wire, server)
  const trickle = setInterval(() => busy.send('x').catch(() => undefined), 20)
  await sleep(300)
  const started = performance.now()
  const stopping = server.stop()
  const answers = await Promise.all([busy.response('PATCH'), silent.response('PATCH')])
  clearInterval(trickle)
  for (const answer of answers) {
    expect(answer.header('retry-after')).toBe('1')
    expect(answer.header('connection')).toBe('close')
    expect(answer.header('tus-resumable')).toBe('1.0.0')
  }
  const code = await stopping
  busy.close()
  silent.close()
  const took = performance.now() - started
  return { statuses: answers.map(({ status }) => status), server, code, took, target }
}

// A stock server has no shutdown, and `close()` waits for the PATCH.
test.concurrent('D37: SIGTERM tells writers to come back, keeps what came and ends in time', async () => {
  const { statuses, server, code, took, target } = await drain([])
  expect(statuses).toEqual([503, 503])
  expect(code).toBe(0)
  expect(took).toBeLessThan(5_000)
  const again = await startSubject({ dir: server.dir, flags: [...quiet] })
  const offset = await offsetOf(again, target)
  expect(offset).toBeGreaterThan(5)
  const rest = Buffer.alloc(1_000_000 - offset, 'y')
  expect((await patch(again, target, offset, rest)).status).toBe(204)
  const content = (await get(again, target)).text
  expect(content.replace(/x+/, 'x').replace(/y+/, 'y')).toBe('helloxy')
})

test.concurrent('D37: a client that neither reads nor closes cannot hold the server beyond the grace time', async () => {
  const server = await startSubject({ flags: [...quiet, '--grace', '1s'] })
  const target = await createUpload(server, { length: 1_000_000 })
  const deaf = await connect(server, { paused: true })
  await deaf.send(requestHead(patchParts(target, 0, '', { 'Content-Length': 1_000_000 })))
  await deaf.send('hello')
  await untilRead(deaf, server)
  const started = performance.now()
  await server.stop()
  expect(performance.now() - started).toBeLessThan(3_000)
  deaf.close()
})

// tus clients take any answer to HEAD but 2xx and 423 for the end of the upload and start from byte 0.
test.concurrent('D03: HEAD while the server drains is 200 or 423, or the connection closes', async () => {
  const server = await startSubject({ flags: [...quiet] })
  const target = await createUpload(server, { length: 1_000_000 })
  const idle = await Promise.all(Array.from({ length: 20 }, () => connect(server)))
  for (const wire of idle) await head(wire, target)
  const busy = await begin(server, target, 1_000_000, 'hello')
  await untilRead(busy, server)
  const stopping = server.stop()
  const seen = await Promise.all(
    idle.map(async (wire, index) => {
      await sleep(index * 2)
      const answer = await head(wire, target).catch(() => null)
      wire.close()
      return answer?.status ?? 'closed'
    }),
  )
  busy.close()
  await stopping
  expect(seen.filter((status) => ![200, 423, 'closed'].includes(status))).toEqual([])
})
