// Where messages begin and end (RFC 9112 §2 to §6), in streams of which every byte is there.
import { describe, expect, test } from 'vitest'
import { linesOf, readText } from './wire.ts'

test('a request and its response are an exchange', () => {
  const reader = readText(String.raw`
    > POST /files HTTP/1.1\r\nHost: a.example\r\nUpload-Length: 10\r\nContent-Length: 0\r\n\r\n
    < HTTP/1.1 201 Created\r\nLocation: /files/1\r\nContent-Length: 0\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 POST /files 0 -> 201 0'])
  expect(reader.exchanges[0]).toEqual({
    number: 1,
    request: {
      kind: 'request',
      method: 'POST',
      target: '/files',
      version: '1.1',
      fields: new Map([
        ['host', 'a.example'],
        ['upload-length', '10'],
        ['content-length', '0'],
      ]),
      from: 0,
      headEnd: 79,
      to: 79,
      bodyLength: 0,
      declaredLength: 0,
      first: { packet: 1, time: 1e6 },
      headLast: { packet: 1, time: 1e6 },
      last: { packet: 1, time: 1e6 },
      isHeadCut: false,
      headCutBy: null,
    },
    interim: [],
    response: {
      kind: 'response',
      status: 201,
      version: '1.1',
      fields: new Map([
        ['location', '/files/1'],
        ['content-length', '0'],
      ]),
      from: 0,
      headEnd: 63,
      to: 63,
      bodyLength: 0,
      declaredLength: 0,
      first: { packet: 2, time: 2e6 },
      headLast: { packet: 2, time: 2e6 },
      last: { packet: 2, time: 2e6 },
      isHeadCut: false,
      headCutBy: null,
    },
  })
  expect(reader.requestDirection).toBe(0)
  expect(reader.protocol).toBe('http')
  expect(reader.framingBytes).toEqual([79, 63])
  expect(reader.remarks).toEqual([])
})

test('the direction that sends requests may be the second one', () => {
  const reader = readText(String.raw`
    < GET / HTTP/1.1\r\n\r\n
    > HTTP/1.1 204 No Content\r\n\r\n
  `)
  expect(reader.requestDirection).toBe(1)
  expect(linesOf(reader)).toEqual(['1 GET / 0 -> 204 0'])
})

test('a response alone tells which direction sends requests', () => {
  const reader = readText(String.raw`
    > HTTP/1.1 204 No Content\r\n\r\n
  `)
  expect(reader.requestDirection).toBe(1)
  expect(linesOf(reader)).toEqual(['1 ? -> 204 0'])
})

test('many PATCH requests follow one another by their Content-Length', () => {
  const reader = readText(String.raw`
    > PATCH /files/1 HTTP/1.1\r\nContent-Length: 3000\r\n\r\n
    > {of 1460}
    > {of 1460}
    > {of 80}
    < HTTP/1.1 204 No Content\r\n\r\n
    > PATCH /files/1 HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{filled 500}
    > {of 549}
    < HTTP/1.1 204 No Content\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual([
    '1 PATCH /files/1 3000 -> 204 0',
    '2 PATCH /files/1 1000 -> 204 0',
  ])
  const [first, second] = reader.exchanges
  expect(first?.request).toMatchObject({
    from: 0,
    headEnd: 49,
    to: 3049,
    first: { packet: 1 },
    headLast: { packet: 1 },
    last: { packet: 4, time: 4e6 },
  })
  expect(second?.request).toMatchObject({ from: 3049, headEnd: 3098, to: 4098 })
  expect(reader.framingBytes).toEqual([98, 54])
})

test('a body that looks like a request is a body', () => {
  const reader = readText(String.raw`
    > PUT /a.http HTTP/1.1\r\nContent-Length: 38\r\n\r\n
    > GET /1 HTTP/1.1\r\n\r\n
    > GET /2 HTTP/1.1\r\n\r\n
    < HTTP/1.1 204 No Content\r\n\r\n
    > GET /3 HTTP/1.1\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 PUT /a.http 38 -> 204 0', '2 GET /3 0 -> ?'])
})

test('a head in several packets begins in the first and ends in the last', () => {
  const reader = readText(String.raw`
    > PATCH /files/1 HT
    > TP/1.1\r\nContent-Len
    > gth: 5\r
    > \n\r\n12
    > 345GET / HTTP/1.1\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 PATCH /files/1 5 -> ?', '2 GET / 0 -> ?'])
  expect(reader.exchanges[0]?.request).toMatchObject({
    first: { packet: 1 },
    headLast: { packet: 4 },
    last: { packet: 5 },
    headEnd: 46,
    to: 51,
  })
})

describe('what a recipient tolerates', () => {
  test.each([
    ['LF alone ends lines', 'POST / HTTP/1.1\\nContent-Length: 3\\n\\nabc'],
    ['both line ends', 'POST / HTTP/1.1\\r\\nContent-Length: 3\\n\\r\\nabc'],
    [
      'empty lines before a request',
      '\\r\\n\\r\\n\\nPOST / HTTP/1.1\\r\\nContent-Length: 3\\r\\n\\r\\nabc',
    ],
    ['more than one space', 'POST  /  HTTP/1.1 \\r\\nContent-Length: 3\\r\\n\\r\\nabc'],
    ['no space after the colon', 'POST / HTTP/1.1\\r\\nContent-Length:3\\r\\n\\r\\nabc'],
    ['spaces around a value', 'POST / HTTP/1.1\\r\\nContent-Length: \\t 3 \\t\\r\\n\\r\\nabc'],
    ['a space before the colon', 'POST / HTTP/1.1\\r\\nContent-Length : 3\\r\\n\\r\\nabc'],
    ['a name in capitals', 'POST / HTTP/1.1\\r\\nCONTENT-LENGTH: 3\\r\\n\\r\\nabc'],
    [
      'lines that are no fields',
      'POST / HTTP/1.1\\r\\nnonsense\\r\\n: x\\r\\nContent-Length: 3\\r\\n\\r\\nabc',
    ],
    ['a value folded (obs-fold)', 'POST / HTTP/1.1\\r\\nContent-Length:\\r\\n 3\\r\\n\\r\\nabc'],
  ])('%s', (_name, request) => {
    const reader = readText(`> ${request}POST / HTTP/1.1\\r\\n\\r\\n`)
    expect(linesOf(reader)).toEqual(['1 POST / 3 -> ?', '2 POST / 0 -> ?'])
  })

  test('a folded field is one value', () => {
    const reader = readText(
      '> POST / HTTP/1.1\\r\\nUpload-Metadata: filename YQ==,\\r\\n\\t type Yg==\\r\\nHost: a\\r\\n\\r\\n',
    )
    expect([...(reader.exchanges[0]?.request?.fields ?? [])]).toEqual([
      ['upload-metadata', 'filename YQ==, type Yg=='],
      ['host', 'a'],
    ])
  })

  test('any token is a method', () => {
    const reader = readText('> M-SEARCH * HTTP/1.1\\r\\n\\r\\n')
    expect(linesOf(reader)).toEqual(['1 M-SEARCH * 0 -> ?'])
  })

  test('a status line needs no reason, nor the space before it', () => {
    const reader = readText(
      '< HTTP/1.1 409 \\r\\nContent-Length: 0\\r\\n\\r\\nHTTP/1.0 200\\r\\n\\r\\n',
    )
    expect(reader.exchanges.map(({ response }) => response?.status)).toEqual([409, 200])
    expect(reader.exchanges.map(({ response }) => response?.version)).toEqual(['1.1', '1.0'])
  })
})

describe('a request line that breaks the grammar', () => {
  test.each([
    ['without a target', 'GET HTTP/1.1', 'GET '],
    ['of one word', 'OPTIONS', 'OPTIONS '],
    ['with half a version', 'HEAD / HTTP/1.', 'HEAD /'],
    ['without a space before the version', 'GET /HTTP/1.1', 'GET /HTTP/1.1'],
    ['without a version (HTTP/0.9)', 'GET /a', 'GET /a'],
  ])('%s is one, if everybody knows the method, and told', (_name, line, request) => {
    const reader = readText(String.raw`
      > ${line}\nHost: a\n\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual([`1 ${request} 0 -> 204 0`])
    expect(reader.remarks).toEqual([
      { packet: 1, text: 'a request line that is not in order (RFC 9112 §3)' },
    ])
  })

  test.each([
    'OPTIONS rtsp://a.example/ RTSP/1.0',
    'OPTIONS sip:b@a.example SIP/2.0',
    'GET key',
    'get /a',
    'CCM_POST /a',
  ])('%s is none', (line) => {
    const reader = readText(String.raw`> ${line}\r\n\r\n`)
    expect(linesOf(reader)).toEqual([])
    expect(reader.remarks).toEqual([])
  })
})

describe('fields', () => {
  test('only those that later stages ask for are kept', () => {
    const reader = readText(
      '> PATCH /1 HTTP/1.1\\r\\nCookie: secret\\r\\nUpload-Offset: 5\\r\\nTus-Anything: 1\\r\\nUpload-Anything: 2\\r\\n\\r\\n',
    )
    expect([...(reader.exchanges[0]?.request?.fields ?? [])]).toEqual([
      ['upload-offset', '5'],
      ['tus-anything', '1'],
      ['upload-anything', '2'],
    ])
  })

  test('a repeated one is a list', () => {
    const reader = readText('> GET / HTTP/1.1\\r\\nVia: a\\r\\nHost: h\\r\\nvia: b\\r\\n\\r\\n')
    expect(reader.exchanges[0]?.request?.fields.get('via')).toBe('a, b')
  })

  test('of a value 4 KiB are kept', () => {
    const reader = readText(
      `> GET / HTTP/1.1\\r\\nUpload-Metadata: ${'x'.repeat(5000)}\\r\\nHost: h\\r\\n\\r\\n`,
    )
    expect(reader.exchanges[0]?.request?.fields.get('upload-metadata')).toHaveLength(4096)
    expect(reader.exchanges[0]?.request?.fields.get('host')).toBe('h')
  })

  test('of a head with a thousand of them 64 are kept', () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `Upload-${n}: 1\\r\\n`).join('')
    const reader = readText(`> GET / HTTP/1.1\\r\\n${lines}\\r\\n`)
    expect(reader.exchanges[0]?.request?.fields.size).toBe(64)
  })
})
