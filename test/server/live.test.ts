// `serve --capture`, really run: what it refuses, what dumpcap gives of real uploads beside the ledger, and that no dumpcap outlives the service.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, type TestContext, test } from 'vitest'
import { createAnalyser } from '../../captures/analyse.ts'
import { readConfig } from '../../server/config.ts'
import type { ConnectionView } from '../../server/connections.ts'
import type { CaptureAbout } from '../../server/live/live.ts'
import type { CaptureUpdate } from '../../server/live/messages.ts'
import type { CapturedConnection } from '../../server/live/view.ts'
import { isAlive, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { createUpload, get, patch } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

afterEach(cleanUp)

type Captured = CaptureAbout & Omit<CaptureUpdate, 'isAll'>

const captured = async (server: RunningServer): Promise<Captured> =>
  JSON.parse((await get(server, '/api/capture')).text)

const ledger = async (server: RunningServer): Promise<ConnectionView[]> => {
  const { open, closed } = JSON.parse((await get(server, '/api/connections')).text)
  return [...open, ...closed]
}

/** Only root may capture without leave. */
async function startCapturing(
  context: TestContext,
  flags: readonly string[] = [],
): Promise<RunningServer> {
  if (process.getuid?.() !== 0) return context.skip('only root may capture without leave')
  return startServer({ flags: ['--capture', ...flags] })
}

/** The dumpcap of a port, by the arguments that it was started with. */
async function dumpcapOf(port: number): Promise<number | null> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (args.startsWith('dumpcap\0') && args.includes(`tcp port ${port}\0`)) return Number(pid)
  }
  return null
}

const untilConnection = (
  server: RunningServer,
  port: number,
  passes: (one: CapturedConnection) => boolean,
) =>
  until('the packets of the connection', async () =>
    (await captured(server)).connections.find((one) => one.client.port === port && passes(one)),
  )

test('beyond loopback, or behind a proxy, it is refused with what goes', () => {
  const read = (flags: Record<string, string | boolean>) => () =>
    readConfig({ flags: { capture: true, ...flags }, environment: {} }).capture
  expect(read({})()).toBe(true)
  expect(read({ host: '::1' })()).toBe(true)
  const elsewhere = { host: '0.0.0.0', token: '0123456789' }
  expect(read(elsewhere)).toThrow(/^--capture .* loopback --host only, and --host 0\.0\.0\.0 lets/)
  expect(read({ trustProxy: 'loopback' })).toThrow(/--trust-proxy lets others in/)
  expect(readConfig({ flags: {}, environment: {} }).capture).toBe(false)
})

test('without dumpcap it says what to install, and nothing listens', async () => {
  const start = startServer({ flags: ['--capture'], env: { PATH: '/nowhere' } })
  await expect(start).rejects.toThrow(
    /ended with 1 before it listened:\nlonghaul: --capture: dumpcap not found: .*apt-get install wireshark-common/,
  )
})

test('without leave to capture it says how to get it, and nothing listens', async () => {
  const folder = await temporaryFolder('longhaul-tools')
  // What dumpcap 4.0 says to a user who may not.
  const said =
    "Capturing on 'Loopback: lo'\ndumpcap: The capture session could not be initiated on capture device \"lo\" (You don't have permission to capture on that device)."
  await writeFile(
    path.join(folder, 'dumpcap'),
    `#!/bin/sh\ncat >&2 <<'END'\n${said}\nEND\nexit 2\n`,
    {
      mode: 0o755,
    },
  )
  const env = { PATH: `${folder}:${process.env.PATH}` }
  const start = startServer({ flags: ['--capture'], env })
  await expect(start).rejects.toThrow(
    /ended with 1 before it listened:\nlonghaul: --capture: you may not capture packets here[\s\S]*setcap cap_net_raw/,
  )
})

test('the packets of an upload tell what the ledger tells, from its handshake to its FIN', async (context) => {
  const server = await startCapturing(context)
  const secret = 'bytes of a file '.repeat(4096)
  const wire = await connect(server)
  const target = await createUpload(wire, { length: 3 * secret.length })
  for (const n of [0, 1, 2]) await patch(wire, target, n * secret.length, secret)
  const open = await untilConnection(server, wire.localPort, ({ bars }) => bars[2]?.end != null)
  expect(open.ending.kind).toBe('open')
  expect(open.handshake.arrows.map(({ label, by }) => [label, by])).toEqual([
    ['SYN', 'client'],
    ['SYN, ACK', 'server'],
    ['ACK', 'client'],
  ])
  expect(open.bars.map(({ status, bytes }) => [status, bytes])).toEqual(
    Array.from({ length: 3 }, () => [204, secret.length]),
  )
  wire.fin()
  const over = await untilConnection(server, wire.localPort, ({ ending }) => ending.kind === 'fin')
  expect(over.ending).toMatchObject({ by: 'client' })
  expect(over.ending.short).toMatch(/^closed by the client/)
  const entry = (await ledger(server)).find(({ client }) => client.port === wire.localPort)
  expect(entry).toMatchObject({ requests: 4, patches: 3, ended: { by: 'client', how: 'fin' } })
  expect([over.requests, over.patches]).toEqual([4, 3])
  expect(over.traffic?.bytes.client).toBe(entry?.bytesReceived)
  wire.close()
  await expectSaved(server, over, secret)
})

/** The file has what the page showed, with its frame numbers, and no byte of the upload. */
async function expectSaved(
  server: RunningServer,
  shown: CapturedConnection,
  secret: string,
): Promise<void> {
  const response = await fetch(`${server.url}/api/capture.pcapng`)
  expect(response.headers.get('content-disposition')).toMatch(
    new RegExp(`attachment; filename=longhaul-${server.port}-\\d{8}-\\d{6}\\.pcapng`),
  )
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(bytes.includes(secret.slice(0, 64))).toBe(false)
  const analyser = createAnalyser()
  analyser.push(bytes)
  const { connections } = analyser.end()
  const saved = connections[shown.number]
  expect(saved?.client.port).toBe(shown.client.port)
  expect(saved?.initiation.packets).toEqual(shown.handshake.arrows.map(({ packet }) => packet))
  expect(saved?.maintenance.patches).toBe(shown.patches)
  expect(saved?.termination.kind).toBe('fin')
}

test('who reads the events is told of all there is, then of what changes', async (context) => {
  const server = await startCapturing(context)
  await upload(server, 'first')
  const reading = new AbortController()
  const response = await fetch(`${server.url}/api/events`, { signal: reading.signal })
  let said = ''
  const read = (async () => {
    for await (const chunk of response.body ?? []) said += Buffer.from(chunk).toString()
  })().catch(() => {})
  const updates = (): CaptureUpdate[] =>
    [...said.matchAll(/event: capture\ndata: (.*)\n/g)].map(([, data]) => JSON.parse(data ?? ''))
  await until('the first update', () => updates().length > 0)
  expect(/event: hello\ndata: (.*)\n/.exec(said)?.[1]).toContain(`"capture":{"port":${server.port}`)
  expect(updates()[0]?.isAll).toBe(true)
  const port = await upload(server, 'second')
  await until('news of the second', () =>
    updates().some(
      ({ isAll, connections }) =>
        !isAll && connections.some(({ client, patches }) => client.port === port && patches === 1),
    ),
  )
  reading.abort()
  await read
})

async function upload(server: RunningServer, content: string): Promise<number> {
  const wire = await connect(server)
  const target = await createUpload(wire, { length: content.length })
  await patch(wire, target, 0, content)
  wire.close()
  return wire.localPort
}

test('the capture is behind the same doors as the rest of the API, and only there where it is asked for', async (context) => {
  const server = await startCapturing(context, ['--token', '0123456789'])
  for (const target of ['/api/capture', '/api/capture.pcapng']) {
    expect((await get(server, target)).status).toBe(401)
    await until(target, async () => {
      const { status } = await get(server, target, { Authorization: 'Bearer 0123456789' })
      // 503 while dumpcap has handed on nothing yet.
      if (status !== 503) expect(status).toBe(200)
      return status === 200
    })
  }
  const plain = await startServer()
  expect((await get(plain, '/api/capture', { Host: 'evil.example' })).status).toBe(421)
  const answer = await get(plain, '/api/capture.pcapng')
  expect([answer.status, answer.text]).toEqual([404, expect.stringMatching(/serve --capture/)])
})

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`no dumpcap outlives a service that gets ${signal}`, async (context) => {
    const server = await startCapturing(context)
    const dumpcap = (await dumpcapOf(server.port)) ?? 0
    expect(await isAlive(dumpcap)).toBe(true)
    server.process.kill(signal)
    await until('the end of dumpcap', async () => !(await isAlive(dumpcap)))
  })
}

test('a dumpcap that does not answer keeps no service from ending', async (context) => {
  const server = await startCapturing(context)
  const dumpcap = (await dumpcapOf(server.port)) ?? 0
  process.kill(dumpcap, 'SIGSTOP')
  expect(await server.stop()).toBe(0)
  process.kill(dumpcap, 'SIGCONT')
  await until('the end of dumpcap', async () => !(await isAlive(dumpcap)))
})

test('when dumpcap ends, the service goes on, says so and gives what there is', async (context) => {
  const server = await startCapturing(context)
  const port = await upload(server, 'first')
  await untilConnection(server, port, ({ patches }) => patches === 1)
  process.kill((await dumpcapOf(server.port)) ?? 0, 'SIGKILL')
  const word = await until('the word of it', async () => (await captured(server)).ended)
  expect(word).toBe('dumpcap has ended: Killed')
  await until('the log', () => server.log().includes('the capture has ended'))
  await upload(server, 'second')
  expect((await captured(server)).connections.some(({ patches }) => patches === 1)).toBe(true)
  expect((await get(server, '/api/capture.pcapng')).status).toBe(200)
  expect(await server.stop()).toBe(0)
})
