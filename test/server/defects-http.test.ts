// Stock defects of HTTP around tus: D25, D26, D35, D38.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  create,
  createUpload,
  endpoint,
  exchange,
  head,
  offsetOf,
  options,
  patch,
  patchParts,
  request,
  tusHeaders,
} from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startSubject({ flags: ['--log-level', 'error'] })
})
afterAll(cleanUp)

const origin = 'https://app.example'

// Stock: `*` together with credentials, and a refused origin's requests are processed.
test('D25: every origin may upload by default, but none with credentials', async () => {
  const answers = [
    await options(server, endpoint, { Origin: origin, 'Access-Control-Request-Method': 'POST' }),
    await create(server, { length: 5, headers: { Origin: origin } }),
    await create(server, { length: 'abc', headers: { Origin: origin } }),
  ]
  for (const answer of answers) {
    expect(answer.header('access-control-allow-origin')).toBe('*')
    expect(answer.header('access-control-allow-credentials')).toBeNull()
  }
})

test('D25: requests of an origin that is not allowed are not processed; those of our own are', async () => {
  const strict = await startSubject({ flags: ['--cors-origin', origin, '--log-level', 'error'] })
  const path = await createUpload(strict, { length: 5 })
  for (const stranger of [
    'https://evil.example',
    'https://app.example:8443',
    'http://app.example',
    'null',
  ]) {
    const headers = { Origin: stranger }
    const answers = [
      await create(strict, { length: 5, headers }),
      await patch(strict, path, 0, 'hello', headers),
      await exchange(strict, { method: 'DELETE', target: path, headers: tusHeaders(headers) }),
    ]
    for (const answer of answers) {
      expect.soft(answer.status, stranger).toBe(403)
      expect.soft(answer.header('access-control-allow-origin'), stranger).toBeNull()
    }
  }
  expect(await offsetOf(strict, path)).toBe(0)
  const own = { Host: `127.0.0.1:${strict.port}`, Origin: `http://127.0.0.1:${strict.port}` }
  expect((await create(strict, { length: 5, headers: own })).status, 'our own page').toBe(201)
  expect((await create(strict, { length: 5, headers: { Origin: origin } })).status).toBe(201)
  await strict.kill()
})

test('D25: a preflight needs no token, and a refusal for want of one can be read', async () => {
  const flags = ['--token', 'a-token-of-the-tests', '--log-level', 'error']
  const guarded = await startSubject({ flags })
  const preflight = await options(guarded, endpoint, {
    Origin: origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,tus-resumable',
  })
  expect([200, 204]).toContain(preflight.status)
  const refused = await create(guarded, { length: 5, headers: { Origin: origin } })
  expect(refused.status).toBe(401)
  expect(refused.header('access-control-allow-origin')).toBe('*')
  expect(refused.header('tus-resumable')).toBe('1.0.0')
  const bearer = { Origin: origin, Authorization: 'Bearer a-token-of-the-tests' }
  expect((await create(guarded, { length: 5, headers: bearer })).status).toBe(201)
  await guarded.kill()
})

// Stock drops the last progress event of an upload: watchers see 4.6 of 5 MB for ever.
test('D26: the event stream tells the last offset of a finished upload', async () => {
  const watching = new AbortController()
  const events = await fetch(`${server.url}/api/events`, { signal: watching.signal })
  const content = Buffer.alloc(5_000_000, 'x')
  const path = await createUpload(server, { length: content.length })
  const id = path.slice(path.lastIndexOf('/') + 1)
  await patch(server, path, 0, content)
  const offsets: number[] = []
  for await (const upload of uploadEvents(events)) {
    if (upload.id !== id) continue
    offsets.push(upload.offset)
    if (upload.state === 'finished') break
  }
  watching.abort()
  expect(offsets.at(-1)).toBe(content.length)
  expect(offsets, 'never backwards').toEqual(offsets.toSorted((a, b) => a - b))
})

interface UploadEvent {
  readonly id: string
  readonly offset: number
  readonly state: string
}

/** The `upload` events of a stream of server-sent events. */
async function* uploadEvents(response: Response): AsyncGenerator<UploadEvent> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const part of response.body ?? []) {
    const blocks = (text + decoder.decode(part, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      if (!/^event: ?upload$/m.test(block)) continue
      yield JSON.parse(/^data: ?(.*)$/m.exec(block)?.[1] ?? '')
    }
  }
}

// Stock closes the connection on every error of a PATCH: each 409 costs a handshake.
test('D35: a refused PATCH with a small body does not cost the connection', async () => {
  const path = await createUpload(server, { length: 100 })
  const wire = await connect(server)
  for (let round = 0; round < 5; round++) {
    const refused = await patch(wire, path, 7, 'x'.repeat(1000))
    expect(refused.status).toBe(409)
    expect(refused.header('connection')).not.toBe('close')
    expect((await patch(wire, path, 0, 'x', { 'Content-Type': 'text/plain' })).status).toBe(415)
    expect((await patch(wire, path, 0, 'x', { 'Tus-Resumable': null })).status).toBe(412)
    expect((await patch(wire, '/files/no-such-upload-0', 0, 'x')).status).toBe(404)
  }
  expect((await patch(wire, path, 0, 'x'.repeat(100))).status).toBe(204)
  wire.close()
})

// Stock closes with the body unread: the RST destroys the 409 for a client that writes before it reads, 20 of 20.
test('D35: a client that writes its whole body first still reads the 409', async () => {
  const path = await createUpload(server, { length: 20_000_000 })
  // Up to twice our client's chunk; a server can't read on for ever.
  for (const size of [100_000, 2_000_000, 8 * 2 ** 20, 15_000_000]) {
    for (let round = 0; round < 3; round++) {
      const wire = await connect(server, { paused: true })
      await wire.send(request(patchParts(path, 7, Buffer.alloc(size))))
      wire.resume()
      const response = await wire.response('PATCH')
      wire.close()
      expect([response.status, response.header('upload-offset')], `${size} B`).toEqual([409, '0'])
    }
  }
})

// Stock: beyond Node's 16 KiB of headers a bare 431 that a page of another origin can't read.
test('D38: metadata up to its limit is taken; beyond it the refusal can be read', async () => {
  const limited = await startSubject({ flags: ['--max-metadata', '8KiB', '--log-level', 'error'] })
  const value = (bytes: number) => `blob ${'A'.repeat(Math.floor((bytes - 5) / 4) * 4)}`
  const taken = await createUpload(limited, { length: 5, metadata: value(8000) })
  expect((await head(limited, taken)).header('upload-metadata')).toBe(value(8000))
  for (const size of [8_400, 12_000, 17_000]) {
    const headers = { Origin: origin }
    const refused = await create(limited, { length: 5, metadata: value(size), headers })
    expect.soft([400, 413, 431], `${size} B`).toContain(refused.status)
    expect.soft(refused.header('access-control-allow-origin'), `${size} B`).toBe('*')
    expect.soft(refused.header('tus-resumable'), `${size} B`).toBe('1.0.0')
    expect.soft(refused.header('location'), `${size} B`).toBeNull()
  }
  await limited.kill()
  const roomy = await startSubject({ flags: ['--max-metadata', '20KiB', '--log-level', 'error'] })
  const large = await createUpload(roomy, { length: 5, metadata: value(20_000) })
  expect((await head(roomy, large)).header('upload-metadata')).toBe(value(20_000))
  await roomy.kill()
})
