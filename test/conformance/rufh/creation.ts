// draft-ietf-httpbis-resumable-upload, Upload Creation: R15 to R23.
import { expect } from 'vitest'
import { sleep } from '../../helpers/process.ts'
import { get, pathOf, requestHead } from '../../helpers/tus.ts'
import { connect, type WireResponse } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'
import {
  append,
  create,
  creation,
  dictionary,
  offsetOf,
  retrieve,
  start,
  startCreation,
} from './requests.ts'

const isLocation = /^(https?:\/\/[^/]+)?\/files\/[\w-]+$/

export const creationRows: readonly Row[] = [
  {
    id: 'R15',
    level: 'MUST',
    statement: 'POST, PUT and PATCH with content begin an upload where Upload-Complete is there',
    async check(server) {
      for (const method of ['POST', 'PUT', 'PATCH']) {
        const whole = await create(server, { method, complete: true, body: 'hello' })
        expect.soft(whole.status, method).toBe(201)
        expect.soft((await get(server, pathOf(whole))).text, method).toBe('hello')
        const first = await create(server, { method, complete: false, body: 'hel' })
        expect.soft(first.status, method).toBe(201)
        await append(server, pathOf(first), 3, true, 'lo')
        expect.soft((await get(server, pathOf(first))).text, method).toBe('hello')
        const without = await create(server, { method, complete: null, body: 'hello' })
        expect.soft([without.status, without.header('location')], method).toEqual([400, null])
      }
    },
  },
  {
    id: 'R16',
    level: 'SHOULD',
    statement: '104 comes before the content, with Location and Upload-Limit',
    async check(server) {
      for (const complete of [true, false]) {
        const wire = await start(server, creation({ complete }), 5, '')
        const interim = await wire.next('POST')
        expect.soft(interim.status).toBe(104)
        expect.soft(interim.header('location')).toMatch(isLocation)
        expect.soft(dictionary(interim.header('upload-limit'))).not.toBeNull()
        await wire.send('hello')
        expect.soft((await wire.response('POST')).status).toBe(201)
        wire.close()
      }
    },
  },
  {
    id: 'R17',
    level: 'MUST',
    statement: 'a first part that is taken is 201 with Location and Upload-Limit',
    async check(server) {
      const response = await create(server, { complete: false, body: 'hel' })
      expect(response.status).toBe(201)
      expect(response.header('location')).toMatch(isLocation)
      expect(dictionary(response.header('upload-limit'))).not.toBeNull()
      expect(response.header('upload-complete')).toBe('?0')
      expect(response.header('upload-offset')).toBe('3')
    },
  },
  {
    id: 'R18',
    level: 'SHOULD',
    statement: 'the whole in one request is answered by its target: 201, with Upload-Complete: ?1',
    async check(server) {
      const response = await create(server, { complete: true, body: 'hello' })
      expect(response.status).toBe(201)
      expect(response.header('upload-complete')).toBe('?1')
      expect(response.header('upload-offset')).toBe('5')
      expect((await get(server, pathOf(response))).text).toBe('hello')
    },
  },
  {
    id: 'R19',
    level: 'MUST',
    statement: 'the length that a creation tells is kept',
    async check(server) {
      const declared = { 'Upload-Length': 9 }
      const part = pathOf(await create(server, { complete: false, body: 'abc', headers: declared }))
      expect((await retrieve(server, part)).header('upload-length')).toBe('9')
      const unknown = pathOf(await create(server, { complete: false, body: 'abc' }))
      expect((await retrieve(server, unknown)).header('upload-length')).toBeNull()
      const { wire, path } = await startCreation(server, 9, 'abc')
      wire.reset()
      expect((await retrieve(server, path)).header('upload-length')).toBe('9')
    },
  },
  {
    id: 'R20',
    level: 'MAY',
    statement:
      'while content comes, 104 tells the offset now and then: rising, not more than a few a second',
    async check(server) {
      const { answer, seconds, bytes } = await trickle(server)
      const told = answer.interim
        .map((one) => one.header('upload-offset'))
        .filter((it) => it !== null)
      expect(told.length).toBeGreaterThan(0)
      expect(told.length).toBeLessThanOrEqual(3 * seconds)
      const offsets = told.map(Number)
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
      expect(offsets.every((offset) => offset > 0 && offset <= bytes)).toBe(true)
      const short = await create(server, { complete: true, body: 'hello' })
      expect(short.interim.length, 'a short body: the first 104 alone').toBe(1)
    },
  },
  {
    id: 'R21',
    level: 'MUST',
    statement: 'all answers to a creation that have a Location have the same one',
    async check(server) {
      for (const complete of [true, false]) {
        const response = await create(server, { complete, body: 'hello' })
        const locations = [...response.interim, response].map((one) => one.header('location'))
        expect.soft(locations.length).toBe(2)
        expect.soft(new Set(locations).size).toBe(1)
        const refused = await create(server, {
          complete,
          body: 'hello',
          headers: { 'Content-Digest': `sha-256=:${'A'.repeat(43)}=:` },
        })
        expect.soft(refused.status).toBe(400)
        expect.soft(refused.header('location')).toBe(refused.interim[0]?.header('location'))
      }
    },
  },
  {
    id: 'R22',
    level: 'MUST',
    statement: 'a creation that is cut off keeps what came, and is not complete',
    async check(server) {
      for (const end of ['fin', 'reset'] as const) {
        const { wire, path } = await startCreation(server, 11, 'hello ')
        wire[end]()
        const looked = await retrieve(server, path)
        expect.soft(looked.header('upload-offset'), end).toBe('6')
        expect.soft(looked.header('upload-complete'), end).toBe('?0')
        wire.close()
        expect.soft((await append(server, path, 6, true, 'world')).status, end).toBe(201)
        expect.soft((await get(server, path)).text, end).toBe('hello world')
      }
    },
  },
  {
    id: 'R23',
    level: 'MAY',
    statement: 'content is empty: with ?0 to get the URL, with ?1 to upload nothing',
    async check(server) {
      const open = await create(server, { complete: false })
      expect.soft(open.status).toBe(201)
      expect.soft(await offsetOf(server, pathOf(open))).toBe(0)
      expect.soft((await append(server, pathOf(open), 0, true, 'hello')).status).toBe(201)
      const empty = await create(server, { complete: true })
      expect.soft([empty.status, empty.header('upload-complete')]).toEqual([201, '?1'])
      const file = await get(server, pathOf(empty))
      expect.soft([file.status, file.text]).toEqual([200, ''])
      const known = await create(server, { complete: false, headers: { 'Upload-Length': 0 } })
      expect.soft(known.header('upload-complete')).toBe('?0')
      const closed = await append(server, pathOf(known), 0, true)
      expect.soft([closed.status, closed.header('upload-complete')]).toEqual([201, '?1'])
    },
  },
]

/** A creation whose content comes in small pieces for a bit more than a second. */
async function trickle(server: {
  readonly port: number
}): Promise<{ answer: WireResponse; seconds: number; bytes: number }> {
  const pieces = 24
  const wire = await connect(server)
  const begun = Date.now()
  const parts = creation({ complete: true, headers: { 'Content-Length': pieces } })
  await wire.send(requestHead(parts))
  for (let sent = 0; sent < pieces; sent++) {
    await sleep(50)
    await wire.send('x')
  }
  const answer = await wire.response('POST')
  wire.close()
  return { answer, seconds: (Date.now() - begun) / 1000, bytes: pieces }
}
