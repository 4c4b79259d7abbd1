// tus 1.0.0, Concatenation: T50 to T56.
import { expect } from 'vitest'
import {
  createUpload,
  endpoint,
  exchange,
  get,
  type Headers,
  head,
  items,
  metadata,
  offsetOf,
  options,
  patch,
  pathOf,
  type RequestParts,
  requestHead,
  type Target,
  tusHeaders,
} from '../../helpers/tus.ts'
import { connect, type WireResponse } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'

const partial = { 'Upload-Concat': 'partial' }

/** A partial upload that holds so much of `content`; its path. */
async function part(target: Target, content: string, sent = content.length): Promise<string> {
  const path = await createUpload(target, { length: content.length, headers: partial })
  if (sent > 0) await patch(target, path, 0, content.slice(0, sent))
  return path
}

/** The request that makes a final upload of parts. */
const concatenation = (header: string, headers: Headers = {}, body?: string): RequestParts => ({
  method: 'POST',
  target: endpoint,
  headers: tusHeaders({ 'Upload-Concat': header, ...headers }),
  ...(body === undefined ? {} : { body }),
})

const concatenate = (target: Target, urls: readonly string[], headers: Headers = {}) =>
  exchange(target, concatenation(`final;${urls.join(' ')}`, headers))

/** Offset and length as HEAD tells them; `null` for what it does not. */
async function standOf(target: Target, path: string): Promise<(string | null)[]> {
  const response = await head(target, path)
  return [response.header('upload-offset'), response.header('upload-length')]
}

export const concatenationRows: readonly Row[] = [
  {
    id: 'T50',
    level: 'MUST',
    statement: 'concatenation is advertised, and Upload-Concat that means nothing is 400',
    async check(server) {
      const extensions = items((await options(server)).header('tus-extension'))
      expect(extensions).toContain('concatenation')
      const whole = await part(server, 'hello')
      const plain = await createUpload(server, { length: 5, body: 'hello' })
      const final = pathOf(await concatenate(server, [whole]))
      const values = {
        'another word': 'whole',
        'upper case': 'Partial',
        'no parts': 'final',
        'an empty list': 'final;',
        'a part that never was': 'final;/files/no-such-upload-0123456789',
        'an upload that is no part': `final;${plain}`,
        'a final upload': `final;${final}`,
        'another host': `final;http://elsewhere.example${whole}`,
        'another path': `final;${whole.replace('/files/', '/other/')}`,
        'no URL': 'final;http://',
        'one part good, one bad': `final;${whole} /files/no-such-upload-0123456789`,
        'a list by commas': `final;${whole},${whole}`,
      }
      for (const [what, value] of Object.entries(values)) {
        const response = await exchange(server, concatenation(value))
        expect.soft([response.status, response.header('location')], what).toEqual([400, null])
      }
      const both = concatenation('partial', { 'Upload-Concat': ['partial', `final;${whole}`] })
      expect.soft((await exchange(server, both)).status, 'two headers').toBe(400)
    },
  },
  {
    id: 'T51',
    level: 'MUST',
    statement:
      'a final upload is its parts in their order, its length their sum; a part may be used again',
    async check(server) {
      const [hello, world] = [await part(server, 'hello'), await part(server, ' world')]
      const empty = await part(server, '')
      const big = 'x'.repeat(1_500_000)
      const large = await part(server, big)
      const cases: [string[], string][] = [
        [[hello, world], 'hello world'],
        [[world, hello], ' worldhello'],
        [[hello, hello, world, hello], 'hellohello worldhello'],
        [[hello], 'hello'],
        [[empty, hello, empty], 'hello'],
        [[large, hello, large], `${big}hello${big}`],
      ]
      for (const [paths, content] of cases) {
        const what = content.slice(0, 30)
        const response = await concatenate(server, paths)
        expect.soft(response.status, what).toBe(201)
        const final = pathOf(response)
        const length = `${content.length}`
        expect.soft(await standOf(server, final), what).toEqual([length, length])
        const download = await get(server, final)
        expect.soft(download.text === content, what).toBe(true)
        const middle = await get(server, final, { Range: 'bytes=3-7' })
        expect.soft(middle.text, `${what}, a range`).toBe(content.slice(3, 8))
      }
      const absolute = `http://127.0.0.1:${server.port}`
      const headers = { Host: `127.0.0.1:${server.port}` }
      const urls = [`${absolute}${hello}`, world]
      const final = pathOf(await concatenate(server, urls, headers))
      expect((await get(server, final)).text, 'absolute and relative').toBe('hello world')
    },
  },
  {
    id: 'T52',
    level: 'MUST NOT',
    statement: 'the creation of a final upload has no Upload-Length (400) and no bytes (403)',
    async check(server) {
      const path = await part(server, 'hello')
      for (const headers of [
        { 'Upload-Length': 5 },
        { 'Upload-Length': 0 },
        { 'Upload-Length': 'abc' },
        { 'Upload-Defer-Length': 1 },
      ]) {
        const response = await concatenate(server, [path], headers)
        const seen = [response.status, response.header('location')]
        expect.soft(seen, JSON.stringify(headers)).toEqual([400, null])
      }
      const octets = { 'Content-Type': 'application/offset+octet-stream' }
      const chunked = { ...octets, 'Transfer-Encoding': 'chunked' }
      const withBody = await exchange(server, concatenation(`final;${path}`, octets, 'hello'))
      expect.soft([withBody.status, withBody.header('location')]).toEqual([403, null])
      const body = '5\r\nhello\r\n0\r\n\r\n'
      const inChunks = await exchange(server, concatenation(`final;${path}`, chunked, body))
      expect.soft([inChunks.status, inChunks.header('location')], 'chunked').toEqual([403, null])
      const wire = await connect(server)
      const early = { ...octets, Expect: '100-continue' }
      await wire.send(requestHead(concatenation(`final;${path}`, early, 'hello')))
      expect.soft((await wire.next('POST')).status, 'early').toBe(403)
      wire.close()
      const noBytes = await exchange(server, concatenation(`final;${path}`, octets))
      expect(noBytes.status, 'the type of a body, and none').toBe(201)
      expect(await standOf(server, path), 'the part').toEqual(['5', '5'])
    },
  },
  {
    id: 'T53',
    level: 'MUST',
    statement:
      'parts that are not finished are refused, unless concatenation-unfinished is advertised',
    async check(server) {
      const extensions = items((await options(server)).header('tus-extension'))
      const paths = [await part(server, 'hello', 3), await part(server, ' world', 0)]
      const response = await concatenate(server, paths)
      if (!extensions.includes('concatenation-unfinished')) {
        expect(response.status).toBeGreaterThanOrEqual(400)
        return
      }
      const final = pathOf(response)
      expect(await standOf(server, final), 'begun').toEqual([null, '11'])
      expect((await get(server, final)).status, 'begun').toBe(404)
      await patch(server, paths[1] ?? '', 0, ' world')
      expect(await standOf(server, final), 'the second part').toEqual([null, '11'])
      await patch(server, paths[0] ?? '', 3, 'lo')
      expect(await standOf(server, final), 'both parts').toEqual(['11', '11'])
      expect((await get(server, final)).text).toBe('hello world')
      await unknownLength(server)
    },
  },
  {
    id: 'T54',
    level: 'SHALL NOT',
    statement: 'metadata of the parts is not that of the final upload, which has its own',
    async check(server) {
      const ofPart = metadata({ filename: 'part.bin', only: 'part' })
      const path = await createUpload(server, {
        length: 5,
        headers: partial,
        metadata: ofPart,
        body: 'hello',
      })
      expect((await head(server, path)).header('upload-metadata'), 'of the part').toBe(ofPart)
      const without = pathOf(await concatenate(server, [path]))
      expect((await head(server, without)).header('upload-metadata')).toBeNull()
      const own = metadata({ filename: 'final.bin', blob: Buffer.from([0xff, 0, 13]) })
      const named = pathOf(await concatenate(server, [path], { 'Upload-Metadata': own }))
      expect((await head(server, named)).header('upload-metadata')).toBe(own)
      const download = await get(server, named)
      expect(download.header('content-disposition')).toContain('final.bin')
      const broken = await concatenate(server, [path], { 'Upload-Metadata': 'a !!' })
      expect([broken.status, broken.header('location')], 'broken').toEqual([400, null])
    },
  },
  {
    id: 'T55',
    level: 'MUST',
    statement: 'PATCH of a final upload is 403, finished or not, and changes nothing',
    async check(server) {
      const [hello, world] = [await part(server, 'hello'), await part(server, ' world', 2)]
      const finals = [
        pathOf(await concatenate(server, [hello, hello])),
        pathOf(await concatenate(server, [hello, world])),
      ]
      const stands = [
        ['10', '10'],
        [null, '11'],
      ]
      for (const [index, final] of finals.entries()) {
        for (const response of await attempts(server, final)) {
          expect.soft(response.status).toBe(403)
          expect.soft(response.header('tus-resumable')).toBe('1.0.0')
        }
        expect.soft(await standOf(server, final)).toEqual(stands[index])
      }
      expect(await offsetOf(server, hello), 'the parts').toBe(5)
      expect(await offsetOf(server, world), 'the parts').toBe(2)
      expect((await patch(server, world, 2, 'orld')).status, 'the unfinished part').toBe(204)
      expect((await get(server, finals[0] ?? '')).text).toBe('hellohello')
      expect((await get(server, finals[1] ?? '')).text).toBe('hello world')
    },
  },
  {
    id: 'T56',
    level: 'MUST',
    statement: 'HEAD of parts and finals has Upload-Concat as received, of parts Upload-Offset too',
    async check(server) {
      const paths = [await part(server, 'hello', 2), await part(server, ' world')]
      for (const [index, path] of paths.entries()) {
        const response = await head(server, path)
        expect.soft(response.header('upload-concat')).toBe('partial')
        expect.soft(response.header('upload-offset')).toBe(['2', '6'][index])
      }
      const host = `127.0.0.1:${server.port}`
      const value = `final;http://${host}${paths[0]} /files/../files/${paths[1]?.slice(7)}?x=/y#z`
      const final = pathOf(await exchange(server, concatenation(value, { Host: host })))
      expect((await head(server, final)).header('upload-concat'), 'begun').toBe(value)
      await patch(server, paths[0] ?? '', 2, 'llo')
      expect((await head(server, final)).header('upload-concat'), 'finished').toBe(value)
      expect(await standOf(server, final)).toEqual(['11', '11'])
      const other = await createUpload(server, { length: 5 })
      expect((await head(server, other)).header('upload-concat'), 'another upload').toBeNull()
    },
  },
]

/** The length of a final upload is told as soon as all lengths are known, and not before. */
async function unknownLength(server: Subject): Promise<void> {
  const deferred = await createUpload(server, { length: null, headers: partial })
  const final = pathOf(await concatenate(server, [deferred, await part(server, 'world')]))
  expect(await standOf(server, final), 'unknown').toEqual([null, null])
  await patch(server, deferred, 0, 'he', { 'Upload-Length': 5 })
  expect(await standOf(server, final), 'declared').toEqual([null, '10'])
  await patch(server, deferred, 2, 'llo')
  expect(await standOf(server, final), 'finished').toEqual(['10', '10'])
  expect((await get(server, final)).text).toBe('helloworld')
}

/** PATCHes in every form, good and bad. */
function attempts(server: Subject, path: string): Promise<WireResponse[]> {
  return Promise.all([
    patch(server, path, 0, 'HELLO'),
    patch(server, path, 10, ''),
    patch(server, path, 11, 'x'),
    patch(server, path, 'abc', 'x'),
    patch(server, path, 0, 'x', { 'Content-Type': 'text/plain' }),
    patch(server, path, 0, 'x', { 'Upload-Length': 100 }),
    patch(server, path, 0, 'x', { 'Upload-Checksum': 'sha0 x' }),
    exchange(server, {
      method: 'POST',
      target: path,
      headers: tusHeaders({
        'X-HTTP-Method-Override': 'PATCH',
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': 0,
      }),
      body: 'HELLO',
    }),
  ])
}
