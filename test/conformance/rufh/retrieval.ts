// draft-ietf-httpbis-resumable-upload, Offset Retrieval: R24 to R26.
import { expect } from 'vitest'
import { exchange } from '../../helpers/tus.ts'
import type { Row } from '../row.ts'
import { append, begin, dictionary, retrieve, upload } from './requests.ts'

export const retrievalRows: readonly Row[] = [
  {
    id: 'R24',
    level: 'MUST',
    statement: 'HEAD and GET tell offset, completeness, limits, and the length if it is known',
    async check(server) {
      const known = await begin(server, 'hel', { 'Upload-Length': 5 })
      const unknown = await begin(server, 'hel')
      const finished = await upload(server, 'hello')
      const cases: [string, string, string, string | null][] = [
        [known, '3', '?0', '5'],
        [unknown, '3', '?0', null],
        [finished, '5', '?1', '5'],
      ]
      for (const [path, offset, complete, length] of cases) {
        for (const method of ['HEAD', 'GET']) {
          const response = await retrieve(server, path, {}, method)
          const what = `${method}, ${offset} of ${length}`
          expect.soft(Math.floor(response.status / 100), what).toBe(2)
          expect.soft(response.header('upload-offset'), what).toBe(offset)
          expect.soft(response.header('upload-complete'), what).toBe(complete)
          expect.soft(response.header('upload-length'), what).toBe(length)
          expect.soft(dictionary(response.header('upload-limit')), what).not.toBeNull()
        }
        // As a client of the RFC to be, which names no version.
        const plain = await exchange(server, { method: 'HEAD', target: path })
        expect.soft(plain.header('upload-offset'), 'without a version').toBe(offset)
      }
      const file = await retrieve(server, finished, {}, 'GET')
      expect([file.status, file.text], 'the file itself').toEqual([200, 'hello'])
    },
  },
  {
    id: 'R25',
    level: 'SHOULD',
    statement: 'no cache keeps the answer, nor gives it unasked once the upload is complete',
    async check(server) {
      const path = await begin(server, 'hel')
      for (const method of ['HEAD', 'GET']) {
        const response = await retrieve(server, path, {}, method)
        expect.soft(response.header('cache-control'), method).toBe('no-store')
      }
      await append(server, path, 3, true, 'lo')
      // That is a download as well, which may be kept as long as it is asked for again.
      const finished = await retrieve(server, path)
      expect(finished.header('cache-control')).toMatch(
        /no-store|no-cache|max-age=0, must-revalidate/,
      )
    },
  },
  {
    id: 'R26',
    level: 'SHOULD NOT',
    statement: 'HEAD is redirected by 301 or 302',
    async check(server) {
      const path = await begin(server, 'hel')
      for (const target of [path, `${path}/`, `${path}?x=1`, '/files', '/files/']) {
        const response = await retrieve(server, target)
        expect.soft(Math.floor(response.status / 100), target).not.toBe(3)
      }
    },
  },
]
