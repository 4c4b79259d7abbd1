// Who gets in: no method dressed up as another passes the token, and no name that is not ours reads the API.
import { spawn } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { cleanUp, cliPath, startServer, temporaryFolder } from '../helpers/server.ts'
import {
  create,
  createUpload,
  exchange,
  get,
  head,
  options,
  patch,
  tusHeaders,
} from '../helpers/tus.ts'

afterAll(cleanUp)

const token = 'a-token-of-the-tests'
const bearer = { Authorization: `Bearer ${token}` }
const methods = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT']

// The preflight needs no token: a browser sends none with it.
test('without the token no method gets in, whatever X-HTTP-Method-Override says', async () => {
  const server = await startServer({ flags: ['--token', token] })
  const target = await createUpload(server, { length: 5, headers: bearer })
  for (const method of methods) {
    for (const override of ['POST', 'PATCH', 'DELETE', 'HEAD', 'GET', 'patch', ' DELETE ']) {
      for (const place of ['/files', target]) {
        const response = await exchange(server, {
          method,
          target: place,
          headers: tusHeaders({
            'X-HTTP-Method-Override': override,
            'Content-Type': 'application/offset+octet-stream',
            'Upload-Length': 5,
            'Upload-Offset': 0,
          }),
          body: 'hello',
        })
        expect.soft(response.status, `${method} as "${override}" of ${place}`).toBe(401)
        expect.soft(response.header('location')).toBeNull()
        expect.soft(response.header('upload-offset')).toBeNull()
      }
    }
  }
  for (const place of ['/files', target]) {
    const preflight = { 'Access-Control-Request-Method': 'PATCH', Origin: 'https://example.org' }
    expect((await options(server, place)).status).toBe(204)
    expect((await options(server, place, preflight)).status).toBe(204)
  }
  const listed = JSON.parse((await get(server, '/api/uploads', bearer)).text)
  expect(
    listed.uploads.map(({ url }: { url: string }) => url),
    'none made or removed',
  ).toEqual([target])
  expect((await head(server, target, bearer)).header('upload-offset'), 'nothing written').toBe('0')
  const dressed = { ...bearer, 'X-HTTP-Method-Override': 'PATCH' }
  const written = await exchange(server, {
    method: 'POST',
    target,
    headers: tusHeaders({
      ...dressed,
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': 0,
    }),
    body: 'hello',
  })
  expect(written.status, 'with the token it works').toBe(204)
})

test('a page of another origin can read that it needs a token', async () => {
  const server = await startServer({ flags: ['--token', token] })
  const target = await createUpload(server, { length: 5, headers: bearer })
  for (const method of ['GET', 'HEAD', 'PATCH']) {
    const headers = tusHeaders({ Origin: 'https://app.example' })
    const refused = await exchange(server, { method, target, headers })
    expect([refused.status, refused.header('access-control-allow-origin')]).toEqual([401, '*'])
  }
})

const signIn = (server: { readonly port: number }, fields: Readonly<Record<string, string>>) =>
  exchange(server, {
    method: 'POST',
    target: '/session',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })

test('the sign-in leads to what was asked for, and never to another site', async () => {
  const server = await startServer({ flags: ['--token', token] })
  const asked = await get(server, '/captures?a="><b>', { Accept: 'text/html' })
  expect(asked.status).toBe(401)
  expect(asked.text).toContain('name="next" value="/captures?a=&quot;&gt;&lt;b&gt;"')
  const refused = await signIn(server, { token: 'wrong', next: '/captures' })
  expect([refused.status, refused.text]).toEqual([
    401,
    expect.stringContaining('value="/captures"'),
  ])
  for (const next of ['/captures', '/', '/files/a?b']) {
    const led = await signIn(server, { token, next })
    expect([led.status, led.header('location')]).toEqual([303, next])
  }
  for (const next of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\tx',
    '/ü',
    '',
  ]) {
    expect((await signIn(server, { token, next })).header('location'), next).toBe('/')
  }
})

const foreign = [
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil-localhost',
  '127.0.0.1:8080.evil.example',
]
const apiPaths = [
  '/api/uploads',
  '/api/connections',
  '/api/events',
  '/API/uploads',
  '/api/uploads/',
]

// DNS rebinding: a page of evil.example whose name now leads to 127.0.0.1 is of the same origin as our answers.
test('under a name that is not ours the API is misdirected, and tus is not', async () => {
  const server = await startServer()
  const target = await createUpload(server, { length: 5 })
  for (const Host of foreign) {
    for (const place of apiPaths) {
      const response = await exchange(server, { method: 'HEAD', target: place, headers: { Host } })
      // Another spelling of the path may also lead nowhere.
      const refused = place === place.toLowerCase() ? [421] : [421, 404]
      expect.soft(refused, `${place} at ${Host}: ${response.status}`).toContain(response.status)
    }
    const read = await get(server, '/api/uploads', { Host, 'X-Forwarded-Host': '127.0.0.1' })
    expect.soft([read.status, read.text.includes(target)], Host).toEqual([421, false])
    const removal = { method: 'DELETE', target: `/api${target.replace('files', 'uploads')}` }
    expect.soft((await exchange(server, { ...removal, headers: { Host } })).status).toBe(421)
  }
  const ours = ['127.0.0.1', '127.0.0.1:1', '192.0.2.7:80', '[::1]', '[::1]:9', 'localhost']
  for (const Host of [...ours, 'LocalHost:8080', 'app.localhost']) {
    expect.soft((await get(server, '/api/uploads', { Host })).status, Host).toBe(200)
  }
  const Host = 'evil.example'
  expect((await patch(server, target, 0, 'hello', { Host })).status).toBe(204)
  expect((await head(server, target, { Host })).header('upload-offset')).toBe('5')
  expect((await create(server, { length: 5, headers: { Host } })).status).toBe(201)
})

test('names told by --public-host reach the API, in any case and at any port', async () => {
  const server = await startServer({ flags: ['--public-host', 'up.example, Other.example'] })
  for (const Host of ['up.example', 'UP.example:8443', 'other.example', '127.0.0.1', 'localhost']) {
    expect.soft((await get(server, '/api/uploads', { Host })).status, Host).toBe(200)
  }
  for (const Host of ['evil.example', 'sub.up.example', 'up.example.evil.example', 'xup.example']) {
    expect.soft((await get(server, '/api/uploads', { Host })).status, Host).toBe(421)
  }
})

// A token, a proxy that is trusted, or open doors: then the name protects nothing, and may be any.
test('the name is looked at only where nothing else stands before the API', async () => {
  const kinds = [
    [],
    ['--token', token],
    ['--allow-anonymous'],
    ['--trust-proxy', 'loopback'],
  ] as const
  const servers = await Promise.all(kinds.map((flags) => startServer({ flags })))
  const Host = 'uploads.example'
  const answers = servers.map((server) => get(server, '/api/uploads', { Host, ...bearer }))
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([421, 200, 200, 200])
})

// No client could send it: a bearer token is one word of ASCII (RFC 6750 §2.1).
test('a token that no header can carry is refused in one line, which does not tell it', async () => {
  for (const unusable of [
    'two words here',
    'пароль-секрет',
    'tab\there-it-is',
    'trailing-space ',
  ]) {
    expect
      .soft(() => readConfig({ flags: { token: unusable }, environment: {} }), unusable)
      .toThrow(/--token/)
  }
  const dir = await temporaryFolder()
  const unusable = 'schlüssel von uns'
  const child = spawn(process.execPath, [cliPath, 'serve', '--port', '0', '--dir', dir], {
    env: { ...process.env, LONGHAUL_TOKEN: unusable },
  })
  // It listens, which it should not.
  child.stdout.on('data', () => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  expect([code, stderr.trim().split('\n').length]).toEqual([2, 1])
  expect(stderr).toMatch(/--token/)
  expect(stderr).not.toContain(unusable)
})
