// A drain to its end: slow readers get what was promised, late requests are told that this connection is over.
import { randomBytes } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { isAlive, sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { createUpload, get, type RequestParts, requestHead, tusHeaders } from '../helpers/tus.ts'
import { connect, type Wire } from '../helpers/wire.ts'

afterAll(cleanUp)

interface ConnectionTold {
  readonly client: { readonly port: number }
  readonly bytesSent: number
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

/** Asks without reading; gives the bytes that the server could send until it had to wait. */
async function askPaused(
  server: RunningServer,
  wire: Wire,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  await wire.send(requestHead({ method: 'GET', target, headers }))
  let before = -1
  return until('the server to wait for its reader', async () => {
    await sleep(150)
    const found = (await openConnections(server)).find(
      ({ client }) => client.port === wire.localPort,
    )
    const sent = found?.bytesSent ?? 0
    const isStill = sent > 0 && sent === before
    before = sent
    return isStill ? sent : null
  })
}

// The answer is complete for the server before the reader has all of it: what is left waits in the socket.
test('SIGTERM: a slow reader gets the whole of a large answer and of a download’s tail', async () => {
  const dir = await temporaryFolder()
  const download = await put(dir, 64 * 1024 * 1024, 'bmFtZQ==')
  // Each quotation mark takes two bytes in JSON, and the name is told twice.
  const quotes = Buffer.from('"'.repeat(6000)).toString('base64')
  for (let count = 0; count < 499; count++) await put(dir, 0, quotes)
  const server = await startServer({ dir })
  const list = '/api/uploads?limit=500'
  const expected = (await get(server, list)).body.length
  expect(expected).toBeGreaterThan(10_000_000)

  const probe = await connect(server, { paused: true })
  const fits = await askPaused(server, probe, download)
  probe.reset()
  // So that the last chunk is in the socket, and not yet in the kernel.
  const tail = fits - 4096
  const [json, file] = [
    await connect(server, { paused: true }),
    await connect(server, { paused: true }),
  ]
  await askPaused(server, json, list)
  await askPaused(server, file, download, { Range: `bytes=0-${tail - 1}` })

  server.process.kill('SIGTERM')
  await sleep(600)
  json.resume()
  file.resume()
  const bytesOf = (wire: Wire) =>
    wire.response().then(
      ({ body }) => body.length,
      (error: Error) => error.message,
    )
  const [listed, got] = await Promise.all([bytesOf(json), bytesOf(file)])
  expect.soft(listed, 'the list').toBe(expected)
  expect.soft(got, 'the download').toBe(tail)
  for (const wire of [json, file]) wire.close()
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
