// tus 1.0.0, Creation: T23 to T29, T33 and T34.
import { expect } from 'vitest'
import {
  create,
  createUpload,
  creation,
  endpoint,
  exchange,
  get,
  head,
  items,
  offsetOf,
  options,
  patch,
  pathOf,
  tusHeaders,
} from '../../helpers/tus.ts'
import type { Row } from '../row.ts'

export const creationRows: readonly Row[] = [
  {
    id: 'T23',
    level: 'MUST',
    statement: 'creation is advertised, for it is supported',
    async check(server) {
      expect(items((await options(server)).header('tus-extension'))).toContain('creation')
      expect((await create(server, { length: 5 })).status).toBe(201)
    },
  },
  {
    id: 'T24',
    level: 'MUST',
    statement: 'POST has exactly one of Upload-Length and Upload-Defer-Length, else 400',
    async check(server) {
      const post = (headers: Record<string, number>) =>
        exchange(server, { method: 'POST', target: endpoint, headers: tusHeaders(headers) })
      expect.soft((await post({})).status, 'neither').toBe(400)
      const both = await post({ 'Upload-Length': 5, 'Upload-Defer-Length': 1 })
      expect.soft(both.status, 'both').toBe(400)
      expect.soft((await post({ 'Upload-Length': 5 })).status, 'a length').toBe(201)
      expect.soft((await post({ 'Upload-Defer-Length': 1 })).status, 'deferred').toBe(201)
    },
  },
  {
    id: 'T25',
    level: 'SHOULD',
    statement: 'Upload-Defer-Length other than 1 is 400',
    async check(server) {
      for (const value of ['0', '2', 'true', '', '01', '1.0', '-1']) {
        const response = await create(server, {
          length: null,
          headers: { 'Upload-Defer-Length': value },
        })
        expect.soft(response.status, `Upload-Defer-Length: ${value}`).toBe(400)
      }
    },
  },
  {
    id: 'T26',
    level: 'MUST',
    statement: 'HEAD has Upload-Defer-Length: 1 while the length is unknown, never afterwards',
    async check(server) {
      const path = await createUpload(server, { length: null })
      const before = await head(server, path)
      expect(before.header('upload-defer-length')).toBe('1')
      expect(before.header('upload-length')).toBeNull()
      expect((await patch(server, path, 0, 'hel')).header('upload-offset')).toBe('3')
      expect((await head(server, path)).header('upload-defer-length')).toBe('1')
      const last = await patch(server, path, 3, 'lo', { 'Upload-Length': 10 })
      expect(last.status).toBe(204)
      const after = await head(server, path)
      expect(after.header('upload-defer-length')).toBeNull()
      expect(after.header('upload-length')).toBe('10')
      const known = await head(server, await createUpload(server, { length: 5 }))
      expect(known.header('upload-defer-length')).toBeNull()
    },
  },
  {
    id: 'T27',
    level: 'MUST NOT',
    statement: 'the length does not change once it is set; the same one again is harmless',
    defects: ['D34'],
    async check(server) {
      for (const declared of [false, true]) {
        const path = await createUpload(server, { length: declared ? null : 10 })
        if (declared) await patch(server, path, 0, '', { 'Upload-Length': 10 })
        for (const length of [9, 11, 0]) {
          const response = await patch(server, path, 0, 'x', { 'Upload-Length': length })
          expect.soft(response.status, `Upload-Length: ${length}`).toBe(400)
        }
        expect.soft((await head(server, path)).header('upload-length')).toBe('10')
        expect.soft(await offsetOf(server, path)).toBe(0)
        // A client whose first answer was lost sends it again.
        const again = await patch(server, path, 0, 'hello', { 'Upload-Length': 10 })
        expect.soft(again.status, 'the same length').toBe(204)
      }
      const short = await createUpload(server, { length: null })
      await patch(server, short, 0, 'hello')
      const below = await patch(server, short, 5, '', { 'Upload-Length': 4 })
      expect.soft(below.status, 'a length below the offset').toBe(400)
      expect.soft((await head(server, short)).header('upload-defer-length')).toBe('1')
    },
  },
  {
    id: 'T28',
    level: 'MUST',
    statement: 'creation-defer-length is advertised, and such an upload can be finished',
    async check(server) {
      const extensions = items((await options(server)).header('tus-extension'))
      expect(extensions).toContain('creation-defer-length')
      const withBytes = await createUpload(server, { length: null })
      await patch(server, withBytes, 0, 'hel')
      await patch(server, withBytes, 3, 'lo', { 'Upload-Length': 5 })
      expect((await get(server, withBytes)).text).toBe('hello')
      const withoutBytes = await createUpload(server, { length: null })
      await patch(server, withoutBytes, 0, 'hello')
      const declared = await patch(server, withoutBytes, 5, '', { 'Upload-Length': 5 })
      expect([declared.status, declared.header('upload-offset')]).toEqual([204, '5'])
      expect((await get(server, withoutBytes)).text, 'declared at the end').toBe('hello')
    },
  },
  {
    id: 'T29',
    level: 'MAY',
    statement: 'an upload of length 0 is complete at once',
    async check(server) {
      const path = await createUpload(server, { length: 0 })
      const response = await head(server, path)
      expect(response.header('upload-offset')).toBe('0')
      expect(response.header('upload-length')).toBe('0')
      const content = await get(server, path)
      expect([content.status, content.text]).toEqual([200, ''])
    },
  },
  {
    id: 'T33',
    level: 'MUST',
    statement: 'a length beyond the maximum is 413, at creation, declared later or not declared',
    async check(server) {
      const limited = await server.under('--max-size', '1MiB')
      expect.soft((await create(limited, { length: 2 ** 20 })).status, 'the maximum').toBe(201)
      const created = await create(limited, { length: 2 ** 20 + 1 })
      expect.soft(created.status, 'one more').toBe(413)
      expect.soft(created.header('location')).toBeNull()
      const path = await createUpload(limited, { length: null })
      const declared = await patch(limited, path, 0, '', { 'Upload-Length': 2 ** 20 + 1 })
      expect.soft(declared.status, 'declared by PATCH').toBe(413)
      const body = Buffer.alloc(2 ** 20 + 1)
      expect.soft((await patch(limited, path, 0, body)).status, 'never declared').toBe(413)
      expect.soft(await offsetOf(limited, path)).toBeLessThanOrEqual(2 ** 20)
    },
  },
  {
    id: 'T34',
    level: 'MUST',
    statement: 'a creation is 201 with the Location of the new upload',
    async check(server) {
      const response = await create(server, { length: 5 })
      expect(response.status).toBe(201)
      expect(response.header('location')).not.toBeNull()
      const path = pathOf(response)
      expect((await head(server, path)).header('upload-offset')).toBe('0')
      expect(pathOf(await create(server, { length: 5 })), 'another upload').not.toBe(path)
      // tus clients are commonly given the endpoint with a slash.
      const slash = { ...creation({ length: 5 }), target: `${endpoint}/` }
      expect((await exchange(server, slash)).status, 'with a slash').toBe(201)
    },
  },
]
