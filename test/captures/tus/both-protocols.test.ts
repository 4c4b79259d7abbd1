// An upload that tus 1.0 and the IETF's draft carry by turns is one upload, and it is known which did what.
import { expect, test } from 'vitest'
import {
  answered,
  asked,
  body,
  created,
  creation,
  head,
  offset,
  patch,
  stored,
  tellUploads,
} from './told.ts'

const text = (...lines: readonly string[]) => lines.join('\n')
const version = 'Upload-Draft-Interop-Version: 8'
const partial = 'Content-Type: application/partial-upload'

const both = [
  { protocol: 'tus', version: '1.0.0' },
  { protocol: 'ietf', version: '8' },
]

test('begun with tus, broken off, and finished by a client of the draft: one upload, one resumption', () => {
  const told = tellUploads([
    text(
      creation(8000),
      created('http://a.example/files/1'),
      patch('/files/1', 0, 8000),
      body(1460),
      body(1460),
      '> {reset}',
    ),
    text(
      '{packet 20}',
      asked('HEAD /files/1', version),
      answered(
        '204 No Content',
        'Upload-Offset: 2920',
        'Upload-Complete: ?0',
        'Upload-Length: 8000',
        'Upload-Limit: max-size=1099511627776',
      ),
      asked(
        'PATCH /files/1',
        version,
        'Upload-Offset: 2920',
        'Upload-Complete: ?1',
        partial,
        'Content-Length: 5080',
      ),
      body(5080),
      answered('204 No Content', 'Upload-Complete: ?1', 'Upload-Offset: 8000'),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 creation /files/1 -> -?',
    '0.2 append /files/1 0-2920 -> -?',
    '1.1 offset /files/1 -> 2920',
    '1.2 append /files/1 2920-8000 -> 8000',
  ])
  expect(told.uploads).toHaveLength(1)
  expect(told.uploads).toMatchObject([
    {
      protocol: 'tus',
      protocols: both,
      length: 8000,
      offset: 8000,
      patches: 2,
      connections: [0, 1],
      resumptions: 1,
      complete: true,
      isConsistent: true,
      bytesSentAgain: 0,
    },
  ])
  const parts = [...told.byExchange.values()]
  expect(parts.map(({ protocol, version: told }) => `${protocol} ${told}`)).toEqual([
    'tus 1.0.0',
    'tus 1.0.0',
    'ietf 8',
    'ietf 8',
  ])
})

test('begun with the draft, broken off, and finished by tus: one upload, one resumption', () => {
  const told = tellUploads([
    text(
      asked('POST /files', version, 'Upload-Complete: ?1', 'Content-Length: 5000'),
      answered('104 Upload Resumption Supported', version, 'Location: /files/1'),
      body(1460),
      answered('104 Upload Resumption Supported', version, 'Upload-Offset: 1460'),
      body(1460),
      '> {fin}',
    ),
    text(
      '{packet 20}',
      head('/files/1'),
      offset(2920, 5000),
      patch('/files/1', 2920, 2080),
      body(2080),
      stored(5000),
    ),
  ])
  expect(told.uploads).toMatchObject([
    {
      url: '/files/1',
      protocol: 'ietf',
      protocols: [both[1], both[0]],
      length: 5000,
      offset: 5000,
      resumptions: 1,
      complete: true,
      isConsistent: true,
    },
  ])
  expect(told.uploads).toHaveLength(1)
  expect([...told.byExchange.values()][0]?.progress).toEqual([
    { packet: 4, time: 0.004, offset: 1460 },
  ])
})

test('who asks with both protocols before going on has resumed once', () => {
  const told = tellUploads([
    text(creation(2000), created('/files/1'), patch('/files/1', 0, 2000), body(500), '> {fin}'),
    text(
      '{packet 20}',
      head('/files/1'),
      offset(500, 2000),
      asked('GET /files/1', version),
      answered('200 OK', 'Upload-Offset: 500', 'Upload-Complete: ?0', 'Content-Length: 0'),
      asked(
        'PATCH /files/1',
        version,
        'Upload-Offset: 500',
        'Upload-Complete: ?1',
        partial,
        'Content-Length: 1500',
      ),
      body(1500),
      answered('204 No Content', 'Upload-Complete: ?1'),
    ),
  ])
  expect(told.uploads).toMatchObject([{ resumptions: 1, complete: true, protocols: both }])
})

test('a request that tells no protocol belongs to the upload all the same', () => {
  const told = tellUploads([
    text(
      creation(10),
      created('/files/1'),
      asked('HEAD /files/1'),
      answered('200 OK', 'Upload-Offset: 0', 'Upload-Length: 10', 'Content-Length: 0'),
    ),
  ])
  expect(told.lines).toEqual(['0.1 creation /files/1 -> -?', '0.2 offset /files/1 -> 0'])
})

test.each(['POST', 'PUT', 'PATCH'])('%s may create an upload of the draft', (method) => {
  const told = tellUploads([
    text(
      asked(
        `${method} /files/scan.iso`,
        version,
        'Upload-Complete: ?0',
        'Upload-Length: 3000',
        'Content-Length: 1000',
      ),
      answered('104 Upload Resumption Supported', version, 'Location: /files/1'),
      body(1000),
      answered(
        '201 Created',
        'Location: /files/1',
        'Upload-Offset: 1000',
        'Upload-Complete: ?0',
        'Content-Length: 0',
      ),
      asked(
        'PATCH /files/1',
        version,
        'Upload-Offset: 1000',
        'Upload-Complete: ?1',
        partial,
        'Content-Length: 2000',
      ),
      body(2000),
      answered('200 OK', 'Upload-Complete: ?1', 'Content-Length: 0'),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 creation /files/1 0-1000 -> 1000',
    '0.2 append /files/1 1000-3000 -> -?',
  ])
  expect(told.uploads).toMatchObject([{ url: '/files/1', patches: 1, complete: true }])
})

test('the last part is complete though the request failed behind the upload', () => {
  const told = tellUploads([
    text(
      asked(
        'PATCH /files/1',
        version,
        'Upload-Offset: 0',
        'Upload-Complete: ?1',
        partial,
        'Content-Length: 5',
      ),
      '> abcde',
      answered('422 Unprocessable Content', 'Upload-Complete: ?1', 'Content-Length: 0'),
    ),
  ])
  expect(told.uploads).toMatchObject([{ complete: true }])
})

test('a success that says "not complete" is believed', () => {
  const told = tellUploads([
    text(
      asked(
        'PATCH /files/1',
        version,
        'Upload-Offset: 0',
        'Upload-Complete: ?1',
        partial,
        'Content-Length: 5',
      ),
      '> abcde',
      answered('204 No Content', 'Upload-Complete: ?0', 'Upload-Offset: 3'),
    ),
  ])
  expect(told.uploads).toMatchObject([{ complete: false, offset: 3, length: 5 }])
})

test.each([
  ['attachment; filename="holiday \\\\"one\\\\".mp4"', 'holiday "one".mp4'],
  ["attachment; filename=x.bin; filename*=UTF-8''holiday%C3%A4.mp4", 'holidayä.mp4'],
  ['attachment; filename=x.bin', 'x.bin'],
  ["attachment; filename*=UTF-8''%ff", null],
  ['inline', null],
])('the name in "%s" is %s', (disposition, name) => {
  const told = tellUploads([
    text(
      asked(
        'POST /files',
        version,
        'Upload-Complete: ?0',
        `Content-Disposition: ${disposition}`,
        'Content-Length: 0',
      ),
      answered('201 Created', 'Location: /files/1', 'Upload-Complete: ?0', 'Content-Length: 0'),
    ),
  ])
  expect(told.uploads).toMatchObject([{ filename: name }])
})

test('a digest of the content is told by its name', () => {
  const told = tellUploads([
    text(
      asked(
        'PATCH /files/1',
        version,
        'Upload-Offset: 0',
        'Upload-Complete: ?0',
        'Content-Digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
        partial,
        'Content-Length: 5',
      ),
      '> abcde',
      answered('204 No Content', 'Upload-Complete: ?0', 'Upload-Offset: 5'),
    ),
  ])
  expect([...told.byExchange.values()]).toMatchObject([{ checksum: 'sha-256', isDamaged: false }])
})

test('an upload that the client gave up is cancelled, one that it removed later is not', () => {
  const gone = answered('204 No Content')
  const given = tellUploads([
    text(
      asked('POST /files', version, 'Upload-Complete: ?0', 'Content-Length: 0'),
      answered('201 Created', 'Location: /files/1', 'Upload-Complete: ?0', 'Content-Length: 0'),
      asked('DELETE /files/1', version),
      gone,
    ),
  ])
  expect(given.lines[1]).toBe('0.2 cancellation /files/1 -> -?')
  expect(given.uploads).toMatchObject([{ cancelled: true, complete: false }])
  const removed = tellUploads([
    text(creation(0), created('/files/1'), asked('DELETE /files/1', 'Tus-Resumable: 1.0.0'), gone),
  ])
  expect(removed.uploads).toMatchObject([{ cancelled: false, complete: true }])
})

test('a page that only asks for the digest of the whole, in the other protocol, has carried nothing', () => {
  const told = tellUploads([
    text(
      creation(1460),
      created('http://a.example/files/1'),
      patch('/files/1', 0, 1460),
      body(1460),
      stored(1460),
      asked('HEAD /files/1', 'Want-Repr-Digest: sha-256=1'),
      answered('200 OK', 'Upload-Offset: 1460', 'Upload-Complete: ?1', 'Upload-Limit: min-size=0'),
    ),
  ])
  expect(told.uploads).toMatchObject([{ protocols: [both[0]], resumptions: 0, complete: true }])
})
