// How the length of a body is known (RFC 9112 §6.3), rule by rule.
import { describe, expect, test } from 'vitest'
import { linesOf, readText } from './wire.ts'

const textsOf = (reader: ReturnType<typeof readText>) => reader.remarks.map(({ text }) => text)

describe('no body, whatever the head says', () => {
  test.each([
    ['the answer to a HEAD', 'HEAD /files/1', '200 OK\\r\\nContent-Length: 1000'],
    ['the answer to a HEAD, chunked', 'HEAD /files/1', '200 OK\\r\\nTransfer-Encoding: chunked'],
    ['204', 'GET /', '204 No Content\\r\\nContent-Length: 1000'],
    ['304', 'GET /', '304 Not Modified\\r\\nContent-Length: 1000'],
  ])('%s', (_name, request, response) => {
    const reader = readText(`
      > ${request} HTTP/1.1\\r\\n\\r\\nGET /next HTTP/1.1\\r\\n\\r\\n
      < HTTP/1.1 ${response}\\r\\n\\r\\nHTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n
    `)
    expect(reader.exchanges.map((one) => one.response?.bodyLength)).toEqual([0, 0])
    expect(reader.exchanges[1]?.response?.status).toBe(404)
  })

  test('a request that tells no length', () => {
    const reader = readText('> POST /1 HTTP/1.1\\r\\n\\r\\nPOST /2 HTTP/1.1\\r\\n\\r\\n')
    expect(linesOf(reader)).toEqual(['1 POST /1 0 -> ?', '2 POST /2 0 -> ?'])
    expect(reader.exchanges[0]?.request?.declaredLength).toBe(0)
  })
})

describe('chunked', () => {
  test('ends with an empty chunk', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST / 15 -> ?', '2 GET / 0 -> ?'])
    expect(reader.exchanges[0]?.request).toMatchObject({
      headEnd: 47,
      to: 77,
      declaredLength: null,
    })
  })

  test('with extensions, trailers and line ends of either kind', () => {
    const reader = readText(String.raw`
      < HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n
      < 0005 ; name="a;b"\r\nhello\r\n
      < 5;x\nhello\n
      < 0;last\r\nRepr-Digest: sha-256=:AA==:\r\nX: y\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 200 10', '2 ? -> 204 0'])
  })

  test('after another coding, in a list over two lines', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST / 1 -> ?', '2 GET / 0 -> ?'])
  })

  test('chunks are passed over without their bytes', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n
      > {of 1000000}
      > {of 48570}
      > xxxxx\r\n0\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST / 1048575 -> ?'])
  })

  test.each([
    ['no size', 'xyz\\r\\nhello\\r\\n'],
    ['an empty size', '\\r\\nhello\\r\\n'],
    ['only an extension', ';a=b\\r\\nhello\\r\\n'],
    ['more bytes than the size says', '2\\r\\nhello\\r\\n'],
    ['a size that no number holds', 'FFFFFFFFFFFFFFFFF\\r\\nhello\\r\\n'],
    ['a minus', '-5\\r\\nhello\\r\\n'],
  ])('%s is told, and the place is lost until the answer', (_name, chunks) => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}
      > GET /no HTTP/1.1\r\n\r\n
      < HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n
      > GET /yes HTTP/1.1\r\n\r\n
    `)
    expect(textsOf(reader)).toEqual(['chunks that are not in order (RFC 9112 §7.1)'])
    expect(reader.exchanges.map((one) => one.request?.target)).toEqual(['/', '/yes'])
  })
})

describe('Transfer-Encoding and Content-Length', () => {
  test('the first counts, which is told', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST / 1 -> ?', '2 GET / 0 -> ?'])
    expect(reader.remarks).toEqual([
      {
        packet: 1,
        text: 'a head with both Transfer-Encoding and Content-Length: the first counts (RFC 9112 §6.3)',
      },
    ])
  })

  test('a response whose coding is not chunked goes on until the connection closes', () => {
    const reader = readText(String.raw`
      < HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc
      < defg
      < {fin}
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 200 7'])
  })

  test('a request whose coding is not chunked has no end that one could know', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc
      < HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n
    `)
    expect(textsOf(reader)).toEqual([
      'a request with a Transfer-Encoding that does not end in chunked',
    ])
    expect(reader.exchanges[0]?.request?.to).toBeNull()
    expect(reader.exchanges[0]?.response?.status).toBe(400)
  })

  test('identity was a word for none', () => {
    const reader = readText(
      '> POST / HTTP/1.1\\r\\nTransfer-Encoding: identity\\r\\nContent-Length: 3\\r\\n\\r\\nabcGET / HTTP/1.1\\r\\n\\r\\n',
    )
    expect(linesOf(reader)).toEqual(['1 POST / 3 -> ?', '2 GET / 0 -> ?'])
  })
})

describe('Content-Length', () => {
  test('the same one repeated is one, which is told', () => {
    const reader = readText(
      '> POST / HTTP/1.1\\r\\nContent-Length: 3, 3\\r\\nContent-Length: 3\\r\\n\\r\\nabcGET / HTTP/1.1\\r\\n\\r\\n',
    )
    expect(linesOf(reader)).toEqual(['1 POST / 3 -> ?', '2 GET / 0 -> ?'])
    expect(textsOf(reader)).toEqual(['a head that repeats its Content-Length'])
  })

  test.each([
    ['two that differ', '3, 4', 'a head with Content-Lengths that differ'],
    ['one that is no number', 'three', 'an invalid Content-Length'],
    ['one with a sign', '+3', 'an invalid Content-Length'],
    ['a negative one', '-3', 'an invalid Content-Length'],
    ['an empty one', '', 'an invalid Content-Length'],
    ['a fraction', '3.0', 'an invalid Content-Length'],
    ['one that no number holds', '99999999999999999999', 'an invalid Content-Length'],
  ])('%s: told, and the next request is believed after the answer', (_name, length, told) => {
    const reader = readText(String.raw`
      > POST /1 HTTP/1.1\r\nContent-Length: ${length}\r\n\r\nabc
      > GET /no HTTP/1.1\r\n\r\n
      < HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
    `)
    expect(textsOf(reader)).toEqual([told])
    expect(reader.exchanges.map((one) => one.request?.target)).toEqual(['/1', '/2'])
    expect(reader.exchanges[0]?.request).toMatchObject({ declaredLength: null })
  })

  test('larger than 2³² is counted', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 6000000000\r\n\r\n
      > {of 4000000000}
      > {of 1999999999}
      > xGET / HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 PATCH /1 6000000000 -> ?', '2 GET / 0 -> ?'])
  })
})

describe('until the connection closes', () => {
  test('a FIN makes it complete', () => {
    const reader = readText(String.raw`
      > GET / HTTP/1.0\r\n\r\n
      < HTTP/1.0 200 OK\r\n\r\nabc
      < {of 1000}
      < {fin}
    `)
    expect(linesOf(reader)).toEqual(['1 GET / 0 -> 200 1003'])
    expect(reader.exchanges[0]?.response).toMatchObject({ to: 1022, last: { packet: 3 } })
  })

  test.each(['reset', 'capture'])('a %s does not', (how) => {
    const reader = readText(`
      > GET / HTTP/1.0\\r\\n\\r\\n
      < HTTP/1.0 200 OK\\r\\n\\r\\nabc
      < {${how}}
    `)
    expect(linesOf(reader)).toEqual(['1 GET / 0 -> 200 3…'])
  })
})

test('a body that stops in its middle is counted as far as it came', () => {
  const reader = readText(String.raw`
    > PATCH /1 HTTP/1.1\r\nContent-Length: 5000\r\n\r\n
    > {of 1460}
    > {of 1460}
    > {fin}
  `)
  expect(linesOf(reader)).toEqual(['1 PATCH /1 2920… -> ?'])
  expect(reader.exchanges[0]?.request).toMatchObject({
    declaredLength: 5000,
    to: null,
    last: { packet: 3, time: 3e6 },
  })
})
