// The API's answers to wrong questions, and answers that must end or tell more than they did.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { createUpload, get, patch, requestHead } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

let server: RunningServer
let target: string

beforeAll(async () => {
  server = await startServer({ flags: ['--read-timeout', '300ms', '--durability', 'none'] })
  await createUpload(server, { length: 5 })
  await createUpload(server, { length: 5 })
  target = await createUpload(server, { length: 5 })
})
afterAll(cleanUp)

const anError = { error: expect.stringMatching(/\w/) }

test.for(['state=bogus', 'state=', 'state=Finished', 'limit=0', 'limit=-1', 'limit=x', 'limit='])(
  '?%s is 400 with a JSON error',
  async (query) => {
    const response = await get(server, `/api/uploads?${query}`)
    expect(response.status).toBe(400)
    expect(response.header('content-type')).toMatch(/^application\/json\b/)
    expect(JSON.parse(response.text)).toEqual(anError)
  },
)

test('the cursor that an answer gave leads on to the next page, another one nowhere', async () => {
  const seen: string[] = []
  let query = '?limit=1'
  for (let page = 0; page < 3; page++) {
    const { uploads, next } = JSON.parse((await get(server, `/api/uploads${query}`)).text)
    seen.push(...uploads.map(({ url }: { url: string }) => url))
    query = `?limit=1&state=unfinished&cursor=${next}`
  }
  expect(new Set(seen).size).toBe(3)
  expect(seen).toContain(target)
  for (const cursor of ['zzz', `x${seen.length}-${target.slice(7)}`]) {
    const response = await get(server, `/api/uploads?cursor=${cursor}`)
    expect.soft([response.status, JSON.parse(response.text)], cursor).toEqual([400, anError])
  }
})

test('HEAD /api/events ends at once, and its connection carries the next request', async () => {
  const wire = await connect(server, { timeout: 2000 })
  await wire.send(requestHead({ method: 'HEAD', target: '/api/events' }))
  const response = await wire.response('HEAD')
  expect(response.status).toBe(200)
  expect(response.header('content-type')).toMatch(/^text\/event-stream\b/)
  await wire.send(requestHead({ method: 'GET', target: '/livez' }))
  expect((await wire.response()).status).toBe(200)
  wire.close()
})

// tus 1.0.0, Expiration: how long a client has to go on stands in every answer to a PATCH.
test('Upload-Expires is also in the answers to a PATCH that is refused', async () => {
  const wrongType = await patch(server, target, 0, 'hello', { 'Content-Type': 'text/plain' })
  const noOffset = await patch(server, target, 0, 'hello', { 'Upload-Offset': null })
  const badOffset = await patch(server, target, 'x', 'hello')
  const badLength = await patch(server, target, 0, 'hello', { 'Upload-Length': 'x' })
  const conflict = await patch(server, target, 3, 'lo')
  const answers = { wrongType, noOffset, badOffset, badLength, conflict }
  expect(Object.values(answers).map(({ status }) => status)).toEqual([415, 400, 400, 400, 409])
  for (const [what, response] of Object.entries(answers)) {
    const expires = Date.parse(response.header('upload-expires') ?? 'none')
    expect.soft(expires, what).toBeGreaterThan(Date.now())
  }
})

interface ConnectionTold {
  readonly id: number
  readonly ended: { readonly by: string; readonly how: string } | null
}

test('a connection that is still open has not ended, though its end has been decided', async () => {
  const connections = async (): Promise<Record<'open' | 'closed', ConnectionTold[]>> =>
    JSON.parse((await get(server, '/api/connections')).text)
  const long = await createUpload(server, { length: 1000 })
  const wire = await connect(server)
  await wire.send(
    requestHead({
      method: 'PATCH',
      target: long,
      headers: {
        'Tus-Resumable': '1.0.0',
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': 0,
        'Content-Length': 1000,
      },
    }),
  )
  const response = await wire.response('PATCH')
  expect([response.status, response.header('connection')]).toEqual([503, 'close'])
  const id = Number(response.header('longhaul-connection'))
  // The server waits for the rest of the body as long as some comes, so that its answer is not lost to a reset.
  const more = setInterval(() => wire.send('x').catch(() => {}), 50)
  const [here] = (await connections()).open.filter((connection) => connection.id === id)
  clearInterval(more)
  expect(here, 'looked at while it was open').toBeDefined()
  expect(here?.ended).toBeNull()
  await wire.closed()
  wire.close()
  const closed = await until('the end in the ledger', async () =>
    (await connections()).closed.find((connection) => connection.id === id),
  )
  expect(closed.ended).toEqual({ by: 'server', how: 'read-timeout' })
})
