// What each exchange of tus 1.0.0 did to an upload.
import { describe, expect, test } from 'vitest'
import { body, created, creation, head, offset, patch, stored, tellUploads } from './told.ts'

const linesOf = (...lines: readonly string[]) => tellUploads([lines.join('\n')]).lines

test('creation, offset, append, download, cancellation', () => {
  expect(
    linesOf(
      creation(1000),
      created('/files/1'),
      head('/files/1'),
      offset(0, 1000),
      patch('/files/1', 0, 1000),
      body(1000),
      stored(1000),
      '> GET /files/1 HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n',
      '< HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n',
      '< {of 1000}',
      '> DELETE /files/1 HTTP/1.1\\r\\nHost: a.example\\r\\nTus-Resumable: 1.0.0\\r\\n\\r\\n',
      '< HTTP/1.1 204 No Content\\r\\nTus-Resumable: 1.0.0\\r\\n\\r\\n',
    ),
  ).toEqual([
    '0.1 creation /files/1 -> -?',
    '0.2 offset /files/1 -> 0',
    '0.3 append /files/1 0-1000 -> 1000',
    '0.4 download /files/1 -> -?',
    '0.5 cancellation /files/1 -> -?',
  ])
})

test('the sequence range of a body is that of Wireshark', () => {
  const { byExchange } = tellUploads([[patch('/files/1', 0, 1000), body(1000)].join('\n')])
  const [upload] = [...byExchange.values()]
  // 153 bytes of head: the body begins at tcp.seq 154.
  expect(upload?.sequence).toEqual({ from: 154, to: 1154 })
})

test('creation with upload carries the beginning of the file', () => {
  const type = 'Content-Type: application/offset+octet-stream\\r\\n'
  expect(
    linesOf(
      `> POST /files HTTP/1.1\\r\\nHost: a\\r\\nTus-Resumable: 1.0.0\\r\\nUpload-Length: 5000\\r\\n${type}Content-Length: 1000\\r\\n\\r\\n`,
      body(1000),
      '< HTTP/1.1 201 Created\\r\\nLocation: /files/1\\r\\nUpload-Offset: 1000\\r\\nContent-Length: 0\\r\\n\\r\\n',
      patch('/files/1', 1000, 4000),
      body(4000),
      stored(5000),
    ),
  ).toEqual(['0.1 creation /files/1 0-1000 -> 1000', '0.2 append /files/1 1000-5000 -> 5000'])
})

test('a method in X-HTTP-Method-Override is the method', () => {
  expect(
    linesOf(
      '> POST /files/1 HTTP/1.1\\r\\nTus-Resumable: 1.0.0\\r\\nX-HTTP-Method-Override: PATCH\\r\\nUpload-Offset: 7\\r\\nContent-Length: 3\\r\\n\\r\\nabc',
      stored(10),
    ),
  ).toEqual(['0.1 append /files/1 7-10 -> 10'])
})

describe('without Tus-Resumable', () => {
  test.each([
    [
      'Upload-Offset',
      'PATCH',
      'Upload-Offset: 0\\r\\nContent-Length: 3\\r\\n\\r\\nabc',
      'append /files/1 0-3 -> -?',
    ],
    [
      'the content type',
      'PATCH',
      'Content-Type: application/offset+octet-stream\\r\\nContent-Length: 3\\r\\n\\r\\nabc',
      'append /files/1 -> -?',
    ],
    [
      'Upload-Defer-Length',
      'POST',
      'Upload-Defer-Length: 1\\r\\nContent-Length: 0\\r\\n\\r\\n',
      'creation /files/1 -> -?',
    ],
    [
      'Upload-Concat',
      'POST',
      'Upload-Concat: partial\\r\\nContent-Length: 0\\r\\n\\r\\n',
      'creation /files/1 -> -?',
    ],
  ])('%s tells', (_name, method, rest, line) => {
    expect(linesOf(`> ${method} /files/1 HTTP/1.1\\r\\n${rest}`)).toEqual([`0.1 ${line}`])
  })

  test('the answer tells', () => {
    expect(linesOf('> HEAD /files/1 HTTP/1.1\\r\\n\\r\\n', offset(5))).toEqual([
      '0.1 offset /files/1 -> 5',
    ])
  })

  test.each([
    ['a form', '> POST /login HTTP/1.1\\r\\nContent-Length: 3\\r\\n\\r\\na=b'],
    ['a page', '> GET / HTTP/1.1\\r\\n\\r\\n'],
    ['a preflight', '> OPTIONS /files HTTP/1.1\\r\\nTus-Resumable: 1.0.0\\r\\n\\r\\n'],
    [
      'another PATCH',
      '> PATCH /users/1 HTTP/1.1\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}',
    ],
  ])('%s is no upload', (_name, line) => {
    expect(linesOf(line, '< HTTP/1.1 204 No Content\\r\\n\\r\\n')).toEqual([])
  })
})

test('bytes of an append that stopped in its middle are those that were sent', () => {
  expect(linesOf(patch('/files/1', 1000, 5000), body(1460), body(1460), '> {fin}')).toEqual([
    '0.1 append /files/1 1000-3920 -> -?',
  ])
})

test('a creation that was not answered tells the address of the service', () => {
  expect(linesOf(creation(10), '< {reset}')).toEqual(['0.1 creation /files -> -?'])
  expect(
    linesOf(creation(10), '< HTTP/1.1 413 Too Large\\r\\nContent-Length: 0\\r\\n\\r\\n'),
  ).toEqual(['0.1 creation /files -> -?'])
})

describe('an upload URL', () => {
  test.each([
    ['a path', '/files/1', '/files/1'],
    ['an absolute one at the host that was asked', 'http://a.example/files/1', '/files/1'],
    ['with a query and a fragment', 'http://a.example/files/1?t=2#x', '/files/1?t=2'],
    ['with the port that http has anyway', 'http://A.example:80/files/1', '/files/1'],
    ['over https behind a proxy', 'https://a.example/files/1', '/files/1'],
    ['without a scheme', '//a.example/files/1', '/files/1'],
    ['relative', 'files/1', '/files/1'],
    ['relative with dots', './x/../files/1', '/files/1'],
    ['at another host', 'http://b.example/files/1', 'http://b.example/files/1'],
    ['at another port', 'http://a.example:81/files/1', 'http://a.example:81/files/1'],
  ])('%s', (_name, location, url) => {
    expect(linesOf(creation(10), created(location))).toEqual([`0.1 creation ${url} -> -?`])
  })

  test('with another host, and requests for its path, is that path', () => {
    const { lines, uploads } = tellUploads([
      [
        creation(1000),
        created('https://public.example/files/1'),
        patch('/files/1', 0, 1000),
        body(1000),
        stored(1000),
      ].join('\n'),
    ])
    expect(lines).toEqual(['0.1 creation /files/1 -> -?', '0.2 append /files/1 0-1000 -> 1000'])
    expect(uploads).toHaveLength(1)
  })

  test('in an absolute target is its path', () => {
    expect(linesOf(patch('http://a.example/files/1', 0, 3), '> abc', stored(3))).toEqual([
      '0.1 append /files/1 0-3 -> 3',
    ])
  })
})

describe('heads that were cut', () => {
  const cutPatch = (fields: string) => `> PATCH /files/1 HTTP/1.1\\r\\n${fields}X{of 500}`

  test('a PATCH of which only the method is there is an append of the upload that others know', () => {
    expect(
      linesOf(creation(2000), created('/files/1'), cutPatch(''), body(1000), stored(1000)),
    ).toEqual(['0.1 creation /files/1 -> -?', '0.2 append /files/1 -> 1000'])
  })

  test('the range is reckoned from the answer, and the answer not held against it', () => {
    const length = 'Content-Length: 1000\\r\\n'
    expect(
      linesOf(
        creation(5000),
        created('/files/1'),
        cutPatch(`Upload-Offset: 0\\r\\n${length}`),
        body(1000),
        stored(1000),
        cutPatch(length),
        body(1000),
        stored(2000),
        cutPatch('Upload-Offset: 2000\\r\\n'),
        body(1000),
        stored(3000),
        head('/files/1'),
      ),
    ).toEqual([
      '0.1 creation /files/1 -> -?',
      '0.2 append /files/1 0-1000 -> 1000',
      '0.3 append /files/1 1000-2000 -> 2000?',
      '0.4 append /files/1 2000-3000 -> 3000?',
      '0.5 offset /files/1 -> -?',
    ])
  })

  test('a target that may be cut names no upload', () => {
    expect(linesOf('> PATCH /files/1{of 500}', stored(5))).toEqual([])
  })
})
