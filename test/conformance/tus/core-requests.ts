// tus 1.0.0, Core Protocol, Requests: T11 to T22.
import { expect } from 'vitest'
import { untilRead } from '../../helpers/kernel.ts'
import { until } from '../../helpers/process.ts'
import {
  createUpload,
  endpoint,
  get,
  head,
  offsetOf,
  options,
  patch,
  patchParts,
  requestHead,
  upload,
} from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'

const unknown = '/files/no-such-upload-0123456789'

/** The head of a PATCH that announces `length` bytes, and the first bytes of its body. */
const begun = (path: string, offset: number, length: number, body: string) =>
  requestHead(patchParts(path, offset, '', { 'Content-Length': length })) + body

export const coreRequestRows: readonly Row[] = [
  {
    id: 'T11',
    level: 'MUST',
    statement: 'HEAD tells Upload-Offset, also when it is 0 and when the upload is complete',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      expect((await head(server, path)).header('upload-offset')).toBe('0')
      await patch(server, path, 0, 'hel')
      expect((await head(server, path)).header('upload-offset')).toBe('3')
      await patch(server, path, 3, 'lo')
      expect((await head(server, path)).header('upload-offset')).toBe('5')
    },
  },
  {
    id: 'T12',
    level: 'MUST',
    statement: 'HEAD tells Upload-Length when it is known',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      expect((await head(server, path)).header('upload-length')).toBe('5')
      await patch(server, path, 0, 'hello')
      expect((await head(server, path)).header('upload-length')).toBe('5')
    },
  },
  {
    id: 'T13',
    level: 'SHOULD',
    statement: 'HEAD of what is not there is 404, 410 or 403 without Upload-Offset',
    async check(server) {
      for (const target of [unknown, '/files/x', '/files/..%2f..%2fetc%2fpasswd', '/files/%00']) {
        const response = await head(server, target)
        expect.soft([403, 404, 410], target).toContain(response.status)
        expect.soft(response.header('upload-offset'), target).toBeNull()
      }
    },
  },
  {
    id: 'T14',
    level: 'SHOULD',
    statement: 'HEAD of an upload is 200 or 204',
    async check(server) {
      const unfinished = await createUpload(server, { length: 5 })
      const finished = await upload(server, 'hello')
      expect([200, 204]).toContain((await head(server, unfinished)).status)
      expect([200, 204]).toContain((await head(server, finished)).status)
    },
  },
  {
    id: 'T15',
    level: 'MUST',
    statement: 'the answer to HEAD carries Cache-Control: no-store',
    async check(server) {
      const unfinished = await createUpload(server, { length: 5 })
      const finished = await upload(server, 'hello')
      for (const path of [unfinished, finished]) {
        expect((await head(server, path)).header('cache-control')).toMatch(/\bno-store\b/)
      }
    },
  },
  {
    id: 'T16',
    level: 'SHOULD',
    statement: 'PATCH with another or no Content-Type is 415 and stores nothing',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      for (const type of ['application/octet-stream', 'text/plain', null, '']) {
        const response = await patch(server, path, 0, 'hello', { 'Content-Type': type })
        expect.soft(response.status, `Content-Type: ${type}`).toBe(415)
      }
      expect(await offsetOf(server, path)).toBe(0)
      // A media type is the same in any case (RFC 9110 §8.3.1).
      const type = 'Application/Offset+Octet-Stream'
      const response = await patch(server, path, 0, 'hello', { 'Content-Type': type })
      expect.soft(response.status, type).toBe(204)
    },
  },
  {
    id: 'T17',
    level: 'MUST',
    statement: 'PATCH at another offset is 409, tells the right one and changes nothing',
    async check(server) {
      const path = await createUpload(server, { length: 10 })
      await patch(server, path, 0, 'hello')
      for (const offset of [0, 4, 6, 10, 11]) {
        const response = await patch(server, path, offset, 'XXXXX')
        expect.soft(response.status, `at ${offset}`).toBe(409)
        // Not in tus 1.0.0, which leaves it open; it saves the client a HEAD.
        expect.soft(response.header('upload-offset'), `at ${offset}`).toBe('5')
      }
      await patch(server, path, 5, 'world')
      expect((await get(server, path)).text).toBe('helloworld')
      const finished = await patch(server, path, 5, 'XXXXX')
      expect(finished.status, 'of a finished upload').toBe(409)
      expect((await get(server, path)).text).toBe('helloworld')
      // "without modifying the upload resource": its length neither.
      const deferred = await createUpload(server, { length: null })
      await patch(server, deferred, 3, 'x', { 'Upload-Length': 10 })
      await patch(server, deferred, 0, 'x', { 'Upload-Length': 10, 'Content-Type': 'text/plain' })
      expect((await head(server, deferred)).header('upload-defer-length')).toBe('1')
    },
  },
  {
    id: 'T18',
    level: 'MUST',
    statement: 'a PATCH that succeeds is 204 with the new Upload-Offset',
    async check(server) {
      const path = await createUpload(server, { length: 14 })
      const first = await patch(server, path, 0, 'hello')
      expect([first.status, first.header('upload-offset')]).toEqual([204, '5'])
      const empty = await patch(server, path, 5, '')
      expect([empty.status, empty.header('upload-offset')], 'empty').toEqual([204, '5'])
      const chunked = await patch(server, path, 5, '3\r\n wo\r\n3;x=1\r\nrld\r\n0\r\n\r\n', {
        'Transfer-Encoding': 'chunked',
      })
      expect([chunked.status, chunked.header('upload-offset')], 'chunked').toEqual([204, '11'])
      const last = await patch(server, path, 11, '!!!')
      expect([last.status, last.header('upload-offset')]).toEqual([204, '14'])
      const atEnd = await patch(server, path, 14, '')
      expect([atEnd.status, atEnd.header('upload-offset')], 'empty, at the end').toEqual([
        204,
        '14',
      ])
      expect((await get(server, path)).text).toBe('hello world!!!')
      await pastTheLength(server)
    },
  },
  {
    id: 'T19',
    level: 'SHOULD',
    statement: 'PATCH of what is not there is 404',
    async check(server) {
      expect((await patch(server, unknown, 0, 'hello')).status).toBe(404)
    },
  },
  {
    id: 'T20',
    level: 'SHOULD',
    statement:
      'a body that stops coming is a time-out: the connection is closed, the bytes are kept',
    defects: ['D04'],
    async check(server) {
      const hasty = await server.under('--read-timeout', '500ms')
      const path = await createUpload(hasty, { length: 10 })
      const wire = await connect(hasty)
      await wire.send(begun(path, 0, 10, 'hello'))
      const response = await wire.response('PATCH')
      // Not 408, which tus clients take for a final refusal.
      expect.soft(response.status).toBe(503)
      expect.soft(response.header('retry-after')).toMatch(/^\d+$/)
      expect.soft(response.header('connection')).toBe('close')
      expect.soft(response.header('tus-resumable')).toBe('1.0.0')
      await wire.closed()
      wire.close()
      expect(await offsetOf(hasty, path)).toBe(5)
    },
  },
  {
    id: 'T21',
    level: 'SHOULD',
    statement: 'what arrived before the connection broke is stored, by FIN, RST or bad framing',
    async check(server) {
      const chunked = { 'Transfer-Encoding': 'chunked' }
      const heads = {
        'Content-Length': (path: string) => begun(path, 0, 100, 'hello'),
        chunked: (path: string) => `${requestHead(patchParts(path, 0, '', chunked))}64\r\nhello`,
      }
      for (const [framing, bytes] of Object.entries(heads)) {
        for (const end of ['fin', 'reset'] as const) {
          const path = await createUpload(server, { length: 100 })
          const wire = await connect(server)
          await wire.send(bytes(path))
          // An RST may overtake what the server has not read yet.
          await untilRead(wire, server)
          wire[end]()
          await until(`5 bytes of ${framing} kept after ${end}`, async () => {
            return (await offset(server, path)) === 5
          })
          wire.close()
          expect((await patch(server, path, 5, 'x'.repeat(95))).status, end).toBe(204)
          expect((await get(server, path)).text, end).toBe(`hello${'x'.repeat(95)}`)
        }
      }
      const path = await createUpload(server, { length: 100 })
      const broken = await patch(server, path, 0, '5\r\nhello\r\nno size\r\n', chunked)
      expect([broken.status, broken.header('connection')], 'no chunk').toEqual([400, 'close'])
      await until('5 bytes kept before it', async () => (await offset(server, path)) === 5)
    },
  },
  {
    id: 'T22',
    level: 'MUST',
    statement: 'OPTIONS is 200 or 204 with Tus-Version, whatever Tus-Resumable the request has',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      for (const version of [null, '1.0.0', '0.2.2', 'abc']) {
        for (const target of [endpoint, path]) {
          const response = await options(server, target, { 'Tus-Resumable': version })
          expect.soft([200, 204], `${target}, ${version}`).toContain(response.status)
          expect.soft(items(response), `${target}, ${version}`).toContain('1.0.0')
        }
      }
    },
  },
]

const items = (response: { header(name: string): string | null }) =>
  (response.header('tus-version') ?? '').split(/\s*,\s*/)

/** The offset, or `null` while HEAD has none to tell (423). */
async function offset(server: Subject, path: string): Promise<number | null> {
  const value = (await head(server, path)).header('upload-offset')
  return value === null ? null : Number(value)
}

/** Bytes beyond Upload-Length are never stored: none of a known length, at most the right ones of a chunked. */
async function pastTheLength(server: Subject): Promise<void> {
  const path = await createUpload(server, { length: 10 })
  expect((await patch(server, path, 0, 'x'.repeat(11))).status, 'past the length').toBe(413)
  expect(await offsetOf(server, path), 'past the length').toBe(0)
  const body = 'b\r\nhelloworld!\r\n0\r\n\r\n'
  const headers = { 'Transfer-Encoding': 'chunked' }
  expect((await patch(server, path, 0, body, headers)).status, 'chunked').toBe(413)
  const stored = await offsetOf(server, path)
  expect(stored, 'chunked').toBeLessThanOrEqual(10)
  if (stored < 10) await patch(server, path, stored, 'helloworld'.slice(stored))
  expect((await get(server, path)).text).toBe('helloworld')
}
