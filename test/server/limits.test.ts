// Limits of time beyond PATCH: no request and no reader may keep a connection for ever, and slow ones are let finish.
import { randomBytes } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { createUpload, get, type RequestParts, requestHead, tusHeaders } from '../helpers/tus.ts'
import { connect, type Wire } from '../helpers/wire.ts'

const token = 'a-token-of-the-tests'
const bearer = { Authorization: `Bearer ${token}` }
/** A body outside PATCH gets as long as a head, and the rest of a refused one ten seconds (ms, with room for a busy machine). */
const limit = 13_000
const large = 32 * 1024 * 1024

let server: RunningServer
/** A finished upload of `large` bytes. */
let download: string

beforeAll(async () => {
  const dir = await temporaryFolder()
  const id = randomBytes(16).toString('hex')
  await writeFile(path.join(dir, id), '')
  // Sparse: it takes no space.
  await truncate(path.join(dir, id), large)
  const now = new Date().toISOString()
  await writeFile(
    path.join(dir, `${id}.json`),
    JSON.stringify({
      id,
      size: large,
      offset: 0,
      metadata: {},
      creation_date: now,
      storage: { type: 'file', path: path.join(dir, id) },
      longhaul: { version: 1, metadata: '', finished: now, hook: null },
    }),
  )
  download = `/files/${id}`
  server = await startServer({
    dir,
    flags: ['--token', token, '--headers-timeout', '1s', '--read-timeout', '1s'],
  })
})
afterAll(cleanUp)

/** Sends a byte ten times a second until the connection ends; gives the milliseconds until then, or `null`. */
async function dribble(wire: Wire): Promise<number | null> {
  const start = performance.now()
  while (performance.now() - start < limit) {
    if (wire.ending !== null) return performance.now() - start
    await wire.send('x').catch(() => {})
    await sleep(100)
  }
  return null
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': 1000 }

interface ConnectionTold {
  readonly id: number
  readonly client: { readonly port: number }
  readonly ended: { readonly by: string; readonly how: string } | null
}

const connections = async (): Promise<Record<'open' | 'closed', ConnectionTold[]>> =>
  JSON.parse((await get(server, '/api/connections', bearer)).text)

describe.concurrent('limits', () => {
  test('the form of the sign-in that stops in the middle is cut off', async () => {
    const wire = await connect(server)
    await wire.send(requestHead({ method: 'POST', target: '/session', headers: form }))
    await wire.send('token=a-to')
    expect(['fin', 'reset']).toContain(await wire.closed(limit))
    wire.close()
  })

  test('the form of the sign-in that dribbles is cut off', async () => {
    const wire = await connect(server)
    await wire.send(requestHead({ method: 'POST', target: '/session', headers: form }))
    expect(await dribble(wire)).not.toBeNull()
    wire.close()
  })

  const answered: readonly (readonly [string, number, (target: string) => RequestParts])[] = [
    ['GET', 200, () => ({ method: 'GET', target: '/livez' })],
    ['a POST without the token', 401, () => ({ method: 'POST', target: '/files' })],
    [
      'a PATCH at a wrong offset',
      409,
      (target) => ({
        method: 'PATCH',
        target,
        headers: tusHeaders({
          ...bearer,
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Offset': 7,
        }),
      }),
    ],
  ]

  test.for(answered)('the rest of the body of %s is not waited for', async ([, status, parts]) => {
    const target = await createUpload(server, { length: 2_000_000, headers: bearer })
    const { method, target: place, headers } = parts(target)
    const wire = await connect(server)
    const declared = { ...headers, 'Content-Length': 900_000 }
    await wire.send(requestHead({ method, target: place, headers: declared }))
    expect((await wire.response(method)).status, 'answered before the body').toBe(status)
    expect(await dribble(wire), 'ms until it was cut').not.toBeNull()
    wire.close()
  })

  // Slow is not silent: a reader that takes a little all the time may take longer than --read-timeout.
  test('a reader that stops is cut off, a slow one and a stream of events are not', async () => {
    const [events, stopped] = [await connect(server), await connect(server, { paused: true })]
    await events.send(requestHead({ method: 'GET', target: '/api/events', headers: bearer }))
    expect((await events.head()).status).toBe(200)
    await stopped.send(requestHead({ method: 'GET', target: download, headers: bearer }))
    const [slow, closed] = await Promise.all([readSlowly(), endOf(stopped)])
    expect(closed.ended?.by).toBe('server')
    expect(slow.bytes).toBeGreaterThan(large)
    expect(slow.milliseconds, 'slow enough for the test').toBeGreaterThan(2000)
    expect(events.ending).toBeNull()
    const { open } = await connections()
    expect(open.map(({ client }) => client.port)).toContain(events.localPort)
    for (const wire of [events, stopped]) wire.close()
  })
})

const endOf = ({ localPort }: Wire) =>
  until(
    'the end in the ledger',
    async () => (await connections()).closed.find(({ client }) => client.port === localPort),
    8000,
  )

/** Downloads a MiB at a time, with a rest after each; the bytes include the head of the answer. */
async function readSlowly(): Promise<{ bytes: number; milliseconds: number }> {
  const start = performance.now()
  const socket = connectTcp({ port: server.port, host: '127.0.0.1' })
  const headers = { ...bearer, Connection: 'close' }
  socket.write(requestHead({ method: 'GET', target: download, headers }))
  let bytes = 0
  let next = 2 ** 20
  for await (const chunk of socket) {
    bytes += chunk.length
    if (bytes < next) continue
    next += 2 ** 20
    await sleep(80)
  }
  return { bytes, milliseconds: performance.now() - start }
}
