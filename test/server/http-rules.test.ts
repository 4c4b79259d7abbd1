// Rules of HTTP itself (RFC 9110, RFC 9112) that Node or the libraries leave to us.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHookReceiver } from '../helpers/hook.ts'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import {
  createUpload,
  exchange,
  get,
  head,
  offsetOf,
  patchParts,
  request,
  requestHead,
  tusHeaders,
  upload,
} from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

let server: RunningServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(cleanUp)

const removal = (target: string) => request({ method: 'DELETE', target, headers: tusHeaders({}) })

describe('behind an answer that closes the connection nothing is done (RFC 9112 §9.6)', () => {
  test('a DELETE behind a PATCH that is refused with a large body', async () => {
    const [refused, kept] = [await upload(server, 'hello'), await upload(server, 'kept')]
    const wire = await connect(server)
    const body = Buffer.alloc(2_000_000)
    await wire.send(Buffer.concat([request(patchParts(refused, 3, body)), removal(kept)]))
    const answer = await wire.response('PATCH')
    expect([answer.status, answer.header('connection')]).toEqual([409, 'close'])
    expect(await wire.closed()).toBe('fin')
    wire.close()
    expect((await get(server, kept)).text).toBe('kept')
  })

  test('a DELETE behind the answer that the drain gave', async () => {
    const draining = await startServer()
    const [half, kept] = [
      await createUpload(draining, { length: 9 }),
      await upload(draining, 'kept'),
    ]
    const wire = await connect(draining)
    await wire.send(`${requestHead(patchParts(half, 0, '', { 'Content-Length': 9 }))}hell`)
    await until('the bytes', async () => (await offsetOf(draining, half)) === 4)
    const exit = draining.stop()
    // The rest of the body, and what comes behind it, are on their way when the answer is given.
    await wire.send(Buffer.concat([Buffer.from('o worl'), removal(kept)])).catch(() => undefined)
    await wire.response('PATCH').catch(() => undefined)
    wire.close()
    await exit
    const again = await startServer({ dir: draining.dir })
    expect((await get(again, kept)).text).toBe('kept')
  })

  test.each([
    ['asks for the end', 'HTTP/1.1', { Connection: 'close' }],
    ['is of HTTP/1.0', 'HTTP/1.0', {}],
  ] as const)('but the last one itself is answered: one that %s', async (_, version, headers) => {
    const target = await upload(server, 'hello')
    const wire = await connect(server)
    const first = request({ method: 'HEAD', target, headers: tusHeaders() })
    const second = requestHead({ method: 'HEAD', target, headers: tusHeaders(headers) })
    await wire.send(first + second.replace('HTTP/1.1', version))
    expect((await wire.response('HEAD')).status).toBe(200)
    expect((await wire.response('HEAD')).status).toBe(200)
    expect(await wire.closed()).toBe('fin')
    wire.close()
  })

  test('a request behind one that asked for the end', async () => {
    const [first, kept] = [await upload(server, 'hello'), await upload(server, 'kept')]
    const wire = await connect(server)
    const last = request({
      method: 'HEAD',
      target: first,
      headers: tusHeaders({ Connection: 'close' }),
    })
    await wire.send(Buffer.concat([last, removal(kept)]))
    expect((await wire.response('HEAD')).status).toBe(200)
    await wire.closed()
    wire.close()
    expect((await get(server, kept)).text).toBe('kept')
  })
})

describe('ranges and conditions of a download (RFC 9110 §13, §14)', () => {
  let target = ''
  let tag = ''
  beforeAll(async () => {
    target = await upload(server, 'hello world')
    tag = `"${target.slice(target.lastIndexOf('/') + 1)}"`
  })

  test.each([
    ['bytes=-99', 206, 'hello world', 'bytes 0-10/11'],
    ['bytes=-11', 206, 'hello world', 'bytes 0-10/11'],
    ['bytes=-5', 206, 'world', 'bytes 6-10/11'],
    ['bytes=-0', 416, null, 'bytes */11'],
    ['bytes=11-', 416, null, 'bytes */11'],
  ] as const)('%s: %d', async (range, status, text, contentRange) => {
    const answer = await get(server, target, { Range: range })
    expect([answer.status, answer.header('content-range')]).toEqual([status, contentRange])
    if (text !== null) expect(answer.text).toBe(text)
  })

  test('the end of an empty file is no range of it', async () => {
    expect((await get(server, await upload(server, ''), { Range: 'bytes=-1' })).status).not.toBe(
      206,
    )
  })

  test.each([{}, { 'Upload-Draft-Interop-Version': 8 }])(
    'HEAD knows no range (%j)',
    async (more) => {
      for (const Range of ['bytes=0-3', 'bytes=99-']) {
        const answer = await exchange(server, {
          method: 'HEAD',
          target,
          headers: { Range, ...more },
        })
        expect([answer.status < 300, answer.header('content-range')]).toEqual([true, null])
      }
    },
  )

  test('weak tags match nothing that is compared strongly', async () => {
    const ranged = (validator: string) =>
      get(server, target, { Range: 'bytes=0-3', 'If-Range': validator })
    expect((await ranged(tag)).status).toBe(206)
    expect((await ranged(`W/${tag}`)).status).toBe(200)
    expect((await get(server, target, { 'If-Match': tag })).status).toBe(200)
    expect((await get(server, target, { 'If-Match': `W/${tag}` })).status).toBe(412)
    expect((await get(server, target, { 'If-Match': `W/${tag}, ${tag}` })).status).toBe(200)
  })
})

test('a transfer coding that is not understood is told, and its bytes are not taken for the file', async () => {
  const body = gzipSync('hello world')
  const target = await createUpload(server, { length: body.length })
  const chunk = Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ])
  const parts = patchParts(target, 0, '', {
    'Content-Length': null,
    'Transfer-Encoding': 'gzip, chunked',
  })
  for (const version of [null, 8]) {
    const wire = await connect(server)
    const headers =
      version === null
        ? parts.headers
        : { ...parts.headers, 'Upload-Draft-Interop-Version': version, 'Upload-Complete': '?1' }
    await wire.send(
      Buffer.concat([Buffer.from(requestHead({ ...parts, headers: headers ?? {} })), chunk]),
    )
    expect((await wire.response('PATCH')).status).toBe(501)
    wire.close()
  }
  expect(await offsetOf(server, target)).toBe(0)
})

test('two Host lines are no request', async () => {
  const wire = await connect(server)
  await wire.send('GET /livez HTTP/1.1\r\nHost: one\r\nhost: two\r\n\r\n')
  expect((await wire.response()).status).toBe(400)
  wire.close()
})

test('100-continue without a body is no expectation; any other one is refused so that a page can read it', async () => {
  const target = await upload(server, 'hello')
  const asked = await get(server, target, { Expect: '100-continue' })
  expect([asked.status, asked.text]).toEqual([200, 'hello'])
  const odd = await exchange(server, {
    method: 'PATCH',
    target,
    headers: tusHeaders({ Expect: 'foo', 'Content-Length': 0 }),
  })
  expect([odd.status, odd.header('tus-resumable')]).toEqual([417, '1.0.0'])
})

test('a creation whose body goes beyond its length is not there, and nobody is told of it', async () => {
  const hook = await startHookReceiver()
  const told = await startServer({ flags: ['--finish-hook', hook.url] })
  const body = '8\r\nhelloXXX\r\n0\r\n\r\n'
  const head = requestHead({
    method: 'POST',
    target: '/files',
    headers: tusHeaders({
      'Upload-Length': 5,
      'Content-Type': 'application/offset+octet-stream',
      'Transfer-Encoding': 'chunked',
    }),
  })
  const wire = await connect(told)
  await wire.send(head + body)
  expect((await wire.response('POST')).status).toBe(413)
  wire.close()
  expect(JSON.parse((await get(told, '/api/uploads')).text).uploads).toEqual([])
  await sleep(300)
  expect(hook.calls).toEqual([])
  hook.close()
})

test('a body that goes beyond the end does not end the upload by itself', async () => {
  const target = await createUpload(server, { length: 5 })
  const wire = await connect(server)
  const parts = patchParts(target, 0, '', {
    'Content-Length': null,
    'Transfer-Encoding': 'chunked',
  })
  await wire.send(`${requestHead(parts)}8\r\nhelloXXX\r\n0\r\n\r\n`)
  expect((await wire.response('PATCH')).status).toBe(413)
  wire.close()
  // What belongs to it is kept; whoever asks learns that it is whole.
  expect((await head(server, target)).header('upload-offset')).toBe('5')
  expect((await get(server, target)).text).toBe('hello')
})
