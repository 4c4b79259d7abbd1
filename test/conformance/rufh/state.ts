// draft-ietf-httpbis-resumable-upload, Upload Resource: offset, completeness, length: R01 to R09.
import { expect } from 'vitest'
import { exchange, get, type Headers } from '../../helpers/tus.ts'
import type { WireResponse } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'
import {
  append,
  appendParts,
  begin,
  create,
  offsetOf,
  problemIn,
  problemType,
  retrieve,
  startAppend,
  startCreation,
  upload,
} from './requests.ts'

/** No non-negative Integers of structured fields (RFC 9651 §3.3.1). */
const noIntegers = [
  'abc',
  '-1',
  '1.5',
  '3.0',
  '"3"',
  '+3',
  '3,3',
  '1e3',
  '?1',
  ':Aw==:',
  '0x3',
  '',
  '1'.repeat(16),
]

export const stateRows: readonly Row[] = [
  {
    id: 'R01',
    level: 'MUST NOT',
    statement: 'the offset decreases: by no answer, refused, cut off or not',
    async check(server) {
      const path = await begin(server, 'hel', { 'Upload-Length': 11 })
      const steps: (() => Promise<unknown>)[] = [
        () => append(server, path, 3, false, 'lo'),
        () => append(server, path, 0, false, 'HEL'),
        () =>
          append(server, path, 5, false, ' w', {
            'Content-Digest': `sha-256=:${'A'.repeat(43)}=:`,
          }),
        () => append(server, path, 5, false, ' wo', { 'Content-Type': 'text/plain' }),
        async () => (await startAppendAt(server, path, 5, ' w')).reset(),
        () => append(server, path, 1, true, 'x'),
      ]
      let before = 3
      for (const [index, step] of steps.entries()) {
        await step()
        const offset = await offsetOf(server, path)
        expect.soft(offset, `after step ${index}`).toBeGreaterThanOrEqual(before)
        before = offset
      }
      await append(server, path, before, true, 'hello world'.slice(before))
      expect((await get(server, path)).text).toBe('hello world')
    },
  },
  {
    id: 'R02',
    level: 'MUST',
    statement: 'an upload of which something was lost is not used further',
    reason:
      'Something is lost on the disk, which a client can’t see or cause. test/server/rufh-state.test.ts takes data and records away under a running service: such an upload is 410 from then on.',
  },
  {
    id: 'R03',
    level: 'MUST',
    statement: 'an Upload-Offset that is no non-negative Integer counts as absent',
    async check(server) {
      const path = await begin(server, 'abc')
      for (const value of noIntegers) {
        const response = await append(server, path, value, false, 'def')
        expect.soft(response.status, `Upload-Offset: ${value}`).toBe(400)
      }
      const twice = appendParts(path, null, false, 'def', { 'Upload-Offset': ['3', '3'] })
      expect.soft((await exchange(server, twice)).status, 'twice').toBe(400)
      expect(await offsetOf(server, path)).toBe(3)
      const withParameter = await append(server, path, '3;a=1.5', false, 'def')
      expect(withParameter.status, 'a parameter changes nothing').toBe(204)
      expect(await offsetOf(server, path)).toBe(6)
    },
  },
  {
    id: 'R04',
    level: 'MUST',
    statement: 'an Upload-Complete that is neither ?0 nor ?1 counts as absent',
    async check(server) {
      const path = await begin(server, 'abc')
      for (const value of ['1', '0', 'true', '"?1"', '?2', '?', '?1,?1', '??1', '']) {
        const appended = await append(server, path, 3, value, 'def')
        expect.soft(appended.status, `append, Upload-Complete: ${value}`).toBe(400)
        const created = await create(server, { complete: value, body: 'abc' })
        expect.soft(created.status, `creation, Upload-Complete: ${value}`).toBe(400)
        expect.soft(created.header('location'), value).toBeNull()
        expect.soft(created.interim, value).toEqual([])
      }
      const looked = await retrieve(server, path)
      expect(looked.header('upload-offset')).toBe('3')
      expect(looked.header('upload-complete')).toBe('?0')
    },
  },
  {
    id: 'R05',
    level: 'MUST',
    statement: 'nothing can be appended to a complete upload',
    async check(server) {
      const path = await upload(server, 'hello')
      const attempts: [number, boolean, string][] = [
        [5, false, 'x'],
        [5, true, 'x'],
        [0, true, 'HELLO'],
        [5, false, ''],
        [2, false, ''],
      ]
      for (const [offset, complete, body] of attempts) {
        const response = await append(server, path, offset, complete, body)
        const what = `${offset}, ${complete}, ${JSON.stringify(body)}`
        expect.soft(Math.floor(response.status / 100), what).toBe(4)
        expect.soft(problemIn(response), what).not.toBeNull()
      }
      expect((await get(server, path)).text).toBe('hello')
      expect((await retrieve(server, path)).header('upload-offset')).toBe('5')
    },
  },
  {
    id: 'R06',
    level: 'MUST',
    statement: 'an Upload-Length that is no non-negative Integer counts as absent',
    async check(server) {
      for (const value of noIntegers) {
        const headers = { 'Upload-Length': value }
        const path = await begin(server, 'abc', headers)
        const looked = await retrieve(server, path)
        expect.soft(looked.header('upload-length'), `creation, Upload-Length: ${value}`).toBeNull()
        const response = await append(server, path, 3, true, 'de', headers)
        expect.soft(response.status, `append, Upload-Length: ${value}`).toBe(201)
      }
    },
  },
  {
    id: 'R07',
    level: 'MUST',
    statement: 'the length is offset + Content-Length where Upload-Complete is ?1',
    async check(server) {
      const { wire, path } = await startCreation(server, 11, 'hel')
      wire.reset()
      expect((await retrieve(server, path)).header('upload-length')).toBe('11')
      const open = await begin(server, 'abc')
      expect((await retrieve(server, open)).header('upload-length')).toBeNull()
      const appending = await startAppendAt(server, open, 3)
      appending.reset()
      expect((await retrieve(server, open)).header('upload-length')).toBe('9')
    },
  },
  {
    id: 'R08',
    level: 'MUST',
    statement: 'what tells the length tells the same one, in a request and later, else 400',
    async check(server) {
      const refused = (response: WireResponse, what: string) => {
        expect.soft(response.status, what).toBe(400)
        expect.soft(problemIn(response)?.type, what).toBe(problemType('inconsistent-upload-length'))
      }
      const length = (value: number): Headers => ({ 'Upload-Length': value })
      for (const [complete, value] of [
        [true, 6],
        [true, 4],
        [false, 4],
      ] as const) {
        const parts = { complete, body: 'hello', headers: length(value) }
        const response = await create(server, parts)
        refused(response, `creation, ${complete}, ${value}`)
        expect.soft(response.header('location'), 'nothing is created').toBeNull()
      }
      const path = await begin(server, 'abc', length(9))
      refused(await append(server, path, 3, true, 'def', length(9)), 'ends before')
      refused(await append(server, path, 3, true, 'def'), 'ends before the known length')
      refused(await append(server, path, 3, false, 'def', length(8)), 'another length')
      refused(await append(server, path, 3, false, 'def', length(10)), 'another length')
      const looked = await retrieve(server, path)
      expect([looked.header('upload-offset'), looked.header('upload-length')]).toEqual(['3', '9'])
      expect((await append(server, path, 3, true, 'defghi', length(9))).status).toBe(201)
    },
  },
  {
    id: 'R09',
    level: 'MUST NOT',
    statement: 'offset = length alone makes an upload complete',
    async check(server) {
      const path = await begin(server, 'hello', { 'Upload-Length': 5 })
      const whole = await retrieve(server, path)
      expect(whole.header('upload-offset')).toBe('5')
      expect(whole.header('upload-complete')).toBe('?0')
      expect([204, 404], 'no download').toContain((await get(server, path)).status)
      const completed = await append(server, path, 5, true)
      expect(completed.status).toBe(201)
      expect(completed.header('upload-complete')).toBe('?1')
      expect((await get(server, path)).text).toBe('hello')
    },
  },
]

/** An append of 6 bytes that has sent two of them. */
async function startAppendAt(server: Subject, path: string, offset: number, first = 'xy') {
  return (await startAppend(server, path, offset, 6, first)).wire
}
