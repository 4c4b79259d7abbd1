// Uploads joined of others (tus 1.0.0, Concatenation): length, offset and completeness of the whole come from its parts.
import { expect, test } from 'vitest'
import { answered, asked, body, created, patch, stored, tellUploads } from './told.ts'

const text = (...lines: readonly string[]) => lines.join('\n')
const tus = 'Tus-Resumable: 1.0.0'

const part = (length: number) =>
  asked(
    'POST /files',
    tus,
    'Upload-Concat: partial',
    `Upload-Length: ${length}`,
    'Content-Length: 0',
  )

const final = (...urls: readonly string[]) =>
  asked('POST /files', tus, `Upload-Concat: final;${urls.join(' ')}`, 'Content-Length: 0')

/** A part from creation to its last byte. */
const whole = (url: string, length: number) =>
  text(part(length), created(url), patch(url, 0, length), body(length), stored(length))

test('two parts side by side and the upload joined of them', () => {
  const told = tellUploads([
    whole('/files/1', 3000),
    text(
      '{packet 2}',
      whole('/files/2', 2000),
      '{packet 20}',
      // As tus-js-client sends it: whole URLs.
      final('http://a.example/files/1', 'http://a.example/files/2'),
      created('/files/3'),
    ),
  ])
  expect(told.uploads).toMatchObject([
    { url: '/files/1', length: 3000, concatenation: { kind: 'partial', final: '/files/3' } },
    { url: '/files/2', length: 2000, concatenation: { kind: 'partial', final: '/files/3' } },
    {
      url: '/files/3',
      length: 5000,
      offset: 5000,
      complete: true,
      patches: 0,
      bytesSentAgain: 0,
      isConsistent: true,
      concatenation: { kind: 'final', parts: ['/files/1', '/files/2'] },
    },
  ])
})

test('a final that was created before its parts were finished is complete when they are', () => {
  const begun = (rest: readonly string[]) =>
    tellUploads([
      text(
        part(10),
        created('/files/1'),
        final('/files/1'),
        created('/files/2'),
        patch('/files/1', 0, 10),
        ...rest,
      ),
    ]).uploads[1]
  expect(begun(['> abcde', '> {fin}'])).toMatchObject({ length: 10, offset: 0, complete: false })
  expect(begun(['> abcdefghij', stored(10)])).toMatchObject({ offset: 10, complete: true })
})

test('of parts from before the capture nothing is made up', () => {
  const told = tellUploads([text(final('/files/1', '/files/2'), created('/files/3'))])
  expect(told.uploads).toMatchObject([
    {
      length: null,
      offset: 0,
      complete: true,
      concatenation: { kind: 'final', parts: ['/files/1', '/files/2'] },
    },
  ])
})

test('HEAD tells what an upload is joined of', () => {
  const told = tellUploads([
    text(
      asked('HEAD /files/3', tus),
      answered(
        '200 OK',
        tus,
        'Upload-Concat: final;/files/1 /files/2',
        'Upload-Length: 7',
        'Upload-Offset: 7',
      ),
    ),
  ])
  expect(told.uploads).toMatchObject([
    { length: 7, offset: 7, complete: true, concatenation: { kind: 'final' } },
  ])
})

test('a final that was refused joins nothing', () => {
  const told = tellUploads([
    text(
      whole('/files/1', 10),
      final('/files/1'),
      answered('403 Forbidden', tus, 'Content-Length: 0'),
    ),
  ])
  expect(told.uploads).toMatchObject([
    { url: '/files/1', concatenation: { kind: 'partial', final: null } },
  ])
})
