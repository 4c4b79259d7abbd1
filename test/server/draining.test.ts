// A drain to its end: slow readers get what was promised, late requests are told that this connection is over.
import { randomBytes } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { isAlive, sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import {
  createUpload,
  get,
  type Headers,
  type RequestParts,
  requestHead,
  tusHeaders,
} from '../helpers/tus.ts'
import { connect, type Wire } from '../helpers/wire.ts'

afterAll(cleanUp)

interface ConnectionTold {
  readonly client: { readonly port: number }
  readonly bytesSent: number
  readonly current: unknown
  readonly ended: unknown
}

const openConnections = async (server: RunningServer): Promise<ConnectionTold[]> =>
  JSON.parse((await get(server, '/api/connections')).text).open

const newId = () => randomBytes(16).toString('hex')

/** A finished upload, written into the folder. `filename` Base64. */
async function put(dir: string, length: number, filename: string): Promise<string> {
  const id = newId()
  const now = new Date().toISOString()
  await writeFile(path.join(dir, id), '')
  await truncate(path.join(dir, id), length)
  await writeFile(
    path.join(dir, `${id}.json`),
    JSON.stringify({
      id,
      size: length,
      offset: 0,
      metadata: {},
      creation_date: now,
      storage: { type: 'file', path: path.join(dir, id) },
      longhaul: { version: 1, metadata: `filename ${filename}`, finished: now, hook: null },
    }),
  )
  return `/files/${id}`
}

/** Waits for the end without a second signal, which would cut the drain short. */
async function exitOf(server: RunningServer): Promise<number | null> {
  await until('the end', async () => !(await isAlive(server.pid)))
  return until('the exit code', () => server.process.exitCode)
}

const connectionOf = async (server: RunningServer, wire: Wire) =>
  (await openConnections(server)).find(({ client }) => client.port === wire.localPort)

/** Waits until the server can send no more on it, and gives the bytes that it has sent. */
function waitUntilFull(server: RunningServer, wire: Wire): Promise<number> {
  let before = -1
  return until('the server to wait for its reader', async () => {
    await sleep(150)
    const sent = (await connectionOf(server, wire))?.bytesSent ?? 0
    const isStill = sent > 0 && sent === before
    before = sent
    return isStill ? sent : null
  })
}

const ask = (wire: Wire, target: string, headers: Headers = {}) =>
  wire.send(requestHead({ method: 'GET', target, headers }))

/** Takes what comes until the end of the connection; gives the number of bytes. */
async function readToEnd(wire: Wire): Promise<number> {
  wire.resume()
  await wire.closed()
  wire.close()
  return wire.received
}

// An answer that the server has written is not yet with its reader: what is left waits in the socket.
test('SIGTERM: a slow reader gets the whole of a large answer', async () => {
  const dir = await temporaryFolder()
  // Each quotation mark takes two bytes in JSON, and the name is told twice.
  const quotes = Buffer.from('"'.repeat(6000)).toString('base64')
  for (let count = 0; count < 500; count++) await put(dir, 0, quotes)
  const server = await startServer({ dir })
  const list = '/api/uploads?limit=500'
  const whole = await get(server, list)
  expect(whole.body.length).toBeGreaterThan(10_000_000)
  const wire = await connect(server, { paused: true })
  await ask(wire, list)
  await waitUntilFull(server, wire)
  server.process.kill('SIGTERM')
  await sleep(500)
  wire.resume()
  expect((await wire.response()).body.equals(whole.body)).toBe(true)
  wire.close()
  expect(await exitOf(server)).toBe(0)
})

test('SIGTERM: a slow reader gets the last bytes of its downloads', async () => {
  const dir = await temporaryFolder()
  const download = await put(dir, 64 * 1024 * 1024, 'bmFtZQ==')
  const server = await startServer({ dir })
  const probe = await connect(server, { paused: true })
  await ask(probe, download)
  const fits = await waitUntilFull(server, probe)
  probe.reset()

  // Fills what the system keeps for the reader by small answers, the last of which waits as a whole in the server.
  const wire = await connect(server, { paused: true })
  await ask(wire, download, { Range: `bytes=0-${fits - 512 * 1024}` })
  const isIdle = async () => (await connectionOf(server, wire))?.current === null
  const bytesSent = async () => (await connectionOf(server, wire))?.bytesSent ?? 0
  await until('the large part', isIdle)
  for (let isFull = false; !isFull; ) {
    const before = await bytesSent()
    await ask(wire, download, { Range: 'bytes=0-12000' })
    // A busy machine may take its time to answer at all, which is no full socket.
    await until('the answer', async () => (await bytesSent()) > before + 12_000)
    isFull = await until('the small part', isIdle, 400).then(
      () => false,
      () => true,
    )
  }
  const sent = await bytesSent()
  server.process.kill('SIGTERM')
  await sleep(500)
  expect(await readToEnd(wire)).toBe(sent)
  expect(await exitOf(server)).toBe(0)
})

test('SIGTERM: whoever asks on an open connection is told that it ends, and only then it has ended', async () => {
  const server = await startServer()
  const target = await createUpload(server, { length: 5 })
  const patchHeaders = tusHeaders({
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': 0,
  })
  const asked: Readonly<Record<string, RequestParts>> = {
    creation: { method: 'POST', target: '/files', headers: tusHeaders({ 'Upload-Length': 5 }) },
    patch: { method: 'PATCH', target, headers: patchHeaders, body: 'hello' },
    empty: { method: 'PATCH', target, headers: patchHeaders },
    ready: { method: 'GET', target: '/readyz' },
  }
  const connections = { method: 'GET', target: '/api/connections' }
  const wires: Record<string, Wire> = {}
  // The first line of a head: a connection that is about to ask is not idle, and is not closed by the drain.
  for (const [name, parts] of Object.entries({ ...asked, connections })) {
    const wire = await connect(server)
    await wire.send(requestHead(parts).slice(0, 12))
    wires[name] = wire
  }
  await until('all in the ledger', async () => (await openConnections(server)).length > 5)
  server.process.kill('SIGTERM')
  await until('the drain', () => server.log().includes('draining'))

  const answerOf = async (name: string, parts: RequestParts) => {
    const wire = wires[name]
    if (wire === undefined) throw new Error(`no connection for ${name}`)
    await wire.send(requestHead(parts).slice(12) + (parts.body ?? ''))
    return { wire, response: await wire.response(parts.method) }
  }
  const ending: Wire[] = []
  for (const [name, parts] of Object.entries(asked)) {
    const { wire, response } = await answerOf(name, parts)
    expect.soft(response.status, name).toBe(503)
    expect.soft(response.header('connection'), name).toBe('close')
    if (name !== 'ready') expect.soft(Number(response.header('retry-after')), name).toBe(1)
    ending.push(wire)
  }
  const { response } = await answerOf('connections', connections)
  const open: ConnectionTold[] = JSON.parse(response.text).open
  expect(open.length).toBeGreaterThan(0)
  for (const connection of open) expect.soft(connection.ended).toBeNull()
  for (const wire of ending) expect(await wire.closed()).toBe('fin')
  for (const wire of Object.values(wires)) wire.close()
  expect(await exitOf(server)).toBe(0)
})
