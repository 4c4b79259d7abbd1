// Time: what is cut off and what is not, idle connections, slow heads, and the drain on SIGTERM.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BodyWriter } from '../../server/uploads/body-writer.ts'
import { createDeadlines } from '../../server/uploads/deadlines.ts'
import { untilRead } from '../helpers/kernel.ts'
import { processorTime, sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
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

// Not in each group: neighbouring concurrent groups run at the same time.
afterAll(cleanUp)

/** A PATCH whose head and first bytes are sent. */
async function begin(
  server: RunningServer,
  target: string,
  length: number,
  body = '',
): Promise<Wire> {
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(target, 0, '', { 'Content-Length': length })) + body)
  return wire
}

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const start = performance.now()
  return [await work, performance.now() - start]
}

describe.concurrent('bodies', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer({ flags: ['--read-timeout', '1s', '--min-rate', '1KiB'] })
  })

  // However much of the body is to come: the client is to be told, and the connection to be closed.
  test.for([1000, 5_000_000])(
    'a body that falls silent (%d bytes announced) is cut off',
    async (length) => {
      const target = await createUpload(server, { length })
      const start = performance.now()
      const wire = await begin(server, target, length, 'hello')
      const answer = await wire.response('PATCH')
      expect(performance.now() - start).toBeGreaterThan(990)
      expect(answer.status).toBe(503)
      expect(answer.header('retry-after')).toMatch(/^\d+$/)
      expect(answer.text).toMatch(/no byte came for 1 s/)
      expect(await offsetOf(server, target)).toBe(5)
      expect(answer.header('connection')).toBe('close')
      expect(await wire.closed(8000)).toBe('fin')
      wire.close()
    },
  )

  test('a body that never begins is cut off', async () => {
    const target = await createUpload(server, { length: 1000 })
    const wire = await begin(server, target, 1000)
    expect((await wire.response('PATCH')).status).toBe(503)
    wire.close()
  })

  test('a chunked body that never ends is cut off', async () => {
    const target = await createUpload(server, { length: 1000 })
    const wire = await connect(server)
    const parts = patchParts(target, 0, '', {
      'Transfer-Encoding': 'chunked',
      'Content-Length': null,
    })
    await wire.send(`${requestHead(parts)}5\r\nhello\r\n`)
    const answer = await wire.response('PATCH')
    expect([answer.status, answer.header('connection')]).toEqual([503, 'close'])
    expect(await offsetOf(server, target)).toBe(5)
    wire.close()
  })

  test('a body that trickles below the minimum rate is cut off', async () => {
    const target = await createUpload(server, { length: 100_000 })
    const wire = await begin(server, target, 100_000)
    const trickle = setInterval(() => wire.send('x'.repeat(20)).catch(() => undefined), 100)
    const [answer, milliseconds] = await timed(wire.response('PATCH'))
    clearInterval(trickle)
    expect(answer.status).toBe(503)
    expect(answer.text).toMatch(/slower than 1024 bytes a second/)
    expect(milliseconds).toBeLessThan(4000)
    expect(await offsetOf(server, target)).toBeGreaterThan(100)
    wire.close()
  })

  test('a steady 100 kB/s survives several spans', async () => {
    const data = randomBytes(500_000)
    const target = await createUpload(server, { length: data.length })
    const wire = await begin(server, target, data.length)
    const answer = wire.response('PATCH')
    for (let sent = 0; sent < data.length; sent += 5000) {
      await wire.send(data.subarray(sent, sent + 5000))
      await sleep(50)
    }
    expect((await answer).status).toBe(204)
    wire.close()
    const got = createHash('sha256').update((await get(server, target)).body)
    expect(got.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'))
  })

  test('a pause shorter than the time-out survives, and the rate counts over the whole span', async () => {
    const target = await createUpload(server, { length: 6000 })
    const wire = await begin(server, target, 6000)
    const answer = wire.response('PATCH')
    for (let turn = 0; turn < 3; turn++) {
      await wire.send('x'.repeat(2000))
      await sleep(400)
    }
    expect((await answer).status).toBe(204)
    wire.close()
  })

  test('one that waits for its turn is not silent: its time begins when its body is asked for', async () => {
    const target = await createUpload(server, { length: 5000 })
    // A checked body counts for nothing before its end, and this one not even then: the second is not refused for its offset.
    const first = await connect(server)
    const wrong = { 'Content-Length': 4000, 'Upload-Checksum': 'crc32 AAAAAA==' }
    await first.send(requestHead(patchParts(target, 0, '', wrong)))
    await untilRead(first, server)
    const second = await connect(server)
    const asking = { 'Content-Length': 5000, Expect: '100-continue' }
    await second.send(requestHead(patchParts(target, 0, '', asking)))
    let entered = 0
    const asked = second.next('PATCH').then((answer) => {
      entered = performance.now()
      return answer.status
    })
    const start = performance.now()
    for (let sent = 0; sent < 200; sent++) {
      await first.send('x'.repeat(20))
      await sleep(8)
    }
    expect((await first.response('PATCH')).status).toBe(460)
    expect(await asked).toBe(100)
    expect(entered - start, 'it waited longer than a silent one may').toBeGreaterThan(1500)
    await second.send('y'.repeat(5000))
    expect((await second.response('PATCH')).status).toBe(204)
    for (const wire of [first, second]) wire.close()
  })

  test('a pause of the service itself is no silence of the client', async () => {
    const paused = await startServer({ flags: ['--read-timeout', '1s', '--min-rate', '40B'] })
    const target = await createUpload(paused, { length: 100 })
    const wire = await begin(paused, target, 100)
    await untilRead(wire, paused)
    process.kill(paused.pid, 'SIGSTOP')
    for (let sent = 0; sent < 30; sent++) {
      await wire.send('x')
      await sleep(50)
    }
    process.kill(paused.pid, 'SIGCONT')
    await wire.send('x'.repeat(70))
    expect((await wire.response('PATCH')).status).toBe(204)
    wire.close()
    await paused.stop()
  })
})

// 0 is "no limit" of the other options.
test('--read-timeout 0 and --headers-timeout 0 do not cut off everything, and burn nothing', async () => {
  const server = await startServer({ flags: ['--read-timeout', '0', '--headers-timeout', '0'] })
  const target = await createUpload(server, { length: 10 })
  const wire = await begin(server, target, 10, 'hello')
  await sleep(300)
  await wire.send('world')
  expect((await wire.response('PATCH')).status).toBe(204)
  wire.close()
  const before = await processorTime(server.pid)
  await sleep(1000)
  expect((await processorTime(server.pid)) - before).toBeLessThan(100)
  await server.stop()
})

describe.concurrent('connections', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer({
      flags: ['--keep-alive-timeout', '1s', '--headers-timeout', '1s', '--read-timeout', '5s'],
    })
  })

  const endOf = async (port: number) => {
    const ledger = JSON.parse((await get(server, '/api/connections')).text)
    return ledger.closed.find((one: { client: { port: number } }) => one.client.port === port)
  }

  test('an idle one is closed by the server after the keep-alive time-out', async () => {
    const wire = await connect(server)
    const start = performance.now()
    await exchange(wire, { method: 'GET', target: '/livez' })
    expect(await wire.closed(10_000)).toBe('fin')
    expect(performance.now() - start).toBeGreaterThan(900)
    const told = await until('the ledger', () => endOf(wire.localPort))
    expect(told.ended).toEqual({ by: 'server', how: 'idle-timeout' })
    expect(told.longestIdle).toBeGreaterThan(0.9)
    wire.close()
  })

  test('one that is used again and again stays', async () => {
    const wire = await connect(server)
    for (let turn = 0; turn < 8; turn++) {
      expect((await exchange(wire, { method: 'GET', target: '/livez' })).status).toBe(200)
      await sleep(250)
    }
    expect(wire.ending).toBe(null)
    wire.close()
  })

  test('a head that comes byte by byte is cut off', async () => {
    const wire = await connect(server)
    let sent = 0
    const slowly = setInterval(() => {
      const text = 'GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: yes yes yes yes yes yes yes yes yes'
      wire.send(text.charAt(sent++ % text.length)).catch(() => undefined)
    }, 100)
    const [answer, milliseconds] = await timed(wire.response())
    clearInterval(slowly)
    expect(answer.status).toBe(408)
    expect(milliseconds).toBeLessThan(4000)
    await wire.closed()
    const told = await until('the ledger', () => endOf(wire.localPort))
    expect(told.ended).toEqual({ by: 'server', how: 'read-timeout' })
    wire.close()
  })

  test('one that never says a word is closed', async () => {
    const wire = await connect(server)
    await wire.closed(6000)
    const told = await until('the ledger', () => endOf(wire.localPort))
    expect(told.ended.by).toBe('server')
    wire.close()
  })

  test('neither time-out touches a body on its way, nor a stream of events', async () => {
    const target = await createUpload(server, { length: 30 })
    const events = await connect(server)
    await events.send('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const wire = await begin(server, target, 30)
    for (let sent = 0; sent < 3; sent++) {
      await wire.send('0123456789')
      await sleep(1200)
    }
    expect((await wire.response('PATCH')).status).toBe(204)
    expect(events.ending).toBe(null)
    for (const one of [wire, events]) one.close()
  })
})

describe('the clock alone', () => {
  const body = (parts: Partial<BodyWriter>): BodyWriter => ({
    outcome: new Promise(() => {}),
    stop: () => {},
    silence: () => 0,
    received: () => 0,
    heldUp: () => 0,
    ...parts,
  })
  const silent = body({ silence: () => 1e6 })

  test('a body that waits for our own disk is neither silent nor slow', async () => {
    const deadlines = createDeadlines({ readTimeout: 0.1, minRate: 1024 })
    const reasons: string[] = []
    const start = performance.now()
    const waiting = body({ received: () => 1_000_000, heldUp: () => performance.now() - start })
    const unwatch = deadlines.watch(waiting, (reason) => reasons.push(reason))
    await sleep(500)
    unwatch()
    deadlines.close()
    expect(reasons).toEqual([])
  })

  test('a body that trickles while our disk is quick is slow', async () => {
    const deadlines = createDeadlines({ readTimeout: 0.1, minRate: 1024 })
    const reasons: string[] = []
    deadlines.watch(body({ received: () => 5 }), (reason) => reasons.push(reason))
    await sleep(400)
    deadlines.close()
    expect(reasons).toEqual(['it came slower than 1024 bytes a second'])
  })

  test('expires once, and not after it was let go', async () => {
    const deadlines = createDeadlines({ readTimeout: 0.05, minRate: 0 })
    const calls = { kept: 0, letGo: 0 }
    deadlines.watch(silent, () => {
      calls.kept += 1
    })
    deadlines.watch(silent, () => {
      calls.letGo += 1
    })()
    await sleep(250)
    deadlines.close()
    expect(calls).toEqual({ kept: 1, letGo: 0 })
  })
})

describe.concurrent('SIGTERM', () => {
  /** The exit code, or the signal. */
  const exitOf = async (server: RunningServer) => {
    const { exitCode, signalCode } = server.process
    if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode
    const [code, signal] = await once(server.process, 'exit')
    return code ?? signal
  }

  test.for([10_000, 50_000_000])(
    'during a PATCH of %d bytes: kept, told, and ended in time',
    async (length) => {
      const server = await startServer({ flags: ['--grace', '4s'] })
      const target = await createUpload(server, { length })
      const wire = await begin(server, target, length, 'x'.repeat(5000))
      await until('the bytes', async () => (await offsetOf(server, target)) === 5000)
      const exit = exitOf(server)
      const start = performance.now()
      server.process.kill('SIGTERM')
      const answer = await wire.response('PATCH')
      expect([answer.status, answer.header('retry-after')]).toEqual([503, '1'])
      expect(answer.header('connection')).toBe('close')
      wire.close()
      expect(await exit).toBe(0)
      expect(performance.now() - start).toBeLessThan(6000)
      expect(server.log()).not.toMatch(/"level":"(error|fatal)"/)
      expect((await readdir(server.dir)).filter((name) => name.startsWith('.'))).toEqual([])
      const again = await startServer({ dir: server.dir })
      expect(await offsetOf(again, target)).toBe(5000)
    },
  )

  test('a client that goes on sending is told, and what it was told is true', async () => {
    const server = await startServer({ flags: ['--grace', '5s'] })
    const length = 500_000_000
    const target = await createUpload(server, { length })
    const wire = await begin(server, target, length)
    let sending = true
    const feeding = (async () => {
      while (sending) await wire.send('x'.repeat(50_000)).catch(() => sleep(5))
    })()
    await until('some bytes', async () => (await offsetOf(server, target)) > 1_000_000)
    const exit = exitOf(server)
    server.process.kill('SIGTERM')
    const answer = await wire.response('PATCH')
    sending = false
    await feeding
    wire.close()
    expect(answer.status).toBe(503)
    expect(await exit).toBe(0)
    const again = await startServer({ dir: server.dir })
    expect(await offsetOf(again, target)).toBe(Number(answer.header('upload-offset')))
  })

  test('new requests are refused, streams and idle connections end at once', async () => {
    const server = await startServer({ flags: ['--grace', '8s'] })
    const target = await createUpload(server, { length: 1000 })
    const [events, idle, slow] = [
      await connect(server),
      await connect(server),
      await connect(server),
    ]
    await events.send('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await exchange(idle, { method: 'GET', target: '/livez' })
    // Its head is half sent when the signal comes, so that it is not idle.
    const late = requestHead(patchParts(target, 0, '', { 'Content-Length': 5 }))
    await slow.send(late.slice(0, 20))
    for (const wire of [events, slow]) await untilRead(wire, server)
    const exit = exitOf(server)
    const start = performance.now()
    server.process.kill('SIGTERM')
    expect(await idle.closed()).toBe('fin')
    expect(await events.closed()).toBe('fin')
    // And not after the eight seconds of grace.
    expect(performance.now() - start).toBeLessThan(6000)
    await slow.send(`${late.slice(20)}hello`)
    const refused = await slow.response('PATCH')
    expect([refused.status, refused.header('retry-after')]).toEqual([503, '1'])
    expect(refused.header('connection')).toBe('close')
    await expect(connect(server)).rejects.toThrow('ECONNREFUSED')
    for (const wire of [events, idle, slow]) wire.close()
    expect(await exit).toBe(0)
  })

  test('health tells of it: /readyz is 503 while draining', async () => {
    const server = await startServer({ flags: ['--grace', '8s'] })
    const wire = await connect(server)
    await wire.send('GET /readyz HTTP/1.1\r\nHo')
    await untilRead(wire, server)
    const exit = exitOf(server)
    server.process.kill('SIGTERM')
    await until('the drain', () => server.log().includes('draining'))
    await wire.send('st: x\r\n\r\n')
    expect((await wire.response()).status).toBe(503)
    wire.close()
    expect(await exit).toBe(0)
  })

  test('a download under way may end', async () => {
    const server = await startServer({ flags: ['--grace', '10s'] })
    const data = randomBytes(12_000_000)
    const target = await upload(server, data)
    const wire = await connect(server, { paused: true })
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await untilRead(wire, server)
    const exit = exitOf(server)
    server.process.kill('SIGTERM')
    await sleep(300)
    wire.resume()
    expect((await wire.response()).body.equals(data)).toBe(true)
    wire.close()
    expect(await exit).toBe(0)
  })

  test('a download that nobody reads is cut when the grace time is over', async () => {
    const server = await startServer({ flags: ['--grace', '1s'] })
    const target = await upload(server, randomBytes(16_000_000))
    const wire = await connect(server, { paused: true })
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await untilRead(wire, server)
    const exit = exitOf(server)
    const start = performance.now()
    server.process.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(performance.now() - start).toBeGreaterThan(900)
    expect(performance.now() - start).toBeLessThan(4000)
    wire.close()
  })

  test('a long grace time is a long one', async () => {
    const server = await startServer({ flags: ['--grace', '30d'] })
    const target = await upload(server, randomBytes(16_000_000))
    const wire = await connect(server, { paused: true })
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await untilRead(wire, server)
    server.process.kill('SIGTERM')
    await sleep(700)
    expect(server.process.exitCode).toBe(null)
    wire.resume()
    expect((await wire.response()).body).toHaveLength(16_000_000)
    wire.close()
  })

  test.for(['SIGTERM', 'SIGINT'] as const)('a second signal (%s) ends at once', async (signal) => {
    const server = await startServer({ flags: ['--grace', '60s'] })
    const target = await upload(server, randomBytes(16_000_000))
    const wire = await connect(server, { paused: true })
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await untilRead(wire, server)
    const exit = exitOf(server)
    server.process.kill('SIGTERM')
    await until('the drain', () => server.log().includes('draining'))
    const start = performance.now()
    server.process.kill(signal)
    expect(await exit).toBe(1)
    // And not after the minute of grace.
    expect(performance.now() - start).toBeLessThan(20_000)
    wire.close()
    const again = await startServer({ dir: server.dir })
    expect((await head(again, target)).status).toBe(200)
  })

  test('with nothing to do it ends at once, and a HEAD and a PATCH before it were answered', async () => {
    const server = await startServer()
    const target = await createUpload(server, { length: 5 })
    expect((await patch(server, target, 0, 'hello')).status).toBe(204)
    expect((await exchange(server, { method: 'HEAD', target, headers: tusHeaders() })).status).toBe(
      200,
    )
    const [code, milliseconds] = await timed(server.stop())
    expect(code).toBe(0)
    // And not after the ten seconds of grace.
    expect(milliseconds).toBeLessThan(8000)
  })
})
