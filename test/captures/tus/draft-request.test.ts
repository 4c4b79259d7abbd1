// What each exchange of the IETF's resumable uploads did, in the interop versions that clients speak.
import { expect, test } from 'vitest'
import { tellUploads } from './told.ts'

const text = (...lines: readonly string[]) => lines.join('\n')

const request = (line: string, fields: readonly string[], content = '') =>
  `> ${[`${line} HTTP/1.1`, 'Host: a.example', ...fields, '', ''].join('\\r\\n')}${content}`

const response = (line: string, ...fields: readonly string[]) =>
  `< ${[`HTTP/1.1 ${line}`, ...fields, '', ''].join('\\r\\n')}`

const noContent = 'Content-Length: 0'

test('interop version 8: creation with 104, appends, the last one complete', () => {
  const version = 'Upload-Draft-Interop-Version: 8'
  const type = 'Content-Type: application/partial-upload'
  const told = tellUploads([
    text(
      request('POST /files', [
        version,
        'Upload-Complete: ?0',
        'Upload-Length: 3000',
        'Content-Length: 1000',
      ]),
      response(
        '104 Upload Resumption Supported',
        version,
        'Location: /files/1',
        'Upload-Limit: max-size=9',
      ),
      '> {of 1000}',
      response('104 Upload Resumption Supported', version, 'Upload-Offset: 600'),
      response(
        '201 Created',
        'Location: /files/1',
        'Upload-Complete: ?0',
        'Upload-Offset: 1000',
        noContent,
      ),
      request('PATCH /files/1', [
        version,
        'Upload-Complete: ?0',
        'Upload-Offset: 1000',
        type,
        'Content-Length: 1000',
      ]),
      '> {of 1000}',
      response('204 No Content', 'Upload-Complete: ?0', 'Upload-Offset: 2000'),
      request('PATCH /files/1', [
        version,
        'Upload-Complete: ?1',
        'Upload-Offset: 2000',
        type,
        'Content-Length: 1000',
      ]),
      '> {of 1000}',
      response('200 OK', 'Upload-Complete: ?1', noContent),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 creation /files/1 0-1000 -> 1000',
    '0.2 append /files/1 1000-2000 -> 2000',
    '0.3 append /files/1 2000-3000 -> -?',
  ])
  expect(told.uploads).toMatchObject([
    {
      protocol: 'ietf',
      length: 3000,
      offset: 3000,
      patches: 2,
      complete: true,
      isConsistent: true,
    },
  ])
})

test('interop version 3: Upload-Incomplete, creation with the whole file, broken off and resumed', () => {
  const version = 'Upload-Draft-Interop-Version: 3'
  const told = tellUploads([
    text(
      request('POST /files', [version, 'Upload-Incomplete: ?0', 'Content-Length: 5000']),
      response('104 Upload Resumption Supported', version, 'Location: http://a.example/files/1'),
      '> {of 2000}',
      '> {fin}',
    ),
    text(
      '{packet 20}',
      request('HEAD /files/1', [version]),
      response('204 No Content', version, 'Upload-Offset: 1460', 'Upload-Incomplete: ?1'),
      request('PATCH /files/1', [
        version,
        'Upload-Offset: 1460',
        'Upload-Incomplete: ?0',
        'Content-Length: 3540',
      ]),
      '> {of 3540}',
      response('201 Created', version, noContent),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 creation /files/1 0-2000 -> -?',
    '1.1 offset /files/1 -> 1460',
    '1.2 append /files/1 1460-5000 -> -?',
  ])
  expect(told.uploads).toMatchObject([
    {
      length: 5000,
      offset: 5000,
      patches: 1,
      connections: [0, 1],
      resumptions: 1,
      bytesSentAgain: 540,
      complete: true,
      isConsistent: true,
    },
  ])
})

test('interop version 5, as tus-js-client speaks it', () => {
  const version = 'Upload-Draft-Interop-Version: 5'
  const told = tellUploads([
    text(
      request('POST /files', [version, 'Upload-Complete: ?0', noContent]),
      response('201 Created', 'Location: /files/1', 'Upload-Offset: 0', noContent),
      request(
        'PATCH /files/1',
        [version, 'Upload-Offset: 0', 'Upload-Complete: ?1', 'Content-Length: 10'],
        '0123456789',
      ),
      response('204 No Content', 'Upload-Offset: 10', 'Upload-Complete: ?1'),
    ),
  ])
  expect(told.lines).toEqual(['0.1 creation /files/1 -> 0', '0.2 append /files/1 0-10 -> 10'])
  expect(told.uploads).toMatchObject([{ length: 10, complete: true }])
})

test('interop version 6: the content type tells an append whose fields were cut', () => {
  const told = tellUploads([
    text(
      request('PATCH /files/1', [
        'Upload-Offset: 5',
        'Content-Type: application/partial-upload',
      ]).replace(/\\r\\n\\r\\n$/, '\\r\\nX{of 500}'),
      '> {of 1000}',
      response('204 No Content', 'Upload-Offset: 1005'),
      request('DELETE /files/1', ['Upload-Draft-Interop-Version: 6']),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 append /files/1 5-1005 -> 1005?',
    '0.2 cancellation /files/1 -> -?',
  ])
})

test('a conflict tells the offset that was due', () => {
  const told = tellUploads([
    text(
      request('HEAD /files/1', ['Upload-Draft-Interop-Version: 8']),
      response('204 No Content', 'Upload-Offset: 1000', 'Upload-Complete: ?0'),
      request(
        'PATCH /files/1',
        ['Upload-Offset: 2000', 'Upload-Complete: ?0', 'Content-Length: 3'],
        'abc',
      ),
      response('409 Conflict', 'Upload-Offset: 1000', 'Upload-Complete: ?0', noContent),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 offset /files/1 -> 1000',
    '0.2 append /files/1 2000-2003 -> 1000',
  ])
})

test('progress in 104 is the offset of an append that was never answered', () => {
  const told = tellUploads([
    text(
      request('PATCH /files/1', [
        'Upload-Offset: 0',
        'Upload-Complete: ?1',
        'Content-Length: 5000',
      ]),
      '> {of 1460}',
      '> {of 1460}',
      response('104 Upload Resumption Supported', 'Upload-Offset: 1460'),
      '> {reset}',
    ),
  ])
  expect(told.lines).toEqual(['0.1 append /files/1 0-2920 -> 1460'])
  expect(told.uploads).toMatchObject([{ offset: 1460, complete: false, length: 5000 }])
})

test('the offset may be asked for with GET', () => {
  const told = tellUploads([
    text(
      request('GET /files/1', ['Upload-Draft-Interop-Version: 8']),
      response('200 OK', 'Upload-Offset: 7', 'Upload-Complete: ?0', noContent),
    ),
  ])
  expect(told.lines).toEqual(['0.1 offset /files/1 -> 7'])
})

test('an offset that reaches the length completes nothing by itself, a server that says so does', () => {
  const done = ['Upload-Offset: 10', 'Upload-Length: 10', 'Upload-Complete: ?1'] as const
  const told = tellUploads([
    text(
      request('HEAD /files/1', ['Upload-Draft-Interop-Version: 8']),
      response('204 No Content', ...done),
    ),
  ])
  expect(told.uploads).toMatchObject([{ length: 10, offset: 10, complete: true }])
})

test('a form sent by a client that could resume it, to a server that can’t, has no URL of its own', () => {
  const told = tellUploads([
    text(
      request(
        'POST /form',
        ['Upload-Draft-Interop-Version: 8', 'Upload-Complete: ?1', 'Content-Length: 3'],
        'abc',
      ),
      response('200 OK', noContent),
    ),
  ])
  expect(told.lines).toEqual(['0.1 creation /form 0-3 -> -?'])
  expect(told.uploads).toEqual([])
})

test('tus and the draft on one server are two protocols', () => {
  const told = tellUploads([
    text(
      request('HEAD /files/1', ['Tus-Resumable: 1.0.0']),
      response('200 OK', 'Upload-Offset: 5', 'Upload-Draft-Interop-Version: 8', noContent),
    ),
  ])
  expect(told.uploads).toMatchObject([{ protocol: 'tus' }])
})
