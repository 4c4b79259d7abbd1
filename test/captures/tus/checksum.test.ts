// Checksums (tus 1.0.0, Checksum): what arrived damaged does not count, and is sent again.
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
const sha1 = 'Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\\r\\n'
const mismatch = answered('460 Checksum Mismatch', 'Tus-Resumable: 1.0.0', 'Content-Length: 0')

test('a PATCH that arrived damaged and the same bytes again', () => {
  const told = tellUploads([
    text(
      creation(2000),
      created('/files/1'),
      patch('/files/1', 0, 1000, sha1),
      body(1000),
      mismatch,
      patch('/files/1', 0, 1000, sha1),
      body(1000),
      stored(1000),
      patch('/files/1', 1000, 1000, sha1),
      body(1000),
      stored(2000),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 creation /files/1 -> -?',
    '0.2 append /files/1 0-1000 -> -?',
    '0.3 append /files/1 0-1000 -> 1000',
    '0.4 append /files/1 1000-2000 -> 2000',
  ])
  expect(
    [...told.byExchange.values()].map(({ checksum, isDamaged }) => [checksum, isDamaged]),
  ).toEqual([
    [null, false],
    ['sha1', true],
    ['sha1', false],
    ['sha1', false],
  ])
  expect(told.uploads).toMatchObject([
    {
      damaged: 1,
      bytesSentAgain: 1000,
      resumptions: 0,
      complete: true,
      isConsistent: true,
      patches: 3,
    },
  ])
})

test('sent again on another connection it is no resumption', () => {
  const told = tellUploads([
    text(creation(10), created('/files/1'), patch('/files/1', 0, 10), '> abcdefghij', mismatch),
    text('{packet 20}', patch('/files/1', 0, 10), '> abcdefghij', stored(10)),
  ])
  expect(told.uploads).toMatchObject([{ damaged: 1, resumptions: 0, complete: true }])
})

test('a server that counts what it called damaged is inconsistent', () => {
  const told = tellUploads([
    text(
      creation(2000),
      created('/files/1'),
      patch('/files/1', 0, 1000, sha1),
      body(1000),
      mismatch,
      head('/files/1'),
      offset(1000, 2000),
    ),
  ])
  expect(told.lines[2]).toBe('0.3 offset /files/1 -> 1000!')
})

test('a checksum that comes behind the bytes is announced', () => {
  const told = tellUploads([
    text(
      asked(
        'PATCH /files/1',
        'Tus-Resumable: 1.0.0',
        'Upload-Offset: 0',
        'Content-Type: application/offset+octet-stream',
        'Trailer: Upload-Checksum',
        'Transfer-Encoding: chunked',
      ),
      '> 3\\r\\nabc\\r\\n0\\r\\nUpload-Checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\\r\\n\\r\\n',
      stored(3),
    ),
  ])
  expect([...told.byExchange.values()]).toMatchObject([{ checksum: 'trailer', to: 3 }])
})
