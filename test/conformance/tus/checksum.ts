// tus 1.0.0, Checksum: T43 to T48.
import { expect } from 'vitest'
import { checksumOf, chunkedBody, trailerHeaders } from '../../helpers/checksum.ts'
import { until } from '../../helpers/process.ts'
import {
  create,
  createUpload,
  get,
  type Headers,
  head,
  items,
  offsetOf,
  options,
  patch,
  patchParts,
  pathOf,
  requestHead,
} from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'

const algorithms = ['sha1', 'sha256', 'sha512', 'md5', 'crc32']

/** Values that are no checksum: of an algorithm that is not there, or no Base64 of its bytes. */
const unusable = {
  'unknown algorithm': checksumOf('sha1', 'hello').replace('sha1', 'sha0'),
  'algorithm in upper case': checksumOf('sha1', 'hello').replace('sha1', 'SHA1'),
  'no algorithm': checksumOf('sha1', 'hello').slice(5),
  'no digest': 'sha1',
  'digest of another length': checksumOf('md5', 'hello').replace('md5', 'sha1'),
  'no Base64': 'sha1 !!!!!!!!!!!!!!!!!!!!!!!!!!!=',
  'hexadecimal digest': 'sha1 aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d',
  'no padding': checksumOf('sha1', 'hello').replace(/=+$/, ''),
  'two checksums': `${checksumOf('sha1', 'hello')} ${checksumOf('md5', 'hello')}`,
  empty: '',
}

const wrong = (algorithm: string) => checksumOf(algorithm, 'another body')

export const checksumRows: readonly Row[] = [
  {
    id: 'T43',
    level: 'MUST',
    statement: 'checksum is advertised, and Tus-Checksum-Algorithm tells what is taken, with sha1',
    async check(server) {
      const response = await options(server)
      expect(items(response.header('tus-extension'))).toContain('checksum')
      const value = response.header('tus-checksum-algorithm')
      expect(value).toMatch(/^[a-z0-9-]+(,\s*[a-z0-9-]+)*$/)
      expect(items(value)).toContain('sha1')
      expect(items(value).toSorted()).toEqual(algorithms.toSorted())
      expect((await options(server)).header('tus-checksum-algorithm'), 'stable').toBe(value)
    },
  },
  {
    id: 'T44',
    level: 'MUST',
    statement: 'a checksum that can’t be checked is 400, before the body, and nothing is stored',
    async check(server) {
      const path = await createUpload(server, { length: 5 })
      for (const [what, value] of Object.entries(unusable)) {
        const headers = { 'Upload-Checksum': value }
        const response = await patch(server, path, 0, 'hello', headers)
        expect.soft(response.status, what).toBe(400)
        const chunked = { ...headers, 'Transfer-Encoding': 'chunked' }
        const other = await patch(server, path, 0, chunkedBody('hello'), chunked)
        expect.soft(other.status, `${what}, chunked`).toBe(400)
        const created = await create(server, { length: 5, body: 'hello', headers })
        expect.soft(created.status, `${what}, in a creation`).toBe(400)
        expect.soft(created.header('location'), what).toBeNull()
        expect.soft(await firstStatus(server, path, headers), `${what}, early`).toBe(400)
      }
      const twice = [checksumOf('sha1', 'hello'), checksumOf('sha1', 'hello')]
      const response = await patch(server, path, 0, 'hello', { 'Upload-Checksum': twice })
      expect.soft(response.status, 'two headers').toBe(400)
      expect(await offsetOf(server, path)).toBe(0)
    },
  },
  {
    id: 'T45',
    level: 'MUST',
    statement: 'a body that doesn’t match is 460 and discarded, at any size',
    async check(server) {
      for (const algorithm of algorithms) {
        for (const size of [1, 5, 65_537, 3_000_000]) await mismatch(server, algorithm, size)
      }
      const empty = await createUpload(server, { length: 5 })
      const response = await patch(server, empty, 0, '', { 'Upload-Checksum': wrong('sha1') })
      expect.soft(response.status, 'no body').toBe(460)
      const created = await create(server, {
        length: 5,
        body: 'hello',
        headers: { 'Upload-Checksum': wrong('sha1') },
      })
      expect.soft(created.status, 'in a creation').toBe(460)
      expect.soft(created.header('location'), 'in a creation').toBeNull()
      await lengthUndeclared(server)
      await uncountedUntilChecked(server)
    },
  },
  {
    id: 'T46',
    level: 'MUST',
    statement: 'a body that matches is 204 and stored',
    async check(server) {
      for (const algorithm of algorithms) {
        const parts = ['hello', '', ' ', 'w'.repeat(200_000), 'orld']
        const content = parts.join('')
        const path = await createUpload(server, { length: content.length })
        let offset = 0
        for (const part of parts) {
          const headers = { 'Upload-Checksum': checksumOf(algorithm, part) }
          const response = await patch(server, path, offset, part, headers)
          offset += part.length
          const seen = [response.status, response.header('upload-offset')]
          expect.soft(seen, `${algorithm}, to ${offset}`).toEqual([204, `${offset}`])
        }
        expect.soft((await get(server, path)).text === content, algorithm).toBe(true)
        const chunked = await createUpload(server, { length: 5 })
        const response = await patch(server, chunked, 0, chunkedBody('hello'), {
          'Upload-Checksum': checksumOf(algorithm, 'hello'),
          'Transfer-Encoding': 'chunked',
        })
        expect.soft(response.status, `${algorithm}, chunked`).toBe(204)
        const created = await create(server, {
          length: 5,
          body: 'hello',
          headers: { 'Upload-Checksum': checksumOf(algorithm, 'hello') },
        })
        expect.soft(created.header('upload-offset'), `${algorithm}, in a creation`).toBe('5')
        expect.soft((await get(server, pathOf(created))).text, algorithm).toBe('hello')
      }
      // The example of the specification.
      const path = await createUpload(server, { length: 11 })
      const response = await patch(server, path, 0, 'hello world', {
        'Upload-Checksum': 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=',
      })
      expect([response.status, response.header('upload-offset')]).toEqual([204, '11'])
      await mixed(server)
    },
  },
  {
    id: 'T47',
    level: 'MUST',
    statement: 'the names are lower-case ASCII, and the header is a name, a space and Base64',
    async check(server) {
      const names = items((await options(server)).header('tus-checksum-algorithm'))
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) {
        expect.soft(name).toMatch(/^[!-@[-~]+$/)
        const path = await createUpload(server, { length: 5 })
        const right = checksumOf(name, 'hello')
        for (const value of [right.toUpperCase(), right.replace(' ', '  '), `${right},`]) {
          const response = await patch(server, path, 0, 'hello', { 'Upload-Checksum': value })
          expect.soft(response.status, value).toBe(400)
        }
        // Spaces around a value are no part of it (RFC 9110 §5.5), and names of headers have no case.
        const response = await patch(server, path, 0, 'hello', { 'uPLOAD-cHECKSUM': ` ${right} ` })
        expect.soft(response.status, right).toBe(204)
      }
    },
  },
  {
    id: 'T48',
    level: 'MUST',
    statement:
      'checksum-trailer is advertised, and a checksum behind the body is as good as before it',
    async check(server) {
      const extensions = items((await options(server)).header('tus-extension'))
      expect(extensions).toContain('checksum-trailer')
      for (const algorithm of algorithms) await trailing(server, algorithm)
      await unusableTrailers(server)
      const created = await create(server, {
        length: 5,
        body: chunkedBody('hello', `Upload-Checksum: ${checksumOf('sha256', 'hello')}`),
        headers: trailerHeaders,
      })
      expect.soft(created.header('upload-offset'), 'in a creation').toBe('5')
      const path = await createUpload(server, { length: 5 })
      // What can't come is refused at once.
      const unchunked = { Trailer: 'Upload-Checksum' }
      expect.soft((await patch(server, path, 0, 'hello', unchunked)).status, 'plain body').toBe(400)
      expect.soft(await firstStatus(server, path, unchunked), 'plain body, early').toBe(400)
      const both = { ...trailerHeaders, 'Upload-Checksum': checksumOf('sha1', 'hello') }
      const body = chunkedBody('hello', `Upload-Checksum: ${checksumOf('sha1', 'hello')}`)
      expect.soft((await patch(server, path, 0, body, both)).status, 'header and trailer').toBe(400)
      expect(await offsetOf(server, path)).toBe(0)
      // "They MUST be announced": what was not is no checksum, since the bytes count when it comes.
      const unannounced = await patch(
        server,
        path,
        0,
        chunkedBody('hello', `Upload-Checksum: ${wrong('sha1')}`),
        { 'Transfer-Encoding': 'chunked' },
      )
      expect.soft(unannounced.status, 'not announced').toBe(204)
    },
  },
]

/** The status of what the server says first to a body that waits for 100 Continue. */
async function firstStatus(server: Subject, path: string, headers: Headers): Promise<number> {
  const wire = await connect(server)
  const parts = patchParts(path, 0, 'hello', { Expect: '100-continue', ...headers })
  await wire.send(requestHead(parts))
  const { status } = await wire.next('PATCH')
  wire.close()
  return status
}

/** Two chunks: the wrong one in each place, then the right one. Nothing of the wrong one may be left. */
async function mismatch(server: Subject, algorithm: string, size: number): Promise<void> {
  const what = `${algorithm}, ${size} bytes`
  const chunks = [Buffer.alloc(size, 'a'), Buffer.alloc(size, 'b')]
  const path = await createUpload(server, { length: 2 * size })
  const wire = await connect(server)
  for (const [index, chunk] of chunks.entries()) {
    const offset = index * size
    const headers = { 'Upload-Checksum': checksumOf(algorithm, chunk) }
    const damaged = Buffer.from(chunk)
    damaged[size - 1] = 0x78
    const response = await patch(wire, path, offset, damaged, headers)
    expect.soft(response.status, what).toBe(460)
    expect.soft(response.reason, what).toBe('Checksum Mismatch')
    expect.soft(response.header('tus-resumable'), what).toBe('1.0.0')
    expect.soft(await offsetOf(wire, path), what).toBe(offset)
    expect.soft((await get(server, path)).status, `${what}: not finished`).toBe(404)
    const again = await patch(wire, path, offset, chunk, headers)
    expect.soft(again.status, `${what}: sent again`).toBe(204)
  }
  wire.close()
  const content = await get(server, path)
  expect.soft(content.body.equals(Buffer.concat(chunks)), what).toBe(true)
}

/** "The upload and its offset MUST NOT be updated": the length that such a PATCH declares is not either. */
async function lengthUndeclared(server: Subject): Promise<void> {
  const path = await createUpload(server, { length: null })
  const declare = (sum: string, length: number, body = 'hello') =>
    patch(server, path, 0, body, { 'Upload-Checksum': sum, 'Upload-Length': length })
  expect.soft((await declare(wrong('md5'), 100)).status, 'with a length').toBe(460)
  expect.soft((await head(server, path)).header('upload-defer-length')).toBe('1')
  const right = checksumOf('md5', 'hello')
  expect.soft((await declare(right, 4)).status, 'beyond the declared length').toBe(413)
  const chunked = { 'Transfer-Encoding': 'chunked', 'Upload-Checksum': right, 'Upload-Length': 4 }
  const beyond = await patch(server, path, 0, chunkedBody('hello'), chunked)
  expect.soft(beyond.status, 'beyond the declared length, chunked').toBe(413)
  expect.soft((await head(server, path)).header('upload-defer-length')).toBe('1')
  expect.soft((await declare(right, 5)).status, 'the right one').toBe(204)
  expect.soft((await get(server, path)).text).toBe('hello')
}

/** A checked body counts as a whole or not at all: not while it comes, and not when it is cut. */
async function uncountedUntilChecked(server: Subject): Promise<void> {
  const path = await createUpload(server, { length: 10 })
  const headers = { 'Upload-Checksum': checksumOf('sha256', 'helloworld') }
  const wire = await connect(server)
  await wire.send(requestHead(patchParts(path, 0, '', { ...headers, 'Content-Length': 10 })))
  await wire.send('hello')
  expect.soft(await offsetOf(server, path), 'half of it came').toBe(0)
  wire.reset()
  await until('the writer is gone', async () => {
    const response = await patch(server, path, 0, 'helloworld', headers)
    return response.status === 204 || (response.status !== 423 && response.status !== 409)
  })
  expect.soft((await get(server, path)).text, 'after a cut').toBe('helloworld')
  const cut = await createUpload(server, { length: 10 })
  const other = await connect(server)
  await other.send(requestHead(patchParts(cut, 0, '', { ...headers, 'Content-Length': 10 })))
  await other.send('hello')
  other.fin()
  await other.closed().catch(() => undefined)
  other.close()
  expect.soft(await offsetOf(server, cut), 'cut').toBe(0)
}

/** Chunks with and without a checksum follow each other in one upload. */
async function mixed(server: Subject): Promise<void> {
  const path = await createUpload(server, { length: 15 })
  const sha1 = { 'Upload-Checksum': checksumOf('sha1', 'world') }
  expect((await patch(server, path, 0, 'hello')).status).toBe(204)
  expect((await patch(server, path, 5, 'WORLD', sha1)).status).toBe(460)
  expect((await patch(server, path, 5, 'world', sha1)).status).toBe(204)
  expect((await patch(server, path, 10, 'again')).status).toBe(204)
  expect((await get(server, path)).text).toBe('helloworldagain')
}

async function trailing(server: Subject, algorithm: string): Promise<void> {
  for (const size of [0, 5, 300_000]) {
    const what = `${algorithm}, ${size} bytes`
    const content = Buffer.alloc(size, 'z')
    const path = await createUpload(server, { length: size + 1 })
    const send = (...trailers: string[]) =>
      patch(server, path, 0, chunkedBody(content, ...trailers), trailerHeaders)
    const mismatched = await send(`Upload-Checksum: ${wrong(algorithm)}`)
    expect.soft(mismatched.status, `${what}: wrong`).toBe(460)
    expect.soft(await offsetOf(server, path), `${what}: wrong`).toBe(0)
    const matched = await send('X-Other: 1', `upload-checksum: ${checksumOf(algorithm, content)}`)
    const seen = [matched.status, matched.header('upload-offset')]
    expect.soft(seen, `${what}: right`).toEqual([204, `${size}`])
    await patch(server, path, size, '.')
    expect.soft((await get(server, path)).text === `${content}.`, what).toBe(true)
  }
}

/** It was promised, so without it, or with one that can't be read, the body doesn't count. */
async function unusableTrailers(server: Subject): Promise<void> {
  const path = await createUpload(server, { length: 5 })
  const right = `Upload-Checksum: ${checksumOf('sha1', 'hello')}`
  const cases = [[], ['X-Other: 1'], [right, right]]
  for (const value of Object.values(unusable)) cases.push([`Upload-Checksum: ${value}`])
  for (const trailers of cases) {
    const body = chunkedBody('hello', ...trailers)
    const response = await patch(server, path, 0, body, trailerHeaders)
    expect.soft(response.status, `${trailers}`).toBe(400)
    expect.soft((await head(server, path)).header('upload-offset'), `${trailers}`).toBe('0')
    const created = await create(server, { length: 5, body, headers: trailerHeaders })
    expect.soft([created.status, created.header('location')], `${trailers}`).toEqual([400, null])
  }
  expect((await patch(server, path, 0, 'HELLO')).status).toBe(204)
  expect((await get(server, path)).text).toBe('HELLO')
}
