// tus 1.0.0, Creation With Upload and the early refusal of bodies: T35 to T38.
import { expect } from 'vitest'
import {
  type Creation,
  create,
  createUpload,
  creation,
  get,
  head,
  items,
  offsetOf,
  options,
  patchParts,
  pathOf,
  type RequestParts,
  requestHead,
} from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'

const expectation = { Expect: '100-continue' }

/** Sends a head that waits for 100 Continue; gives what the server says first. */
async function firstAnswer(server: { readonly port: number }, parts: RequestParts) {
  const wire = await connect(server)
  await wire.send(requestHead(parts))
  const response = await wire.next(parts.method)
  return { wire, response }
}

export const creationWithUploadRows: readonly Row[] = [
  {
    id: 'T35',
    level: 'MUST',
    statement: 'creation-with-upload is advertised, together with creation',
    async check(server) {
      const extensions = items((await options(server)).header('tus-extension'))
      expect(extensions).toContain('creation-with-upload')
      expect(extensions).toContain('creation')
    },
  },
  {
    id: 'T36',
    level: 'MUST',
    statement: 'its 201 tells the Upload-Offset after the accepted bytes',
    async check(server) {
      const cases: [string, Creation, string][] = [
        ['whole', { length: 5, body: 'hello' }, '5'],
        ['partial', { length: 10, body: 'hello' }, '5'],
        ['empty', { length: 5, body: '' }, '0'],
        ['of unknown length', { length: null, body: 'hello' }, '5'],
        [
          'chunked',
          {
            length: 5,
            body: '5\r\nhello\r\n0\r\n\r\n',
            headers: { 'Transfer-Encoding': 'chunked' },
          },
          '5',
        ],
      ]
      for (const [what, parts, offset] of cases) {
        const response = await create(server, parts)
        expect.soft(response.status, what).toBe(201)
        expect.soft(response.header('upload-offset'), what).toBe(offset)
        expect.soft(await offsetOf(server, pathOf(response)), what).toBe(Number(offset))
      }
      const whole = await createUpload(server, { length: 5, body: 'hello' })
      expect.soft((await get(server, whole)).text, 'whole: complete').toBe('hello')
      const tooMuch = await create(server, { length: 5, body: 'hello world' })
      expect.soft([400, 413], 'more than Upload-Length').toContain(tooMuch.status)
    },
  },
  {
    id: 'T37',
    level: 'SHOULD',
    statement: 'a body of another Content-Type is refused or not stored',
    async check(server) {
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', null]) {
        const response = await create(server, {
          length: 5,
          body: 'hello',
          headers: { 'Content-Type': type },
        })
        expect.soft([201, 400, 415], `${type}`).toContain(response.status)
        if (response.status === 201) {
          expect.soft(await offsetOf(server, pathOf(response)), `${type}`).toBe(0)
        }
      }
    },
  },
  {
    id: 'T38',
    level: 'SHOULD',
    statement: 'Expect: 100-continue gets a refusal without 100, and 100 when the body is welcome',
    defects: ['D36'],
    async check(server) {
      await refusedEarly(server)
      const path = await createUpload(server, { length: 5 })
      const patching = await firstAnswer(server, patchParts(path, 0, 'hello', expectation))
      expect.soft(patching.response.status, 'PATCH').toBe(100)
      await patching.wire.send('hello')
      expect.soft((await patching.wire.response('PATCH')).status, 'PATCH').toBe(204)
      patching.wire.close()
      const post = creation({ length: 5, body: 'hello', headers: expectation })
      const creating = await firstAnswer(server, post)
      expect.soft(creating.response.status, 'POST').toBe(100)
      await creating.wire.send('hello')
      expect.soft((await creating.wire.response('POST')).header('upload-offset')).toBe('5')
      creating.wire.close()
      // An expectation that the server does not know (RFC 9110 §10.1.1).
      const other = await firstAnswer(server, patchParts(path, 5, '', { Expect: 'a-miracle' }))
      expect.soft([204, 417], 'Expect: a-miracle').toContain(other.response.status)
      other.wire.close()
    },
  },
]

async function refusedEarly(server: Subject): Promise<void> {
  const limited = await server.under('--max-size', '1MiB')
  const path = await createUpload(server, { length: 10 })
  const at = (offset: number | string, headers = {}) =>
    patchParts(path, offset, 'x', { ...expectation, ...headers })
  const tooLong = { length: 2e6, body: 'x', headers: expectation }
  const cases: [string, number, RequestParts, { readonly port: number }][] = [
    ['another offset', 409, at(3), server],
    ['no offset', 400, at('abc'), server],
    ['no upload', 404, patchParts('/files/no-such-upload-0', 0, 'x', expectation), server],
    ['past the length', 413, patchParts(path, 0, 'x'.repeat(11), expectation), server],
    ['another type', 415, at(0, { 'Content-Type': 'text/plain' }), server],
    ['another version', 412, at(0, { 'Tus-Resumable': '0.2.2' }), server],
    ['POST without a length', 400, creation({ ...tooLong, length: 'abc' }), server],
    ['POST beyond the maximum', 413, creation(tooLong), limited],
  ]
  for (const [what, status, parts, to] of cases) {
    const { wire, response } = await firstAnswer(to, parts)
    expect.soft(response.status, `${what}: the first answer`).toBe(status)
    expect
      .soft((await wire.isSilent(20)) || wire.ending === 'fin', `${what}: the only one`)
      .toBe(true)
    wire.close()
  }
  expect.soft((await head(server, path)).header('upload-offset')).toBe('0')
}
