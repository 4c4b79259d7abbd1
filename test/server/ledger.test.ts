// The connection ledger: what each TCP connection carried, how long it rested, and how it ended;
// in the API, on the event stream, in the log and in the metrics.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionView } from '../../server/connections.ts'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import {
  createUpload,
  exchange,
  get,
  patch,
  patchParts,
  remove,
  requestHead,
  upload,
} from '../helpers/tus.ts'
import { connect, type Wire } from '../helpers/wire.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ flags: ['--keep-alive-timeout', '1500ms', '--read-timeout', '1s'] })
})
afterAll(cleanUp)

const livez = { method: 'GET', target: '/livez' } as const

async function ledger(): Promise<{
  now: string
  open: ConnectionView[]
  closed: ConnectionView[]
}> {
  return JSON.parse((await get(server, '/api/connections')).text)
}

const byPort = (port: number) => (one: ConnectionView) => one.client.port === port
const openOne = (wire: Wire) =>
  until('the open connection', async () => (await ledger()).open.find(byPort(wire.localPort)))
const closedOne = (wire: Wire) =>
  until('the end of it', async () => (await ledger()).closed.find(byPort(wire.localPort)))

/** The line of the log that tells how a connection ended. */
const logLine = (id: number) =>
  until('the line in the log', () =>
    server
      .log()
      .split('\n')
      .filter((line) => line.includes('connection closed'))
      .map((line) => JSON.parse(line))
      .find(({ connection }) => connection === id),
  )

async function begin(target: string, length: number, body = ''): Promise<Wire> {
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(target, 0, '', { 'Content-Length': length })) + body)
  return wire
}

async function metric(name: string): Promise<number> {
  const line = (await get(server, '/metrics')).text
    .split('\n')
    .find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const endings = (by: string, how: string) =>
  metric(`longhaul_connections_closed_total{by="${by}",how="${how}"}`)

describe('endings', () => {
  test('the client closes in order', async () => {
    const before = await endings('client', 'fin')
    const wire = await connect(server)
    await exchange(wire, livez)
    wire.fin()
    const told = await closedOne(wire)
    expect(told.ended).toEqual({ by: 'client', how: 'fin' })
    expect(await endings('client', 'fin')).toBeGreaterThan(before)
    wire.close()
  })

  test('the client closes without a request', async () => {
    const wire = await connect(server)
    wire.close()
    expect(await closedOne(wire)).toMatchObject({
      ended: { by: 'client', how: 'fin' },
      requests: 0,
    })
  })

  test('the client resets while idle', async () => {
    const before = await endings('client', 'reset')
    const wire = await connect(server)
    await exchange(wire, livez)
    wire.reset()
    expect((await closedOne(wire)).ended).toEqual({ by: 'client', how: 'reset' })
    expect(await endings('client', 'reset')).toBe(before + 1)
  })

  test('the client resets in the middle of a body', async () => {
    const target = await createUpload(server, { length: 100_000 })
    const wire = await begin(target, 100_000, 'x'.repeat(1000))
    await until('the bytes', async () =>
      (await ledger()).open.some((one) => byPort(wire.localPort)(one) && one.bytesReceived > 1000),
    )
    wire.reset()
    expect(await closedOne(wire)).toMatchObject({
      ended: { by: 'client', how: 'reset' },
      patches: 1,
      current: null,
    })
  })

  test('the client closes in the middle of a body', async () => {
    const target = await createUpload(server, { length: 100_000 })
    const wire = await begin(target, 100_000, 'x'.repeat(1000))
    await openOne(wire)
    wire.fin()
    expect((await closedOne(wire)).ended).toEqual({ by: 'client', how: 'fin' })
    wire.close()
  })

  test('the client resets in the middle of a download', async () => {
    const target = await upload(server, 'x'.repeat(20_000_000))
    const wire = await connect(server, { paused: true })
    await wire.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until('the download', async () => (await openOne(wire)).current)
    wire.reset()
    expect(await closedOne(wire)).toMatchObject({
      ended: { by: 'client', how: 'reset' },
      current: null,
    })
  })

  test('the server closes after the keep-alive time-out', async () => {
    const wire = await connect(server)
    await exchange(wire, livez)
    await wire.closed()
    const told = await closedOne(wire)
    expect(told.ended).toEqual({ by: 'server', how: 'idle-timeout' })
    expect(told.longestIdle).toBeGreaterThan(1.3)
    expect(await endings('server', 'idle-timeout')).toBeGreaterThan(0)
    wire.close()
  })

  // The reason is the silence of the body, not an orderly end.
  test.for([1000, 5_000_000])(
    'the server cuts off a silent body (%d bytes announced)',
    async (length) => {
      const target = await createUpload(server, { length })
      const wire = await begin(target, length, 'x')
      expect((await wire.response('PATCH')).status).toBe(503)
      await wire.closed()
      expect((await closedOne(wire)).ended).toEqual({ by: 'server', how: 'read-timeout' })
      wire.close()
    },
  )

  test('the client asks for the close', async () => {
    const wire = await connect(server)
    await exchange(wire, { ...livez, headers: { Connection: 'close' } })
    expect(await wire.closed()).toBe('fin')
    expect((await closedOne(wire)).ended).toEqual({ by: 'server', how: 'fin' })
    wire.close()
  })

  test('the client speaks no HTTP', async () => {
    const wire = await connect(server)
    await wire.send('hello\r\n\r\n')
    expect((await wire.response()).status).toBe(400)
    await wire.closed()
    expect((await closedOne(wire)).ended?.by).toBe('server')
    wire.close()
  })

  test('the drain', async () => {
    const other = await startServer({ flags: ['--grace', '3s'] })
    const wire = await connect(other)
    await exchange(wire, livez)
    other.process.kill('SIGTERM')
    await wire.closed()
    wire.close()
    await other.stop()
    const lines = other
      .log()
      .split('\n')
      .filter((line) => line.includes('connection closed'))
    expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({
      by: 'server',
      how: 'drain',
      requests: 1,
    })
  })
})

describe('counts', () => {
  test('requests, PATCHes, bytes, ports and the upload', async () => {
    const wire = await connect(server)
    const target = await createUpload(wire, { length: 30_000 })
    for (let offset = 0; offset < 30_000; offset += 10_000) {
      const answer = await patch(wire, target, offset, 'x'.repeat(10_000))
      expect(answer.status).toBe(204)
    }
    expect((await patch(wire, target, 5, 'x')).status).toBe(409)
    const mine = await get(wire, '/api/connections')
    const open: ConnectionView[] = JSON.parse(mine.text).open
    const told = open.find(byPort(wire.localPort))
    expect(told).toMatchObject({
      client: { address: '127.0.0.1', port: wire.localPort },
      server: { address: '127.0.0.1', port: server.port },
      requests: 6,
      patches: 4,
      upload: target.slice('/files/'.length),
      current: { method: 'GET', target: '/api/connections', received: expect.any(Number) },
      idle: 0,
      closed: null,
      ended: null,
    })
    expect(mine.header('longhaul-connection')).toBe(String(told?.id))
    expect(told?.bytesReceived).toBeGreaterThan(30_000)
    expect(told?.bytesReceived).toBeLessThan(33_000)
    const answered = wire.received
    wire.fin()
    const closed = await closedOne(wire)
    expect(closed).toMatchObject({ requests: 6, patches: 4 })
    expect(closed.bytesSent).toBe(answered)
    expect(Date.parse(closed.closed ?? '')).toBeGreaterThanOrEqual(Date.parse(closed.opened))
    expect(await logLine(closed.id)).toMatchObject({
      level: 'info',
      requests: 6,
      patches: 4,
      bytesSent: answered,
      bytesReceived: closed.bytesReceived,
      by: 'client',
      how: 'fin',
    })
    wire.close()
  })

  test('bytes grow while a body comes', async () => {
    const target = await createUpload(server, { length: 100_000 })
    const wire = await begin(target, 100_000)
    const seen: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      await wire.send('x'.repeat(20_000))
      const least = (turn + 1) * 20_000
      const told = await until('the bytes', async () => {
        const one = await openOne(wire)
        return one.bytesReceived > least ? one : null
      })
      expect(told.current).toMatchObject({ method: 'PATCH', target })
      seen.push(told.bytesReceived)
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    wire.reset()
  })

  test('the longest rest counts rests only', async () => {
    const wire = await connect(server)
    await exchange(wire, livez)
    const rest = performance.now()
    await sleep(400)
    const target = await createUpload(wire, { length: 2000 })
    const parts = patchParts(target, 0, '', { 'Content-Length': 2000 })
    await wire.send(requestHead(parts) + 'x'.repeat(1000))
    const begun = performance.now()
    // Far longer than the rest before it, in which this machine may have been busy.
    await sleep(800 + 2 * (begun - rest - 400))
    await wire.send('x'.repeat(1000))
    const sent = performance.now()
    expect((await wire.response('PATCH')).status).toBe(204)
    wire.fin()
    const told = await closedOne(wire)
    expect(told.longestIdle).toBeGreaterThan(0.35)
    expect(told.longestIdle).toBeLessThan((sent - begun) / 1000)
    wire.close()
  })

  // RFC 9112 §9.3.2: a client need not wait for one answer before it asks the next.
  test('a request that comes while another is answered is no end of a rest', async () => {
    const wire = await connect(server)
    await wire.send('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await sleep(1000)
    await wire.send('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
    const told = await until('the second request', async () => {
      const one = await openOne(wire)
      return one.requests === 2 ? one : null
    })
    // The second has come a second later.
    expect(told.longestIdle).toBeLessThan(0.9)
    wire.close()
  })

  test('the list of closed ones is the latest hundred, newest first', async () => {
    await Promise.all(
      Array.from({ length: 120 }, async () => {
        const wire = await connect(server)
        await exchange(wire, livez)
        wire.close()
      }),
    )
    const { closed } = await until('all of them', async () => {
      const all = await ledger()
      return all.open.length <= 2 ? all : null
    })
    expect(closed).toHaveLength(100)
    const times = closed.map((one) => Date.parse(one.closed ?? ''))
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    for (const one of closed) expect(one).toMatchObject({ current: null, idle: 0 })
  })

  test('the metrics agree', async () => {
    expect(await metric('longhaul_connections_open')).toBeGreaterThanOrEqual(1)
    const [sum, count] = [
      await metric('longhaul_connection_patches_sum'),
      await metric('longhaul_connection_patches_count'),
    ]
    const wire = await connect(server)
    const target = await createUpload(wire, { length: 50 })
    for (let offset = 0; offset < 50; offset += 10) await patch(wire, target, offset, '0123456789')
    wire.fin()
    await closedOne(wire)
    expect((await metric('longhaul_connection_patches_sum')) - sum).toBe(5)
    expect(await metric('longhaul_connection_patches_count')).toBeGreaterThan(count)
    wire.close()
  })
})

interface SentEvent {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what is being tested
  readonly data: any
}

/** Reads the event stream; `events` grows as they come. */
async function listen(): Promise<{ events: SentEvent[]; close(): void }> {
  const stop = new AbortController()
  const response = await fetch(`${server.url}/api/events`, { signal: stop.signal })
  const events: SentEvent[] = []
  const reading = async () => {
    let text = ''
    for await (const part of response.body ?? []) {
      text += Buffer.from(part).toString('utf8')
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1]
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (event && data) events.push({ event, data: JSON.parse(data) })
      }
    }
  }
  reading().catch(() => undefined)
  await until('the greeting', () => events.length > 0)
  return { events, close: () => stop.abort() }
}

describe('events', () => {
  const uploadsIn = (events: readonly SentEvent[], target: string) =>
    events.filter(({ event, data }) => event === 'upload' && data.url === target)

  test('the greeting names the connection and the limits', async () => {
    const { events, close } = await listen()
    expect(events[0]?.event).toBe('hello')
    const { connection, config } = events[0]?.data ?? {}
    expect((await ledger()).open.find(({ id }) => id === connection)?.current?.target).toBe(
      '/api/events',
    )
    expect(config).toEqual({ maxSize: 2 ** 40, expireAfter: 604_800, keepAliveTimeout: 1.5 })
    close()
  })

  // Whoever may look at the page sees this stream.
  test('the greeting tells no secret', async () => {
    const secrets = ['a-token-to-keep', 'a-key-to-keep']
    const other = await startServer({
      flags: [
        '--finish-hook',
        'http://127.0.0.1:9/hook-to-keep',
        '--finish-hook-secret',
        'a-key-to-keep',
      ],
      env: { LONGHAUL_TOKEN: 'a-token-to-keep' },
    })
    const headers = { Authorization: 'Bearer a-token-to-keep' }
    const response = await fetch(`${other.url}/api/events`, { headers })
    const stopping = other.stop()
    const said = await response.text()
    expect(await stopping).toBe(0)
    expect(said).toContain('event: hello')
    for (const secret of [...secrets, 'hook-to-keep', other.dir]) expect(said).not.toContain(secret)
  })

  test('the life of a connection', async () => {
    const { events, close } = await listen()
    const wire = await connect(server)
    const of = () =>
      events.filter(
        ({ event, data }) => event === 'connection' && data.client.port === wire.localPort,
      )
    await until('its opening', () => of().length > 0)
    const target = await createUpload(wire, { length: 20 })
    await patch(wire, target, 0, '0123456789')
    await patch(wire, target, 10, '0123456789')
    await until('its PATCHes', () => of().at(-1)?.data.patches === 2)
    wire.reset()
    await until('its end', () => of().at(-1)?.data.closed !== null)
    expect(of().at(-1)?.data).toMatchObject({
      requests: 3,
      patches: 2,
      ended: { by: 'client', how: 'reset' },
      current: null,
    })
    close()
  })

  test('the life of an upload: offsets grow, each state is told, at most about five a second', async () => {
    const { events, close } = await listen()
    const target = await createUpload(server, { length: 100_000 })
    await until('its creation', () => uploadsIn(events, target).length > 0)
    const wire = await begin(target, 100_000)
    const start = performance.now()
    for (let sent = 0; sent < 100_000; sent += 1000) {
      await wire.send('x'.repeat(1000))
      await sleep(10)
    }
    expect((await wire.response('PATCH')).status).toBe(204)
    await until('its end', () => uploadsIn(events, target).at(-1)?.data.state === 'finished')
    const seconds = (performance.now() - start) / 1000
    const told = uploadsIn(events, target).map(({ data }) => data)
    expect(told.length).toBeGreaterThan(3)
    expect(told.length).toBeLessThan(seconds * 5 + 5)
    const offsets = told.map(({ offset }) => offset)
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    const during = told.filter(({ active }) => active)
    expect(during.length).toBeGreaterThan(1)
    const port = (await openOne(wire)).id
    expect(new Set(during.map(({ connection }) => connection))).toEqual(new Set([port]))
    expect(told.at(-1)).toMatchObject({
      state: 'finished',
      offset: 100_000,
      active: false,
      connection: null,
    })
    wire.close()
    expect((await remove(server, target)).status).toBe(204)
    await until('its removal', () =>
      events.some(({ event, data }) => event === 'removed' && target.endsWith(data.id)),
    )
    close()
  })

  // A page that shows "receiving now" would show it for ever.
  test.for(['cut', 'chunked'] as const)(
    'that nothing is received any more is told (%s)',
    async (how) => {
      const { events, close } = await listen()
      const target = await createUpload(server, { length: 1000 })
      const wire = await connect(server)
      const last = () => uploadsIn(events, target).at(-1)?.data
      if (how === 'cut') {
        await wire.send(
          `${requestHead(patchParts(target, 0, '', { 'Content-Length': 1000 }))}hello`,
        )
      } else {
        const parts = patchParts(target, 0, '', {
          'Transfer-Encoding': 'chunked',
          'Content-Length': null,
        })
        await wire.send(`${requestHead(parts)}5\r\nhello\r\n`)
      }
      await until('the bytes', () => last()?.offset === 5 && last()?.active)
      if (how === 'cut') wire.reset()
      else {
        await wire.send('0\r\n\r\n')
        expect((await wire.response('PATCH')).status).toBe(204)
      }
      await until('the end of it', () => last()?.active === false, 2000)
      wire.close()
      close()
    },
  )

  test('a body that has not sent a byte yet is told as being received', async () => {
    const { events, close } = await listen()
    const target = await createUpload(server, { length: 1000 })
    const wire = await begin(target, 1000)
    await until('the begin', () => uploadsIn(events, target).at(-1)?.data.active === true, 3000)
    wire.reset()
    close()
  })

  test('a reader that takes nothing costs nothing but itself', async () => {
    const deaf = await connect(server, { paused: true })
    await deaf.send('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const target = await createUpload(server, { length: 10 })
    expect((await patch(server, target, 0, '0123456789')).status).toBe(204)
    deaf.reset()
    expect((await get(server, '/livez')).status).toBe(200)
  })
})

describe('the log', () => {
  test('one line a request, with the connection that carried it', async () => {
    const wire = await connect(server)
    const target = await createUpload(wire, { length: 5 })
    const answer = await patch(wire, `${target}?secret=1`, 0, 'hello')
    const id = Number(answer.header('longhaul-connection'))
    const lines = await until('the lines', () => {
      const all = server
        .log()
        .split('\n')
        .filter((line) => line.includes(`"connection":${id},`))
        .map((line) => JSON.parse(line))
      return all.length >= 2 ? all : null
    })
    expect(lines).toMatchObject([
      { exchange: 1, method: 'POST', target: '/files', status: 201, remote: '127.0.0.1' },
      { exchange: 2, method: 'PATCH', target, status: 204 },
    ])
    expect(server.log()).not.toContain('secret=1')
    wire.close()
  })

  test('a request whose client went away is told with status 0 or its answer, never as an error', async () => {
    const target = await createUpload(server, { length: 100_000 })
    const wire = await begin(target, 100_000, 'x')
    const { id } = await openOne(wire)
    wire.reset()
    const line = await until('the line', () =>
      server
        .log()
        .split('\n')
        .find((one) => one.includes(`"connection":${id},`) && one.includes('"PATCH"')),
    )
    expect(JSON.parse(line)).toMatchObject({ level: 'info', target })
    expect(
      server
        .log()
        .split('\n')
        .filter((one) => /"level":"(error|fatal)"/.test(one)),
    ).toEqual([])
  })
})
