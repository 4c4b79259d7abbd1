// Upload-Checksum as a header: whatever bytes are in it, there is a digest or a refusal.
import { createHash } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { checksumAlgorithms, parseChecksum, readCheck } from '../../server/tus/checksum.ts'
import { digestLengths } from '../../server/uploads/hash.ts'
import { randomOf } from '../captures/random.ts'

/** A request with these headers as Node gives them: latin1, names in lower case. */
function requestWith(headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  Object.assign(request.headers, headers)
  return request
}

const hello = 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='

test('each algorithm is read to the byte', () => {
  const content = Buffer.from('hello world')
  for (const hash of checksumAlgorithms) {
    const crc = Buffer.alloc(4)
    crc.writeUInt32BE(crc32(content))
    const value = hash === 'crc32' ? crc : createHash(hash).update(content).digest()
    expect(parseChecksum(`${hash} ${value.toString('base64')}`)).toEqual({ hash, value })
  }
  // As the specification has it, and as zlib's crc32 is known: 0x0d4a1185.
  expect(parseChecksum(hello)).toMatchObject({ hash: 'sha1' })
  expect(parseChecksum('crc32 DUoRhQ==')).toEqual({
    hash: 'crc32',
    value: Buffer.from('0d4a1185', 'hex'),
  })
})

test.for([
  ['no algorithm', ''],
  ['an algorithm alone', 'sha1'],
  ['an algorithm and a space', 'sha1 '],
  ['two spaces', 'sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['a space before', ' sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['a space behind', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0= '],
  ['a tab', 'sha1\tKq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['the digest alone', 'Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['upper case', 'SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['a name with a hyphen', 'sha-1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['an unknown algorithm', 'sha0 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['a name of Object.prototype', 'constructor Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['one byte too few', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRg=='],
  ['one byte too many', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0A'],
  ['no padding', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0'],
  ['too much padding', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=='],
  ['bits behind the last byte', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu1='],
  ['Base64 of the URL alphabet', 'sha1 Kq5sNclPz7QV2-lfQIuc6R7oRu0='],
  ['a sign that is no Base64', 'sha1 Kq5sNclPz7QV2+lf*QIuc6R7oRu0='],
  ['hexadecimal', 'sha1 2aae6c35c94fcfb415dbe95f408b9ce91ee846ed'],
  // What tus-php sends.
  ['hexadecimal in Base64', 'crc32 MGQ0YTExODU='],
  ['two in one header', `${hello} ${hello}`],
  // What Node makes of a header that came twice.
  ['two headers', `${hello}, ${hello}`],
])('refused: %s', ([, header]) => {
  expect(parseChecksum(header ?? '')).toMatch(/^(Upload-Checksum must|After \w+, Upload-Ch).*\.$/)
})

test('any bytes are a digest or a refusal in words that hold none of them', () => {
  const random = randomOf(1)
  const bits = [
    'sha1',
    'sha256',
    'md5',
    'crc32',
    ' ',
    '=',
    ',',
    '\0',
    '\xff',
    'Kq5sNclP',
    'DUoRhQ==',
  ]
  let read = 0
  for (let round = 0; round < 20_000; round++) {
    const parts = Array.from({ length: random.integer(8) }, () =>
      random.integer(3) === 0 ? String.fromCharCode(random.integer(256)) : random.pick(bits),
    )
    const header = (random.integer(2) === 0 ? 'crc32 ' : '') + parts.join('')
    const digest = parseChecksum(header)
    if (typeof digest === 'string') {
      expect(digest).toMatch(/^[\x20-\x7e]+\.$/)
      continue
    }
    read += 1
    expect(digest.value.length).toBe(digestLengths[digest.hash])
    expect(`${digest.hash} ${digest.value.toString('base64')}`).toBe(header)
  }
  expect(read, 'some were right').toBeGreaterThan(0)
})

test('a checksum behind the body must be announced, chunked, and the only one', () => {
  const chunked = { 'transfer-encoding': 'chunked' }
  expect(readCheck(requestWith({}))).toBeNull()
  expect(readCheck(requestWith({ trailer: 'Expires, X-Upload-Checksum', ...chunked }))).toBeNull()
  for (const trailer of ['Upload-Checksum', 'upload-checksum', 'Expires , Upload-Checksum,']) {
    const check = readCheck(requestWith({ trailer, ...chunked }))
    expect(check, trailer).toMatchObject({ promised: [] })
    expect(readCheck(requestWith({ trailer })), `${trailer}, not chunked`).toMatchObject({
      status: 400,
    })
    const both = requestWith({ trailer, ...chunked, 'upload-checksum': hello })
    expect(readCheck(both), `${trailer}, and a header`).toMatchObject({ status: 400 })
  }
})

test('what comes behind the body is read when it is there', () => {
  const request = requestWith({ trailer: 'Upload-Checksum', 'transfer-encoding': 'chunked' })
  const check = readCheck(request)
  if (check === null || 'status' in check) throw new Error('it is no check')
  expect(() => check.trailing()).toThrow(/did not/)
  request.trailers = { 'upload-checksum': 'sha1 abc' }
  expect(() => check.trailing()).toThrow(/After sha1/)
  request.trailers = { 'upload-checksum': hello }
  expect(check.trailing()).toEqual([parseChecksum(hello)])
})
