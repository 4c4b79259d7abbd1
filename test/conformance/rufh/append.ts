// draft-ietf-httpbis-resumable-upload, Upload Append: R27 to R37.
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { sleep } from '../../helpers/process.ts'
import { exchange, get, type Headers, requestHead } from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'
import {
  append,
  appendParts,
  begin,
  create,
  offsetOf,
  partialUpload,
  problemIn,
  problemType,
  retrieve,
  startAppend,
  upload,
} from './requests.ts'

const sha256 = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`

export const appendRows: readonly Row[] = [
  {
    id: 'R27',
    level: 'MUST',
    statement: 'PATCH with application/partial-upload appends; another type is 415',
    async check(server) {
      const path = await begin(server, 'a')
      const types = [
        null,
        'text/plain',
        'application/octet-stream',
        'application/offset+octet-stream',
      ]
      for (const type of types) {
        const response = await append(server, path, 1, false, 'x', { 'Content-Type': type })
        expect.soft(response.status, `${type}`).toBe(415)
        expect.soft(response.header('accept-patch'), `${type}`).toContain(partialUpload)
      }
      expect(await offsetOf(server, path)).toBe(1)
      for (const type of [partialUpload, 'Application/Partial-Upload; x=y']) {
        const offset = await offsetOf(server, path)
        const response = await append(server, path, offset, false, 'b', { 'Content-Type': type })
        expect.soft(response.status, type).toBe(204)
      }
      await append(server, path, 3, true)
      expect((await get(server, path)).text).toBe('abb')
    },
  },
  {
    id: 'R28',
    level: 'MUST',
    statement: 'an append without Upload-Offset or Upload-Complete is 400 and changes nothing',
    async check(server) {
      const path = await begin(server, 'abc')
      expect((await append(server, path, null, false, 'x')).status).toBe(400)
      expect((await append(server, path, 3, null, 'x')).status).toBe(400)
      expect((await append(server, path, null, null, 'x')).status).toBe(400)
      expect(await offsetOf(server, path)).toBe(3)
    },
  },
  {
    id: 'R29',
    level: 'MUST',
    statement: 'another offset is 409, with the right one and Upload-Complete: ?0',
    async check(server) {
      const path = await begin(server, 'abc', { 'Upload-Length': 9 })
      for (const offset of [0, 2, 4, 999]) {
        for (const complete of [true, false]) {
          const body = complete ? 'x'.repeat(Math.max(0, 9 - offset)) : 'x'
          const response = await append(server, path, offset, complete, body)
          expect.soft(response.status, `${offset}`).toBe(409)
          expect.soft(response.header('upload-offset'), `${offset}`).toBe('3')
          expect.soft(response.header('upload-complete'), `${offset}`).toBe('?0')
        }
      }
      expect(await offsetOf(server, path)).toBe(3)
    },
  },
  {
    id: 'R30',
    level: 'SHOULD',
    statement: 'that 409 is a problem with expected-offset and provided-offset',
    async check(server) {
      const path = await begin(server, 'abc')
      const problem = problemIn(await append(server, path, 7, false, 'x'))
      expect(problem).toMatchObject({
        type: problemType('mismatching-upload-offset'),
        status: 409,
        'expected-offset': 3,
        'provided-offset': 7,
      })
      expect(problem?.title).toEqual(expect.any(String))
    },
  },
  {
    id: 'R31',
    level: 'MUST',
    statement:
      'the answer to the last append has Upload-Complete: ?1, also when the file is refused',
    async check(server) {
      const path = await begin(server, 'hel')
      const response = await append(server, path, 3, true, 'lo')
      expect([response.status, response.header('upload-complete')]).toEqual([201, '?1'])
      const digest = { 'Repr-Digest': sha256('something else') }
      const wrong = await append(server, await begin(server, 'hel', digest), 3, true, 'lo')
      expect([wrong.status, wrong.header('upload-complete')]).toEqual([400, '?1'])
    },
  },
  {
    id: 'R32',
    level: 'MUST',
    statement: 'an append that is taken and not the last is 2xx with Upload-Complete: ?0',
    async check(server) {
      const path = await begin(server, '', { 'Upload-Length': 6 })
      for (const [offset, body] of [
        [0, 'abc'],
        [3, ''],
        [3, 'def'],
      ] as const) {
        const response = await append(server, path, offset, false, body)
        expect.soft(Math.floor(response.status / 100)).toBe(2)
        expect.soft(response.header('upload-complete')).toBe('?0')
        expect.soft(response.header('upload-offset')).toBe(String(offset + body.length))
      }
    },
  },
  {
    id: 'R33',
    level: 'SHOULD',
    statement:
      'an append that is cut off keeps what came from its beginning, and completes nothing',
    async check(server) {
      for (const end of ['fin', 'reset'] as const) {
        const path = await begin(server, 'hello')
        const { wire } = await startAppend(server, path, 5, 6, ' wo')
        wire[end]()
        const looked = await retrieve(server, path)
        expect.soft(looked.header('upload-offset'), end).toBe('8')
        expect.soft(looked.header('upload-complete'), end).toBe('?0')
        wire.close()
        await append(server, path, 8, true, 'rld')
        expect.soft((await get(server, path)).text, end).toBe('hello world')
      }
    },
  },
  {
    id: 'R34',
    level: 'MAY',
    statement: 'the empty end of an upload, sent again, is answered as the first time',
    async check(server) {
      const path = await begin(server, 'hello')
      const first = await append(server, path, 5, true)
      const again = await append(server, path, 5, true)
      for (const name of ['upload-complete', 'upload-offset', 'location']) {
        expect.soft(again.header(name), name).toBe(first.header(name))
      }
      expect(again.status).toBe(first.status)
      expect((await get(server, path)).text).toBe('hello')
    },
  },
  {
    id: 'R35',
    level: 'MUST',
    statement:
      'an upload that would become longer than its length is refused and from then on invalid',
    async check(server) {
      const chunked: [string, Headers] = [
        '8\r\nabcdefgh\r\n0\r\n\r\n',
        { 'Transfer-Encoding': 'chunked' },
      ]
      const attempts: [string, string, Headers][] = [
        ['Content-Length', 'abcdefgh', {}],
        ['chunked', ...chunked],
      ]
      for (const [what, body, headers] of attempts) {
        const path = await begin(server, 'abc', { 'Upload-Length': 9 })
        const response = await append(server, path, 3, false, body, headers)
        expect.soft(response.status, what).toBe(400)
        expect.soft(problemIn(response)?.type).toBe(problemType('inconsistent-upload-length'))
        for (const answer of [
          await retrieve(server, path),
          await append(server, path, 3, false, 'def'),
          await append(server, path, 9, true),
          await get(server, path),
        ]) {
          expect.soft([404, 410], `${what}: afterwards`).toContain(answer.status)
        }
      }
    },
  },
  {
    id: 'R36',
    level: 'SHOULD',
    statement: 'while an append comes, 104 tells the offset, and never a Location',
    async check(server) {
      const path = await begin(server, 'x'.repeat(5))
      const wire = await connect(server)
      const pieces = 24
      await wire.send(requestHead(appendParts(path, 5, true, '', { 'Content-Length': pieces })))
      for (let sent = 0; sent < pieces; sent++) {
        await sleep(50)
        await wire.send('x')
      }
      const { status, interim } = await wire.response('PATCH')
      wire.close()
      expect(status).toBe(201)
      expect(interim.length).toBeGreaterThan(0)
      for (const one of interim) {
        expect.soft(one.status).toBe(104)
        expect.soft(one.header('location')).toBeNull()
        expect.soft(Number(one.header('upload-offset'))).toBeGreaterThan(5)
      }
    },
  },
  {
    id: 'R37',
    level: 'SHOULD',
    statement: 'every answer to an append has Upload-Complete',
    async check(server) {
      const path = await begin(server, 'abc', { 'Upload-Length': 9 })
      const done = await upload(server, 'hello')
      const answers = [
        await append(server, path, 3, false, 'd'),
        await append(server, path, 3, false, 'd'),
        await append(server, path, null, false, 'd'),
        await append(server, path, 4, null, 'd'),
        await append(server, path, 4, false, 'd', { 'Content-Type': 'text/plain' }),
        await append(server, path, 4, false, 'd', { 'Upload-Length': 10 }),
        await append(server, path, 4, false, 'd', { 'Content-Digest': sha256('e') }),
        await append(server, path, 4, true, 'd'),
      ]
      for (const answer of answers) {
        expect.soft(answer.header('upload-complete'), `${answer.status} ${answer.text}`).toBe('?0')
      }
      const last = await exchange(server, appendParts(path, 4, true, 'efghi'))
      expect(last.header('upload-complete')).toBe('?1')
      expect((await append(server, done, 5, true, 'x')).header('upload-complete')).toBe('?1')
      const whole = await create(server, { complete: true, body: 'x' })
      expect(whole.header('upload-complete')).toBe('?1')
    },
  },
]
