// What tus 1.0.0 leaves to HTTP/1.1 (RFC 9110, RFC 9112), where it touches uploads.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  createUpload,
  endpoint,
  exchange,
  get,
  head,
  offsetOf,
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

test('one connection carries many requests of every kind (RFC 9112 §9.3)', async () => {
  const wire = await connect(server)
  const path = await createUpload(wire, { length: 60 })
  const connections = new Set<string | null>()
  for (let offset = 0; offset < 60; offset++) {
    const patched = await patch(wire, path, offset, 'x')
    expect([patched.status, patched.header('upload-offset')]).toEqual([204, `${offset + 1}`])
    const looked = await head(wire, path)
    expect(looked.header('upload-offset')).toBe(`${offset + 1}`)
    connections.add(patched.header('longhaul-connection'))
    connections.add(looked.header('longhaul-connection'))
  }
  expect((await get(wire, path)).text).toBe('x'.repeat(60))
  expect(connections.size, 'the ledger calls it one connection').toBe(1)
  wire.close()
})

// §9.3.2: only a sequence of safe methods may be processed in parallel.
test('pipelined PATCHes are processed one after the other (RFC 9112 §9.3.2)', async () => {
  const path = await createUpload(server, { length: 4 })
  const wire = await connect(server)
  const letters = ['a', 'b', 'c', 'd']
  await wire.send(Buffer.concat(letters.map((it, at) => request(patchParts(path, at, it)))))
  for (const offset of ['1', '2', '3', '4']) {
    const response = await wire.response('PATCH')
    expect([response.status, response.header('upload-offset')]).toEqual([204, offset])
  }
  wire.close()
  expect((await get(server, path)).text).toBe('abcd')
})

test('a target in absolute form means the same path (RFC 9112 §3.2.2)', async () => {
  const path = await createUpload(server, { length: 5 })
  const target = `http://uploads.example${path}?x=/other`
  expect((await head(server, target)).header('upload-offset')).toBe('0')
  expect((await patch(server, target, 0, 'hello')).status).toBe(204)
})

test('a request whose end can be read in two ways is refused (RFC 9112 §6.1, §6.3)', async () => {
  const path = await createUpload(server, { length: 100 })
  const framings = [
    { 'Content-Length': 5, 'Transfer-Encoding': 'chunked' },
    { 'Content-Length': ['5', '6'] },
    { 'Content-Length': '-1' },
    { 'Content-Length': '5a' },
    { 'Content-Length': null, 'Transfer-Encoding': 'chunked, identity' },
  ]
  for (const framing of framings) {
    const body = '0\r\n\r\nDELETE / HTTP/1.1\r\n\r\n'
    const wire = await connect(server)
    const response = await patch(wire, path, 0, body, framing)
    expect.soft([400, 501], JSON.stringify(framing)).toContain(response.status)
    expect.soft(await wire.closed(), JSON.stringify(framing)).toMatch(/fin|reset/)
    wire.close()
  }
  expect(await offsetOf(server, path)).toBe(0)
})

test('a request without Host is 400 (RFC 9112 §3.2)', async () => {
  const response = await exchange(server, {
    method: 'POST',
    target: endpoint,
    headers: tusHeaders({ Host: null, 'Upload-Length': 5 }),
  })
  expect(response.status).toBe(400)
})

test('a 405 names the methods that are there (RFC 9110 §15.5.6)', async () => {
  const path = await createUpload(server, { length: 5 })
  const response = await exchange(server, { method: 'PUT', target: path, headers: tusHeaders() })
  expect(response.status).toBe(405)
  const allowed = (response.header('allow') ?? '').split(/\s*,\s*/)
  expect(allowed).toEqual(expect.arrayContaining(['HEAD', 'PATCH', 'DELETE', 'GET']))
})
