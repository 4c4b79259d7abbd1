// draft-ietf-httpbis-resumable-upload, codings and Integrity Digests (RFC 9530): R46 to R49.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { get, pathOf } from '../../helpers/tus.ts'
import type { WireResponse } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'
import {
  append,
  begin,
  create,
  offsetOf,
  problemIn,
  problemType,
  retrieve,
  upload,
} from './requests.ts'

const digest = (hash: string, content: string | Uint8Array) =>
  `:${createHash(hash).update(content).digest('base64')}:`
const sha256 = (content: string | Uint8Array) => `sha-256=${digest('sha256', content)}`
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

export const integrityRows: readonly Row[] = [
  {
    id: 'R46',
    level: 'MUST',
    statement:
      'offsets count the bytes of the content coding, and not those of the transfer coding',
    async check(server) {
      const coded = gzipSync('hello '.repeat(1000))
      const headers = { 'Content-Encoding': 'gzip', 'Upload-Length': coded.length }
      const path = await begin(server, coded.subarray(0, 20), headers)
      expect(await offsetOf(server, path)).toBe(20)
      expect((await append(server, path, 20, true, coded.subarray(20))).status).toBe(201)
      expect((await get(server, path)).body.equals(coded), 'kept as it came').toBe(true)
      const chunked = { 'Transfer-Encoding': 'chunked' }
      const body = `${chunk('hello')}${chunk(' wor')}0\r\n\r\n`
      const other = await create(server, { complete: false, body, headers: chunked })
      expect(other.header('upload-offset')).toBe('9')
      const last = await append(server, pathOf(other), 9, true, `${chunk('ld')}0\r\n\r\n`, chunked)
      expect(last.header('upload-offset')).toBe('11')
      expect((await get(server, pathOf(other))).text).toBe('hello world')
    },
  },
  {
    id: 'R47',
    level: 'SHOULD',
    statement: 'a Repr-Digest that the whole does not match makes the upload fail',
    async check(server) {
      const headers = (content: string) => ({ 'Repr-Digest': sha256(content) })
      expect(
        (await create(server, { complete: true, body: 'hello', headers: headers('hello') })).status,
      ).toBe(201)
      const right = await begin(server, 'hel', headers('hello'))
      expect((await append(server, right, 3, true, 'lo')).status).toBe(201)
      expect((await get(server, right)).text).toBe('hello')
      const failed = (response: WireResponse, what: string) => {
        expect.soft(response.status, what).toBe(400)
        expect.soft(problemIn(response), what).toMatchObject({
          type: problemType('digest-mismatched-values'),
          'mismatched-digests': [{ algorithm: 'sha-256', header: 'Repr-Digest' }],
        })
      }
      failed(
        await create(server, { complete: true, body: 'HELLO', headers: headers('hello') }),
        'at once',
      )
      const wrong = await begin(server, 'hel', headers('hello'))
      failed(await append(server, wrong, 3, true, 'LO'), 'in two parts')
      for (const answer of [await retrieve(server, wrong), await get(server, wrong)]) {
        expect.soft([404, 410], 'not there afterwards').toContain(answer.status)
      }
      const short = await create(server, {
        complete: true,
        body: 'x',
        headers: { 'Repr-Digest': 'sha-256=:AAAA:' },
      })
      expect(problemIn(short)?.type, 'none that could be').toBe(
        problemType('digest-invalid-values'),
      )
      const unknown = { 'Repr-Digest': 'blake9=:AAAA:, broken' }
      const other = await create(server, { complete: true, body: 'x', headers: unknown })
      expect(other.status, 'what is not known or malformed is left alone').toBe(201)
    },
  },
  {
    id: 'R48',
    level: 'SHOULD',
    statement: 'Want-Repr-Digest is answered by Repr-Digest once the upload is complete',
    async check(server) {
      const content = 'hello world'
      const want = (value: string) => ({ 'Want-Repr-Digest': value })
      const whole = await create(server, {
        complete: true,
        body: content,
        headers: want('sha-256=1'),
      })
      expect(whole.header('repr-digest')).toBe(sha256(content))
      const asked = await begin(server, 'hello', want('sha-512=9, sha-256=3'))
      const last = await append(server, asked, 5, true, ' world')
      expect(last.header('repr-digest'), 'asked for at the creation').toContain(
        digest('sha512', content),
      )
      const path = await begin(server, 'hello')
      const told = await append(server, path, 5, true, ' world', want('sha-256=10'))
      expect(told.header('repr-digest'), 'asked for at the end').toBe(sha256(content))
      const file = await upload(server, content)
      for (const method of ['HEAD', 'GET']) {
        const response = await retrieve(server, file, want('sha-512=0, sha-256=2, x=9'), method)
        expect.soft(response.header('repr-digest'), method).toBe(sha256(content))
      }
      const none = await create(server, { complete: true, body: content, headers: want('x=9') })
      expect([none.status, none.header('repr-digest')]).toEqual([201, null])
    },
  },
  {
    id: 'R49',
    level: 'SHOULD',
    statement: 'content that its Content-Digest does not match is refused, and none of it appended',
    async check(server) {
      const path = await begin(server, 'abc')
      const large = 'x'.repeat(300_000)
      const wrong: [string, string][] = [
        ['def', sha256('DEF')],
        [large, sha256('def')],
        ['def', `${sha256('def')}, sha-512=${digest('sha512', 'DEF')}`],
      ]
      for (const [body, value] of wrong) {
        const response = await append(server, path, 3, false, body, { 'Content-Digest': value })
        expect.soft(response.status, value).toBe(400)
        expect.soft(problemIn(response)?.type).toBe(problemType('digest-mismatched-values'))
        expect.soft(response.header('upload-offset')).toBe('3')
      }
      expect(await offsetOf(server, path)).toBe(3)
      const right = { 'Content-Digest': `sha-512=${digest('sha512', 'def')}, unknown=:AA==:` }
      expect((await append(server, path, 3, false, 'def', right)).status).toBe(204)
      const trailer = { 'Transfer-Encoding': 'chunked', Trailer: 'Content-Digest' }
      const behind = (text: string, value: string) =>
        `${chunk(text)}0\r\nContent-Digest: ${value}\r\n\r\n`
      const late = await append(server, path, 6, false, behind('ghi', sha256('GHI')), trailer)
      expect([late.status, late.header('upload-offset')], 'behind the content').toEqual([400, '6'])
      const good = await append(server, path, 6, true, behind('ghi', sha256('ghi')), trailer)
      expect(good.status, 'behind the content').toBe(201)
      expect((await get(server, path)).text).toBe('abcdefghi')
      const creation = { complete: true, body: 'hello', headers: { 'Content-Digest': sha256('x') } }
      expect((await create(server, creation)).status, 'a creation').toBe(400)
    },
  },
]
