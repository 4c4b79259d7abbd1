// What the IETF's protocol reads: which protocol a request is of, structured fields, digests, names of files.
import type { IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { protocolOf } from '../../server/dispatch.ts'
import { readDigests, readWanted, writeDigests } from '../../server/rufh/digests.ts'
import { fileName, metadataOf } from '../../server/rufh/metadata.ts'
import {
  readBoolean,
  readByteSequences,
  readInteger,
  readNumbers,
} from '../../server/rufh/structured.ts'
import { versionOf, versions } from '../../server/rufh/versions.ts'
import { metadataText } from '../../server/uploads/metadata.ts'

const version = { 'upload-draft-interop-version': '8' }
const tus = { 'tus-resumable': '1.0.0' }

test.each<[method: string, headers: IncomingHttpHeaders, protocol: string]>([
  ['POST', tus, 'tus'],
  ['PATCH', { ...tus, 'content-type': 'application/offset+octet-stream' }, 'tus'],
  ['PATCH', { ...tus, ...version, 'upload-complete': '?1' }, 'tus'],
  ['HEAD', tus, 'tus'],
  ['HEAD', { 'tus-resumable': '0.2.2' }, 'tus'],
  ['HEAD', { 'tus-resumable': '' }, 'tus'],
  ['DELETE', tus, 'tus'],
  ['PUT', tus, 'tus'],
  ['OPTIONS', {}, 'tus'],
  ['OPTIONS', version, 'tus'],
  // A tus client without its version: 412 in tus' manner.
  ['POST', {}, 'tus'],
  ['POST', { 'upload-length': '5', 'upload-metadata': '' }, 'tus'],
  ['PATCH', { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }, 'tus'],
  ['PATCH', { 'upload-offset': '0' }, 'tus'],
  ['PUT', {}, 'tus'],
  ['POST', { 'upload-complete': '?1' }, 'ietf'],
  ['POST', { 'upload-complete': 'nonsense' }, 'ietf'],
  ['POST', { 'upload-incomplete': '?0' }, 'ietf'],
  ['POST', version, 'ietf'],
  ['POST', { ...version, 'upload-metadata': '', 'upload-length': '5' }, 'ietf'],
  ['PUT', { 'upload-complete': '?1' }, 'ietf'],
  ['PATCH', { 'upload-complete': '?1', 'content-type': 'text/plain' }, 'ietf'],
  ['PATCH', { 'content-type': 'application/partial-upload' }, 'ietf'],
  ['PATCH', { 'content-type': 'Application/Partial-Upload; x=y' }, 'ietf'],
  ['HEAD', {}, 'ietf'],
  ['HEAD', version, 'ietf'],
  ['DELETE', {}, 'ietf'],
  ['GET', {}, 'download'],
  ['GET', tus, 'download'],
  ['GET', { ...tus, ...version }, 'download'],
  ['GET', version, 'ietf'],
])('%s %o is %s', (method, headers, protocol) => {
  expect(protocolOf(method, headers)).toBe(protocol)
})

test('an Integer is one, and not negative', () => {
  const good: [string, number][] = [
    ['0', 0],
    ['-0', 0],
    ['  12 ', 12],
    ['007', 7],
    ['999999999999999', 999999999999999],
    ['5;a;b=1.5;c="x"', 5],
  ]
  for (const [text, value] of good) expect(readInteger(text), text).toBe(value)
  for (const text of [
    '',
    '1.0',
    '-1',
    '1,2',
    '1 2',
    '"1"',
    '1e3',
    '@1',
    '1'.repeat(16),
    '1;',
    '１',
  ]) {
    expect(readInteger(text), text).toBeNull()
  }
  expect(readInteger(undefined)).toBeNull()
  expect(readInteger(['1', '2'])).toBeNull()
})

test('a Boolean is one', () => {
  expect([readBoolean('?1'), readBoolean('?0;x'), readBoolean(' ?1 ')]).toEqual([true, false, true])
  for (const text of ['1', '?', '?2', 'true', '?1?', '?1, ?1', '', '"?1"']) {
    expect(readBoolean(text), text).toBeNull()
  }
})

test('no text makes the readers fail, whatever bytes it has', () => {
  const alphabet = [
    '?1',
    '?0',
    ':',
    ';',
    ',',
    '=',
    '"',
    '\\',
    '(',
    ')',
    '@',
    '%"',
    '-',
    '.',
    '1',
    '9'.repeat(20),
    'sha-256',
    'A'.repeat(43),
    ' ',
    '\t',
    '\x00',
    '\xff',
    'é',
    '𝕏',
    '__proto__',
  ]
  let seed = 1
  const next = (below: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: next(8) }, () => alphabet[next(alphabet.length)]).join('')
    const integer = readInteger(text)
    expect(integer === null || (Number.isSafeInteger(integer) && integer >= 0), text).toBe(true)
    expect([true, false, null]).toContain(readBoolean(text))
    for (const value of readByteSequences(text).values()) expect(Buffer.isBuffer(value)).toBe(true)
    for (const value of readNumbers(text).values()) expect(typeof value).toBe('number')
    readDigests(text)
    readWanted(text)
    fileName(text)
    metadataOf({ 'content-disposition': text, 'content-type': text, 'content-encoding': text }, 9)
    versionOf(text)
  }
})

test('digests are read by the names of RFC 9530, and told by them', () => {
  const sha256 = 'RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg='
  const { digests, invalid } = readDigests(`sha-256=:${sha256}:, x=:AA==:, md5=:AAAA:`)
  expect(digests.map(({ hash, value }) => [hash, value.toString('base64')])).toEqual([
    ['sha256', sha256],
  ])
  expect(invalid).toEqual([{ algorithm: 'md5', length: 16 }])
  expect(writeDigests(digests)).toBe(`sha-256=:${sha256}:`)
  for (const text of [
    'sha-256',
    `sha-256=${sha256}`,
    `sha-256=:${sha256}`,
    'constructor=:AA==:',
    '(',
  ]) {
    expect(readDigests(text), text).toEqual({ digests: [], invalid: [] })
  }
})

test('the most wanted digest that can be had is taken', () => {
  expect(readWanted('sha-256=1, sha-512=10')).toBe('sha512')
  expect(readWanted('sha-512=0, sha-256=1')).toBe('sha256')
  expect(readWanted('x=10, md5=3')).toBe('md5')
  for (const text of ['sha-256=0', 'sha-256', 'x=1', 'sha-256="1"', '', 'sha-256=1,']) {
    expect(readWanted(text), text).toBeNull()
  }
})

test.each<[header: string, name: string | null]>([
  ['inline; filename="a b.txt"', 'a b.txt'],
  ['inline; filename=plain.txt', 'plain.txt'],
  ["inline; filename=x; filename*=UTF-8''%e2%82%ac%20rates", '€ rates'],
  [`inline; filename="${Buffer.from('grüße.txt').toString('latin1')}"`, 'grüße.txt'],
  ["inline; filename*=iso-8859-1''%A3%20rates", '£ rates'],
  ['inline; filename="/etc/passwd"', 'passwd'],
  ['inline; filename="a\\\\b.txt"', 'b.txt'],
  ['inline; filename="folder/"', null],
  ['inline; filename=".."', null],
  ["inline; filename*=UTF-8''%00%1b%e2%80%ae", null],
  ['inline', null],
  ['', null],
  [';;;', null],
])('Content-Disposition: %s is called %s', (header, name) => {
  expect(fileName(header)).toBe(name)
})

test('an Upload-Metadata of the client is kept to the byte if it is one', () => {
  const own = 'filename YS50eHQ=,x'
  expect(metadataOf({ 'upload-metadata': own, 'content-type': 'text/plain' }, 100)).toBe(own)
  for (const [header, most] of [
    ['not, well-formed', 100],
    [own, 5],
  ] as const) {
    const made = metadataOf({ 'upload-metadata': header, 'content-type': 'text/plain' }, most)
    expect({ ...metadataText(made) }).toEqual({ filetype: 'text/plain' })
  }
  const labels = ['application/partial-upload', 'application/x-www-form-urlencoded', 'no type']
  for (const type of labels) expect(metadataOf({ 'content-type': type }, 100), type).toBe('')
})

test('each version is found by its number, and any other is read as the latest text', () => {
  expect(versions.map(({ interop }) => interop)).toEqual([3, 4, 5, 6, 7, 8])
  for (const one of versions) expect(versionOf(String(one.interop))).toBe(one)
  for (const text of [undefined, '', '2', '9', '8.0', '?1', '"8"']) {
    expect(versionOf(text), text).toMatchObject({ interop: null, completeField: 'Upload-Complete' })
  }
})
