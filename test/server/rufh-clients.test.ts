// Clients of the IETF's resumable uploads as they are, against the real server: tus-js-client in both its modes, what iOS
// sends, and uploads that are begun in one protocol and finished in the other.
import { createCipheriv, createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Server } from 'node:net'
import { Upload, type UploadOptions } from 'tus-js-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { append, create, retrieve } from '../conformance/rufh/requests.ts'
import { until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { exchange, get, head, patch, pathOf, requestHead } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

const MiB = 2 ** 20

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ flags: ['--log-level', 'error'] })
})
afterAll(cleanUp)

/** Bytes of which no two pieces are alike. */
function content(length: number, seed: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(length))
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function expectStored(path: string, file: Buffer): Promise<void> {
  expect(sha256((await get(server, path)).body)).toBe(sha256(file))
}

/** A network that breaks: each of the first connections ends, by RST, after so many bytes to the server. */
async function brokenNetwork(limits: readonly number[]): Promise<{ port: number; server: Server }> {
  let connections = 0
  const network = createServer((near) => {
    const far = dial(server.port, '127.0.0.1')
    let left = limits[connections++] ?? Number.POSITIVE_INFINITY
    const end = () => {
      near.resetAndDestroy()
      far.destroy()
    }
    near.on('data', (bytes) => {
      far.write(bytes.subarray(0, left))
      left -= bytes.length
      if (left <= 0) end()
    })
    far.on('data', (bytes) => near.write(bytes))
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
  })
  network.listen(0, '127.0.0.1')
  await once(network, 'listening')
  return { port: (network.address() as AddressInfo).port, server: network }
}

/** tus-js-client has it, but its types don't. */
interface Options extends Partial<UploadOptions> {
  readonly protocol?: (typeof modes)[number]
}

const modes = ['ietf-draft-03', 'ietf-draft-05'] as const

/** Uploads with tus-js-client; gives the path and what was asked, in order. */
async function send(
  file: Buffer,
  port: number,
  options: Options,
): Promise<{ path: string; requests: string[] }> {
  const requests: string[] = []
  const path = await new Promise<string>((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: `http://127.0.0.1:${port}/files`,
      retryDelays: [10, 20, 50],
      onAfterResponse: (request, response) => {
        requests.push(`${request.getMethod()} ${response.getStatus()}`)
      },
      onError: reject,
      onSuccess: () => resolve(new URL(upload.url ?? '').pathname),
      ...options,
    })
    upload.start()
  })
  return { path, requests }
}

test.each(modes)('tus-js-client, %s: a file in chunks, with its name', async (protocol) => {
  const file = content(2 * MiB + 7, 1)
  const metadata = { filename: 'grüße.bin', filetype: 'application/x-thing' }
  const { path, requests } = await send(file, server.port, { protocol, chunkSize: MiB, metadata })
  await expectStored(path, file)
  expect(requests).toEqual(['POST 201', 'PATCH 204', 'PATCH 204', 'PATCH 201'])
  const download = await get(server, path)
  expect(download.header('content-type')).toBe('application/x-thing')
  expect(download.header('content-disposition')).toContain("filename*=UTF-8''gr%C3%BC%C3%9Fe.bin")
})

test.each(modes)('tus-js-client, %s: in one request, and an empty file', async (protocol) => {
  const file = content(MiB, 2)
  const whole = await send(file, server.port, { protocol, uploadDataDuringCreation: true })
  await expectStored(whole.path, file)
  expect(whole.requests).toEqual(['POST 201'])
  const empty = await send(Buffer.alloc(0), server.port, {
    protocol,
    uploadDataDuringCreation: true,
  })
  expect((await get(server, empty.path)).status).toBe(200)
  // Else it never says that this is all: docs/protocols.md tells so.
  const open = await send(Buffer.alloc(0), server.port, { protocol })
  expect((await retrieve(server, open.path)).header('upload-complete')).toBe('?0')
})

test.each(modes)('tus-js-client, %s: the network breaks twice', async (protocol) => {
  const file = content(6 * MiB, 3)
  // The creation goes over the first connection as well, where it is kept open.
  const network = await brokenNetwork([2 * MiB, 1.5 * MiB])
  const { path, requests } = await send(file, network.port, { protocol })
  network.server.close()
  await expectStored(path, file)
  expect(requests.filter((one) => one.startsWith('HEAD')).length).toBeGreaterThan(0)
  expect(requests.at(-1)).toBe('PATCH 201')
  expect(
    requests.every((one) => /20[014]$/.test(one)),
    `${requests}`,
  ).toBe(true)
})

test.each(modes)(
  'tus-js-client, %s: stopped, and gone on with by another one',
  async (protocol) => {
    const file = content(4 * MiB, 4)
    const endpoint = `${server.url}/files`
    const begun = await new Promise<string>((resolve, reject) => {
      const options: Options = {
        endpoint,
        protocol,
        chunkSize: MiB,
        onError: reject,
        onChunkComplete: (_size, accepted) => {
          if (accepted >= 2 * MiB) upload.abort().then(() => resolve(upload.url ?? ''), reject)
        },
      }
      const upload = new Upload(file, options)
      upload.start()
    })
    const { path, requests } = await send(file, server.port, { protocol, uploadUrl: begun })
    expect(requests).toEqual(['HEAD 204', 'PATCH 201'])
    await expectStored(path, file)
    const again = await send(file, server.port, { protocol, uploadUrl: begun })
    expect(again.requests, 'it is complete').toEqual(['HEAD 200'])
  },
)

test('tus-js-client cancels', async () => {
  const path = pathOf(await create(server, { complete: false, body: 'abc' }))
  const options: Options = { protocol: 'ietf-draft-05' }
  await Upload.terminate(`${server.url}${path}`, options)
  expect((await retrieve(server, path)).status).toBe(410)
})

test('begun with tus, finished with the IETF protocol', async () => {
  const file = content(3 * MiB, 5)
  const path = await new Promise<string>((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: `${server.url}/files`,
      chunkSize: MiB,
      metadata: { filename: 'both.bin' },
      onError: reject,
      onChunkComplete: () =>
        upload.abort().then(() => resolve(new URL(upload.url ?? '').pathname), reject),
    })
    upload.start()
  })
  const looked = await retrieve(server, path)
  const offset = Number(looked.header('upload-offset'))
  expect(offset).toBeGreaterThanOrEqual(MiB)
  expect(looked.header('upload-length')).toBe(String(file.length))
  const middle = file.subarray(offset, offset + 1000)
  expect((await append(server, path, offset, false, middle)).status).toBe(204)
  const last = await append(server, path, offset + 1000, true, file.subarray(offset + 1000))
  expect([last.status, last.header('upload-complete')]).toEqual([201, '?1'])
  await expectStored(path, file)
  expect((await get(server, path)).header('content-disposition')).toContain('both.bin')
  const asTus = await head(server, path)
  expect([asTus.status, asTus.header('upload-offset')]).toEqual([200, String(file.length)])
})

test('begun with the IETF protocol and cut off, finished with tus', async () => {
  const file = content(3 * MiB, 6)
  const wire = await connect(server)
  const parts = {
    method: 'POST',
    target: '/files',
    headers: {
      'Upload-Draft-Interop-Version': 8,
      'Upload-Complete': '?1',
      'Content-Length': file.length,
      'Content-Disposition': 'inline; filename="both.bin"',
    },
  }
  await wire.send(requestHead(parts))
  const path = (await wire.next('POST')).header('location') ?? ''
  await wire.send(file.subarray(0, MiB))
  await until('the first MiB', async () => {
    const view = await get(server, path.replace('/files/', '/api/uploads/'))
    return JSON.parse(view.text).offset === MiB
  })
  wire.reset()
  const { requests } = await send(file, server.port, { uploadUrl: `${server.url}${path}` })
  expect(requests).toEqual(['HEAD 200', 'PATCH 204'])
  await expectStored(path, file)
  const looked = await retrieve(server, path)
  expect(looked.header('upload-complete')).toBe('?1')
  expect((await get(server, path)).header('content-disposition')).toContain('both.bin')
})

test('a tus client that reaches the length of an upload of the other kind finishes it', async () => {
  const path = pathOf(
    await create(server, { complete: false, body: 'hello', headers: { 'Upload-Length': 11 } }),
  )
  expect((await patch(server, path, 5, ' world')).status).toBe(204)
  expect((await retrieve(server, path)).header('upload-complete')).toBe('?1')
  expect((await get(server, path)).text).toBe('hello world')
})

// URLSession has no offset of its own to go by: it follows the Location of the 104.
test.each([
  {
    system: 'iOS 17',
    version: 3,
    whole: { 'Upload-Incomplete': '?0' },
    rest: { 'Upload-Incomplete': '?0' },
    open: ['upload-incomplete', '?1'],
    closed: ['upload-incomplete', '?0'],
  },
  {
    system: 'iOS 18',
    version: 6,
    whole: { 'Upload-Complete': '?1' },
    rest: { 'Upload-Complete': '?1', 'Content-Type': 'application/partial-upload' },
    open: ['upload-complete', '?0'],
    closed: ['upload-complete', '?1'],
  },
] as const)('$system, interop version $version: cut off and gone on with', async (client) => {
  const file = content(MiB, client.version)
  const version = { 'Upload-Draft-Interop-Version': client.version }
  const type = { 'Content-Type': 'image/heic' }
  const length = { 'Content-Length': file.length }
  const headers = { ...version, ...type, ...client.whole, ...length }
  const wire = await connect(server)
  await wire.send(requestHead({ method: 'POST', target: '/files', headers }))
  const interim = await wire.next('POST')
  expect(interim.status).toBe(104)
  expect(interim.header('upload-draft-interop-version')).toBe(String(client.version))
  const path = interim.header('location') ?? ''
  await wire.send(file.subarray(0, 300_000))
  // As when a phone loses its network: nobody tells the server.
  const looked = await until('bytes', async () => {
    const response = await exchange(server, { method: 'HEAD', target: path, headers: version })
    return Number(response.header('upload-offset')) > 0 ? response : null
  })
  wire.close()
  expect(looked.status).toBe(204)
  expect(looked.header(client.open[0])).toBe(client.open[1])
  expect(looked.header('cache-control')).toBe('no-store')
  const offset = Number(looked.header('upload-offset'))
  const last = await exchange(server, {
    method: 'PATCH',
    target: path,
    headers: { ...version, ...client.rest, 'Upload-Offset': offset },
    body: file.subarray(offset),
  })
  expect(last.status).toBe(201)
  expect(last.header(client.closed[0])).toBe(client.closed[1])
  expect(last.header('upload-offset')).toBe(String(file.length))
  await expectStored(path, file)
  expect((await get(server, path)).header('content-type')).toBe('image/heic')
})

test('versions differ in what the table says, and in nothing else', async () => {
  const send = (version: number, method: string, target: string, headers = {}, body = '') =>
    exchange(server, {
      method,
      target,
      headers: { 'Upload-Draft-Interop-Version': version, ...headers },
      ...(method === 'HEAD' ? {} : { body }),
    })
  const limits: (string | null)[] = []
  for (const version of [3, 4, 5, 6, 7, 8]) {
    const [field, more, end] =
      version === 3 ? ['Upload-Incomplete', '?1', '?0'] : ['Upload-Complete', '?0', '?1']
    const created = await send(version, 'POST', '/files', { [field]: more }, 'abc')
    const path = pathOf(created)
    const limit = created.header('upload-limit')
    limits.push(limit === null ? null : (/expires|max-age/.exec(limit)?.[0] ?? null))
    const untyped = await send(version, 'PATCH', path, { 'Upload-Offset': 3, [field]: more }, 'd')
    expect(untyped.status, `${version}`).toBe(version < 5 ? 201 : version === 5 ? 204 : 415)
    const offset = Number((await send(version, 'HEAD', path)).header('upload-offset'))
    const typed = { 'Upload-Offset': offset, 'Content-Type': 'application/partial-upload' }
    const silent = await send(version, 'PATCH', path, typed, 'ef')
    expect(silent.status, `${version}: without a word of the end`).toBe(version < 7 ? 201 : 400)
    if (version >= 7) await send(version, 'PATCH', path, { ...typed, [field]: end }, 'ef')
    const looked = await send(version, 'HEAD', path)
    expect(looked.header(field), `${version}`).toBe(end)
    expect(looked.status, `${version}`).toBe(version < 5 ? 204 : 200)
    await send(version, 'DELETE', path)
    expect((await send(version, 'HEAD', path)).status).toBe(version === 3 ? 404 : 410)
  }
  expect(limits).toEqual([null, null, null, 'expires', 'max-age', 'max-age'])
})

test('a page of an allowed origin may send and read every field, in errors too', async () => {
  const origin = 'https://pages.example'
  const strict = await startServer({ flags: ['--log-level', 'error', '--cors-origin', origin] })
  const listed = (value: string | null) => (value ?? '').toLowerCase().split(/,\s*/)
  const preflight = await exchange(strict, {
    method: 'OPTIONS',
    target: '/files',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT' },
  })
  expect(listed(preflight.header('access-control-allow-methods'))).toContain('put')
  const sent = 'Upload-Complete, Upload-Incomplete, Upload-Offset, Upload-Length, Content-Digest'
  const more = 'Upload-Draft-Interop-Version, Repr-Digest, Want-Repr-Digest, Content-Disposition'
  expect(listed(preflight.header('access-control-allow-headers'))).toEqual(
    expect.arrayContaining(listed(`${sent}, ${more}`)),
  )
  const headers = { Origin: origin }
  const created = await create(strict, { complete: false, body: 'abc', headers })
  const path = pathOf(created)
  const read = 'Location, Upload-Offset, Upload-Complete, Upload-Length, Upload-Limit, Repr-Digest'
  for (const answer of [
    created,
    await append(strict, path, 9, false, 'x', headers),
    await append(strict, path, 3, null, 'x', headers),
    await retrieve(strict, path, headers),
    await append(strict, path, 3, true, 'x', headers),
    await retrieve(strict, path, headers),
  ]) {
    expect(answer.header('access-control-allow-origin'), `${answer.status}`).toBe(origin)
    expect(listed(answer.header('access-control-expose-headers'))).toEqual(
      expect.arrayContaining(listed(read)),
    )
  }
  const foreign = { Origin: 'https://elsewhere.example' }
  const refused = await append(strict, path, 3, true, 'x', foreign)
  expect([refused.status, refused.header('upload-offset')]).toEqual([403, null])
  expect((await create(strict, { complete: true, headers: foreign })).status).toBe(403)
})
