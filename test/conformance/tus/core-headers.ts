// tus 1.0.0, Core Protocol, Headers: T01 to T10.
import { expect } from 'vitest'
import {
  create,
  createUpload,
  endpoint,
  exchange,
  type Headers,
  head,
  items,
  metadata,
  offsetOf,
  options,
  patch,
  patchParts,
  type RequestParts,
  remove,
  tusHeaders,
  upload,
} from '../../helpers/tus.ts'
import { type Address, connect, type WireResponse } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'

const octets = { 'Content-Type': 'application/offset+octet-stream' }
const noUpload = '/files/no-such-upload-0123456789'

/** Values that are no non-negative integer (tus 1.0.0, Upload-Offset and Upload-Length). */
const notNonNegativeIntegers = ['-1', '1.5', 'abc', '1e3', '-0', '+1', '0x10', '', '1 2']

type Answer = readonly [what: string, status: number, response: WireResponse]

/** Requests that are refused, each with the status that it must get. */
async function refusedRequests(server: Subject): Promise<Answer[]> {
  const small = await server.under('--max-size', '1MiB')
  const path = await createUpload(server, { length: 10 })
  const send = async (
    what: string,
    status: number,
    parts: RequestParts,
    to: Address = server,
  ): Promise<Answer> => [what, status, await exchange(to, parts)]
  const tus = (method: string, target: string, headers: Headers = {}): RequestParts => ({
    method,
    target,
    headers: tusHeaders(headers),
  })
  return [
    await send('POST without a length', 400, tus('POST', endpoint)),
    await send('PATCH with a bad offset', 400, patchParts(path, 'abc', 'x')),
    await send('HEAD of nothing', 404, tus('HEAD', noUpload)),
    await send('PATCH of nothing', 404, patchParts(noUpload, 0, 'x')),
    await send('DELETE of nothing', 404, tus('DELETE', noUpload)),
    await send('PUT of an upload', 405, tus('PUT', path)),
    await send('PATCH at another offset', 409, patchParts(path, 3, 'x')),
    await send('PATCH without Tus-Resumable', 412, {
      ...patchParts(path, 0, 'x'),
      headers: { ...octets, 'Upload-Offset': 0 },
    }),
    await send('HEAD with another version', 412, tus('HEAD', path, { 'Tus-Resumable': '0.2.2' })),
    await send(
      'POST beyond the limit',
      413,
      tus('POST', endpoint, { 'Upload-Length': 2e6 }),
      small,
    ),
    await send('PATCH past the length', 413, patchParts(path, 0, 'x'.repeat(11))),
    await send('another type', 415, patchParts(path, 0, 'x', { 'Content-Type': 'text/plain' })),
    await send('a head too large', 431, tus('HEAD', path, { 'X-Long': 'x'.repeat(70_000) })),
  ]
}

export const coreHeaderRows: readonly Row[] = [
  {
    id: 'T01',
    level: 'MUST',
    statement: 'Upload-Offset is a non-negative integer, else 400',
    async check(server) {
      const path = await createUpload(server, { length: 100 })
      await patch(server, path, 0, 'hello')
      for (const value of [...notNonNegativeIntegers, '5, 5', '05x']) {
        const response = await patch(server, path, value, 'x')
        expect.soft(response.status, `Upload-Offset: ${value}`).toBe(400)
      }
      // A list is no integer, and two headers are a list (RFC 9110 §5.3).
      for (const values of [
        ['5', '5'],
        ['5', '0'],
      ]) {
        const response = await patch(server, path, 0, 'x', { 'Upload-Offset': values })
        expect.soft(response.status, `Upload-Offset twice: ${values}`).toBe(400)
      }
      const missing = await patch(server, path, 0, 'x', { 'Upload-Offset': null })
      expect.soft(missing.status, 'no Upload-Offset').toBe(400)
      // 2^53 + 1: a double holds it as 2^53. No number, or no offset of this upload.
      const huge = await patch(server, path, '9007199254740993', 'x')
      expect.soft([400, 409], 'Upload-Offset: 9007199254740993').toContain(huge.status)
      expect.soft(await offsetOf(server, path), 'nothing was stored').toBe(5)
      // Spaces around a value are no part of it (RFC 9110 §5.5).
      const spaced = await patch(server, path, ' 5 ', 'x')
      expect.soft(spaced.status, 'Upload-Offset: " 5 "').toBe(204)
    },
  },
  {
    id: 'T02',
    level: 'MUST',
    statement: 'Upload-Length is a non-negative integer, else 400',
    async check(server) {
      for (const value of notNonNegativeIntegers) {
        const response = await create(server, { length: value })
        expect.soft(response.status, `Upload-Length: ${value}`).toBe(400)
      }
      for (const values of [
        ['5', '5'],
        ['5', '6'],
      ]) {
        const response = await create(server, { length: 5, headers: { 'Upload-Length': values } })
        expect.soft(response.status, `Upload-Length twice: ${values}`).toBe(400)
      }
      // 2^53 + 1 can't be kept as it is: no number that the server takes, or too large for it.
      const huge = await create(server, { length: '9007199254740993' })
      expect.soft([400, 413], 'Upload-Length: 9007199254740993').toContain(huge.status)
      const spaced = await create(server, { length: ' 5 ' })
      expect.soft(spaced.status, 'Upload-Length: " 5 "').toBe(201)
      const path = await createUpload(server, { length: null })
      for (const value of notNonNegativeIntegers) {
        const response = await patch(server, path, 0, 'x', { 'Upload-Length': value })
        expect.soft(response.status, `PATCH with Upload-Length: ${value}`).toBe(400)
      }
      expect.soft(await offsetOf(server, path)).toBe(0)
    },
  },
  {
    id: 'T03',
    level: 'MUST',
    statement: 'Tus-Version is a comma-separated list, the preferred version first',
    async check(server) {
      const response = await options(server)
      expect(response.header('tus-version')).toMatch(/^\d+\.\d+\.\d+(,\s*\d+\.\d+\.\d+)*$/)
      expect(items(response.header('tus-version'))[0]).toBe('1.0.0')
    },
  },
  {
    id: 'T04',
    level: 'MUST',
    statement: 'Tus-Resumable is in every response but those to OPTIONS, errors among them',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      const answers: Answer[] = [
        ['POST', 201, await create(server, { length: 5 })],
        ['HEAD', 200, await head(server, path)],
        ['PATCH', 204, await patch(server, path, 0, 'hello')],
        ['DELETE', 204, await remove(server, path)],
        ...(await refusedRequests(server)),
      ]
      for (const [what, status, response] of answers) {
        expect.soft(response.status, what).toBe(status)
        expect.soft(response.header('tus-resumable'), `Tus-Resumable, ${what}`).toBe('1.0.0')
      }
    },
  },
  {
    id: 'T05',
    level: 'MUST',
    statement: 'a version that is not supported is answered with 412',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      for (const version of [null, '0.2.2', '2.0.0', '1.0', '1.0.0, 1.0.0', 'abc', '']) {
        const headers = { 'Tus-Resumable': version }
        const answers: [string, WireResponse][] = [
          ['POST', await create(server, { length: 5, headers })],
          ['PATCH', await patch(server, path, 0, 'hello', headers)],
        ]
        // Without one these two are requests of the other protocol: R24 and R38.
        if (version !== null) {
          answers.push(
            ['HEAD', await head(server, path, headers)],
            ['DELETE', await remove(server, path, headers)],
          )
        }
        for (const [method, response] of answers) {
          expect.soft(response.status, `${method}, Tus-Resumable: ${version}`).toBe(412)
        }
      }
    },
  },
  {
    id: 'T06',
    level: 'MUST',
    statement: 'that 412 carries Tus-Version',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      for (const version of [null, '0.2.2']) {
        const headers = { 'Tus-Resumable': version }
        const answers = [
          await create(server, { length: 5, headers }),
          await patch(server, path, 0, 'hello', headers),
        ]
        if (version !== null) {
          answers.push(await head(server, path, headers), await remove(server, path, headers))
        }
        for (const response of answers) {
          expect.soft(response.status).toBe(412)
          expect.soft(items(response.header('tus-version')), `${version}`).toContain('1.0.0')
        }
      }
    },
  },
  {
    id: 'T07',
    level: 'MUST NOT',
    statement: 'such a request is not processed: nothing is created, stored or deleted',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      const headers = { 'Tus-Resumable': '0.2.2' }
      const created = await create(server, { length: 5, headers })
      expect.soft(created.header('location')).toBeNull()
      await patch(server, path, 0, 'hello', headers)
      await remove(server, path, headers)
      expect(await offsetOf(server, path)).toBe(0)
    },
  },
  {
    id: 'T08',
    level: 'MUST',
    statement: 'Tus-Extension is a comma-separated list of what is supported, or left out',
    async check(server) {
      const value = (await options(server)).header('tus-extension')
      expect(value).toMatch(/^[a-z-]+(,\s*[a-z-]+)*$/)
      expect(new Set(items(value)).size).toBe(items(value).length)
    },
  },
  {
    id: 'T09',
    level: 'SHOULD',
    statement: 'Tus-Max-Size tells a hard limit, and only where there is one',
    async check(server) {
      const limited = await server.under('--max-size', '1MiB')
      expect.soft((await options(limited)).header('tus-max-size')).toBe('1048576')
      const unlimited = await server.under('--max-size', '0')
      expect.soft((await options(unlimited)).header('tus-max-size')).toBeNull()
    },
  },
  {
    id: 'T10',
    level: 'MUST',
    statement: 'X-HTTP-Method-Override is the method, whatever the request line says',
    async check(server) {
      const path = await createUpload(server, { length: 10, metadata: metadata({ filename: 'a' }) })
      // One connection: an answer framed for the wrong method would leave it out of step.
      const wire = await connect(server)
      const override = (method: string, as: string, headers: Headers = {}, body = '') =>
        exchange(wire, {
          method,
          target: path,
          headers: tusHeaders({ 'X-HTTP-Method-Override': as, ...headers }),
          body,
        })
      const append = { ...octets, 'Upload-Offset': 0 }
      const patched = await override('POST', 'PATCH', append, 'hello')
      expect.soft(patched.status, 'POST as PATCH').toBe(204)
      expect.soft(patched.header('upload-offset')).toBe('5')
      const looked = await override('POST', 'HEAD')
      expect.soft([200, 204], 'POST as HEAD').toContain(looked.status)
      expect.soft(looked.header('upload-offset')).toBe('5')
      const put = await override('PUT', 'PATCH', { ...append, 'Upload-Offset': 5 }, 'world')
      expect.soft(put.status, 'PUT as PATCH').toBe(204)
      const deleted = await override('POST', 'DELETE')
      expect.soft(deleted.status, 'POST as DELETE').toBe(204)
      wire.close()
      const gone = await head(server, path)
      expect.soft([404, 410], 'after POST as DELETE').toContain(gone.status)
      const other = await upload(server, 'kept')
      const refused = await exchange(server, {
        method: 'DELETE',
        target: other,
        headers: tusHeaders({ 'X-HTTP-Method-Override': 'HEAD' }),
      })
      expect.soft([200, 204], 'DELETE as HEAD').toContain(refused.status)
      expect.soft(await offsetOf(server, other), 'DELETE as HEAD deletes nothing').toBe(4)
    },
  },
]
