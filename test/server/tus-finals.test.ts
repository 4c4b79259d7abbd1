// Uploads made of others and their parts, as tus clients, lists and hooks see them come and go.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HookReceiver, startHookReceiver } from '../helpers/hook.ts'
import { until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import {
  create,
  createUpload,
  endpoint,
  exchange,
  get,
  type Headers,
  head,
  metadata,
  patch,
  pathOf,
  remove,
  tusHeaders,
} from '../helpers/tus.ts'
import type { WireResponse } from '../helpers/wire.ts'

let hook: HookReceiver
let server: RunningServer

beforeAll(async () => {
  hook = await startHookReceiver()
  server = await startServer({
    flags: ['--log-level', 'error', '--finish-hook', hook.url, '--max-size', '1MiB'],
  })
})
afterAll(async () => {
  await cleanUp()
  hook.close()
})

const part = (content: string, length = content.length) =>
  createUpload(server, { length, body: content, headers: { 'Upload-Concat': 'partial' } })

const concatenate = (paths: readonly string[], headers: Headers = {}) =>
  exchange(server, {
    method: 'POST',
    target: endpoint,
    headers: tusHeaders({ 'Upload-Concat': `final;${paths.join(' ')}`, ...headers }),
  })

const expiry = (response: WireResponse) => response.header('upload-expires')

test('a final upload outlives its parts, and they outlive it', async () => {
  const paths = [await part('hello'), await part(' world')]
  const first = pathOf(await concatenate(paths))
  const second = pathOf(await concatenate(paths.toReversed()))
  expect((await remove(server, paths[0] ?? '')).status).toBe(204)
  expect((await get(server, first)).text).toBe('hello world')
  expect((await remove(server, first)).status).toBe(204)
  expect((await get(server, first)).status).toBe(410)
  expect((await get(server, second)).text).toBe(' worldhello')
  expect((await head(server, paths[1] ?? '')).header('upload-offset')).toBe('6')
  const again = await concatenate(paths)
  expect([again.status, again.header('location')], 'of a part that is gone').toEqual([400, null])
})

test('a final upload whose part goes before the end goes with it', async () => {
  const paths = [await part('hello'), await part('wo', 5)]
  const final = pathOf(await concatenate(paths))
  expect((await head(server, final)).status).toBe(200)
  await remove(server, paths[1] ?? '')
  await until('the final is gone', async () => (await head(server, final)).status === 410)
  expect((await head(server, paths[0] ?? '')).header('upload-offset')).toBe('5')
})

test('a final upload that is removed before the end leaves its parts as they are', async () => {
  const path = await part('hel', 5)
  const final = pathOf(await concatenate([path]))
  expect((await remove(server, final)).status).toBe(204)
  expect((await head(server, final)).status).toBe(410)
  expect((await patch(server, path, 3, 'lo')).status).toBe(204)
  expect((await get(server, pathOf(await concatenate([path, path])))).text).toBe('hellohello')
})

test('in any order of last bytes, final and removal there is a whole or nothing', async () => {
  const bodies = ['hello', 'world', 'again']
  const ends = { whole: 0, nothing: 0 }
  for (let round = 0; round < 40; round++) {
    const paths = await Promise.all(
      bodies.map(({ length }) =>
        createUpload(server, { length, headers: { 'Upload-Concat': 'partial' } }),
      ),
    )
    const writing = paths.map((path, index) => patch(server, path, 0, bodies[index] ?? ''))
    const making = concatenate(paths)
    const removing = round % 2 === 0 ? [] : [remove(server, paths[round % 3] ?? '')]
    await Promise.all([...writing, ...removing])
    const made = await making
    if (made.status === 400 && removing.length > 0) continue
    const final = pathOf(made)
    const stand = await until('it is decided', async () => {
      const response = await head(server, final)
      return response.status !== 200 || response.header('upload-offset') !== null ? response : null
    })
    const isWhole = stand.status === 200
    if (isWhole) expect((await get(server, final)).text).toBe('helloworldagain')
    else expect([stand.status, removing.length]).toEqual([410, 1])
    ends[isWhole ? 'whole' : 'nothing'] += 1
  }
  expect(ends.whole).toBeGreaterThanOrEqual(20)
})

test('Upload-Expires is told of what expires: parts, and finals until they are finished', async () => {
  const headers = { 'Upload-Concat': 'partial' }
  const created = await create(server, { length: 5, body: 'hel', headers })
  expect(expiry(created), '201 of a part').not.toBeNull()
  const path = pathOf(created)
  const begun = await concatenate([path])
  expect(expiry(begun), '201 of an unfinished final').not.toBeNull()
  expect(expiry(await head(server, pathOf(begun))), 'its HEAD').not.toBeNull()
  expect(expiry(await patch(server, pathOf(begun), 0, 'x')), 'its 403').not.toBeNull()
  const last = await patch(server, path, 3, 'lo')
  // A part is a step on the way: it goes even if it is finished.
  expect([last.status, expiry(last) === null], 'the last PATCH').toEqual([204, false])
  expect(expiry(await head(server, path)), 'a finished part').not.toBeNull()
  expect(expiry(await head(server, pathOf(begun))), 'the finished final').toBeNull()
  expect(expiry(await concatenate([path])), '201 of a finished final').toBeNull()
})

test('only the final upload is listed and told to the finish hook, once', async () => {
  const before = hook.calls.length
  const paths = [await part('hello'), await part(' world')]
  const named = { 'Upload-Metadata': metadata({ filename: 'whole.txt' }) }
  const final = pathOf(await concatenate(paths, named))
  await until('the hook is told', () => hook.calls.some(({ body }) => body.includes(final)))
  const { text } = await exchange(server, { method: 'GET', target: '/api/uploads' })
  expect(text).toContain(final)
  for (const path of paths) {
    expect(text).not.toContain(path)
    expect(
      hook.calls.slice(before).some(({ body }) => body.includes(path)),
      path,
    ).toBe(false)
  }
  const calls = hook.calls.slice(before).filter(({ body }) => body.includes(final))
  expect(calls.map(({ body }) => JSON.parse(body).upload.length)).toEqual([11])
})

test('a final upload beyond the maximum is 413', async () => {
  const path = await part('x'.repeat(2 ** 19))
  expect((await concatenate([path, path])).status).toBe(201)
  const response = await concatenate([path, path, await part('y')])
  expect([response.status, response.header('location')]).toEqual([413, null])
})

test('a final upload that turns out to be beyond the maximum is not finished', async () => {
  const partial = { 'Upload-Concat': 'partial' }
  const deferred = await createUpload(server, { length: null, headers: partial })
  const half = await part('x'.repeat(2 ** 19))
  const final = pathOf(await concatenate([half, deferred]))
  await patch(server, deferred, 0, 'y'.repeat(2 ** 19 + 1), { 'Upload-Length': 2 ** 19 + 1 })
  await until('it is refused', async () => (await head(server, final)).status === 410)
})

test('a final upload of as many parts as can be', async () => {
  const path = await part('x')
  const final = pathOf(await concatenate(Array(1000).fill(path)))
  expect((await get(server, final)).text).toBe('x'.repeat(1000))
  const range = await get(server, final, { Range: 'bytes=998-' })
  expect([range.status, range.text]).toEqual([206, 'xx'])
  expect((await concatenate(Array(1001).fill(path))).status).toBe(400)
})

test('X-HTTP-Method-Override works on parts and finals as on any upload', async () => {
  const override = (path: string, method: string, headers: Headers = {}, body = '') =>
    exchange(server, {
      method: 'POST',
      target: path,
      headers: tusHeaders({ 'X-HTTP-Method-Override': method, ...headers }),
      body,
    })
  const path = await part('hel', 5)
  const final = pathOf(await concatenate([path]))
  const octets = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': 3 }
  const sum = { 'Upload-Checksum': 'crc32 DUoRhQ==' }
  expect((await override(path, 'PATCH', { ...octets, ...sum }, 'lo')).status).toBe(460)
  expect((await override(path, 'PATCH', octets, 'lo')).status).toBe(204)
  expect((await override(final, 'HEAD')).header('upload-concat')).toBe(`final;${path}`)
  expect((await override(final, 'PATCH', octets, 'lo')).status).toBe(403)
  expect((await override(final, 'DELETE')).status).toBe(204)
  expect((await head(server, final)).status).toBe(410)
})
