// Stock defects about which upload a request means: D02, D22, D23, D24, D28, D29, D40, D43.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  create,
  createUpload,
  endpoint,
  exchange,
  get,
  type Headers,
  head,
  metadata,
  offsetOf,
  options,
  patch,
  pathOf,
  remove,
  tusHeaders,
  upload,
} from '../helpers/tus.ts'

let server: RunningServer
let trusting: RunningServer

beforeAll(async () => {
  server = await startSubject({ flags: ['--log-level', 'warn'] })
  trusting = await startSubject({ flags: ['--log-level', 'warn', '--trust-proxy', 'loopback'] })
})
afterAll(cleanUp)

// Stock takes the id from the end of the whole URL: `PATCH /files/mine?x=/victim` overwrote the victim.
test('D02: the id comes from the path alone, whatever the query, dots and escapes say', async () => {
  const victim = await createUpload(server, { length: 10 })
  const id = victim.slice(victim.lastIndexOf('/') + 1)
  const disguises: ((mine: string) => string)[] = [
    (mine) => `${mine}?x=${victim}`,
    (mine) => `${mine}?x=/${id}`,
    (mine) => `${mine}?${id}`,
    (mine) => `${mine}?x=/${id}/`,
    (mine) => `${mine}#/${id}`,
    (mine) => `${mine}/${id}`,
    (mine) => `${mine}%2f..%2f${id}`,
    (mine) => `${mine};/${id}`,
    (mine) => `${mine}%00/${id}`,
    (mine) => `${mine}\\${id}`,
    () => `/${id}`,
    () => `//files/${id}`,
    () => `/elsewhere/${id}`,
  ]
  for (const disguise of disguises) {
    const target = disguise(await createUpload(server, { length: 10 }))
    const patched = await patch(server, target, 0, 'stolen')
    expect.soft([200, 204, 400, 404, 405], `PATCH ${target}`).toContain(patched.status)
    expect.soft(await offsetOf(server, victim), `PATCH ${target}`).toBe(0)
    await remove(server, target)
    expect.soft((await head(server, victim)).status, `DELETE ${target}`).toBe(200)
  }
  expect((await patch(server, victim, 0, '0123456789')).status).toBe(204)
})

// A stock server answers 404 to every URL with a query, such as one with a cache buster.
test('D02: a query is no part of the id', async () => {
  const path = await createUpload(server, { length: 5 })
  expect((await head(server, `${path}?_=1700000000`)).header('upload-offset')).toBe('0')
  expect((await patch(server, `${path}?token=a/b`, 0, 'hello')).status).toBe(204)
  expect((await get(server, `${path}?download=1`)).text).toBe('hello')
})

test('D02: names outside the data folder are no uploads', async () => {
  const outside = [
    '../package.json',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e',
    '.',
    '..',
    '%00',
    'a'.repeat(5000),
  ]
  for (const name of outside) {
    const target = `${endpoint}/${name}`
    for (const method of ['HEAD', 'GET', 'PATCH', 'DELETE'] as const) {
      const append = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': 0 }
      const headers = tusHeaders(method === 'PATCH' ? append : {})
      const response = await exchange(server, { method, target, headers })
      expect
        .soft([400, 404, 405, 414], `${method} ${target.slice(0, 60)}`)
        .toContain(response.status)
    }
  }
})

// Stock refuses every request behind two proxies with 400: its validator takes one scheme only.
test('D22: no X-Forwarded header is a reason to refuse a request', async () => {
  const sets: Headers[] = [
    { 'X-Forwarded-Proto': 'https,http' },
    { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-For': '203.0.113.9, 10.0.0.1' },
    { 'X-Forwarded-Proto': 'gopher', 'X-Forwarded-Host': '', 'X-Forwarded-For': 'unknown' },
    { 'X-Forwarded-Host': 'a b"c', 'X-Forwarded-For': '[', Forwarded: 'for="[::1"' },
  ]
  for (const target of [server, trusting]) {
    for (const headers of sets) {
      const response = await create(target, { length: 5, headers })
      expect.soft(response.status, JSON.stringify(headers)).toBe(201)
    }
  }
})

// Stock writes `http://` into every Location, also behind TLS, and trusts any client's X-Forwarded-Host.
test('D23, D24: Location is relative, so no scheme or host can be wrong or forged', async () => {
  const forged = {
    Host: 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil.example',
    Forwarded: 'host=evil.example;proto=https',
  }
  for (const target of [server, trusting]) {
    const response = await create(target, { length: 5, headers: forged })
    expect(response.header('location')).toMatch(/^\/files\/[A-Za-z0-9_-]{8,128}$/)
  }
})

// Stock: an id that is part of the path, such as `file` under `/files`, can be created but never found.
test('D28: ids are made by the server, cannot be guessed, and each is found', async () => {
  const name = metadata({ filename: 'files', id: 'file', uploadId: 'file' })
  const ids = new Set<string>()
  for (let count = 0; count < 50; count++) {
    const path = await createUpload(server, { length: 5, metadata: name })
    const id = path.slice(path.lastIndexOf('/') + 1)
    expect(id).toMatch(/^[A-Za-z0-9_-]{20,128}$/)
    expect((await head(server, path)).status).toBe(200)
    ids.add(id)
  }
  expect(ids.size).toBe(50)
})

// Stock truncates the file of a finished upload when a second one is created under the same name.
test('D29: a second upload of the same name leaves the first alone', async () => {
  const name = metadata({ filename: 'same.txt' })
  const first = await upload(server, 'first', { metadata: name })
  const second = await upload(server, 'second', { metadata: name })
  expect(second).not.toBe(first)
  expect((await get(server, first)).text).toBe('first')
})

// Stock: a 201 of type text/plain with an empty chunked body, and status lines without a reason phrase.
test('D40: answers without content say so, and each status line has its reason phrase', async () => {
  const created = await create(server, { length: 5 })
  expect(created.header('content-type')).toBeNull()
  expect(created.header('transfer-encoding')).toBeNull()
  expect(created.header('content-length')).toBe('0')
  const path = pathOf(created)
  const answers = [
    created,
    await head(server, path),
    await patch(server, path, 3, 'x'),
    await patch(server, path, 0, 'x', { 'Tus-Resumable': null }),
    await patch(server, path, 0, 'x', { 'Content-Type': 'text/plain' }),
    await patch(server, path, 0, 'too long'),
    await patch(server, path, 0, 'hello'),
    await options(server),
    await remove(server, path),
    await head(server, path),
  ]
  const reasons = answers.map((answer) => `${answer.status} ${answer.reason}`)
  expect(reasons.filter((reason) => !/^\d{3} \S/.test(reason))).toEqual([])
  for (const answer of answers.filter(({ status }) => status === 204)) {
    // RFC 9110 §8.6: no Content-Length in a 204; §6.4.1 leaves it no content to describe.
    expect.soft(answer.header('content-length')).toBeNull()
    expect.soft(answer.header('content-type')).toBeNull()
  }
})

// Stock puts the message of any error, errno and path included, into the answer.
test('D43: error texts are sentences for people and tell nothing of the inside', async () => {
  const path = await createUpload(server, { length: 5 })
  const answers = [
    await create(server, { length: 'abc' }),
    await create(server, { length: '99999999999999999999' }),
    await create(server, { length: 5, metadata: 'a !' }),
    await patch(server, path, 3, 'x'),
    await patch(server, path, 0, 'too long'),
    await patch(server, '/files/%', 0, 'x'),
    await patch(server, '/files/%E0%A4%A', 0, 'x'),
    await get(server, path),
    await get(server, '/files/no-such-upload-0123456789'),
    await get(server, '/no/such/page'),
    await exchange(server, { method: 'PUT', target: path, headers: tusHeaders() }),
    await exchange(server, { method: 'GET', target: '/api/uploads/%E0%A4%A' }),
  ]
  for (const { status, text } of answers) {
    expect.soft(status).toBeGreaterThanOrEqual(400)
    expect.soft(status).toBeLessThan(500)
    expect
      .soft(text)
      .not.toMatch(/ENO|EACCES|EINVAL|Error:|\bat .*:\d+|node_modules|\.[jt]s\b|undefined/)
    expect.soft(text).not.toContain(server.dir)
  }
})
