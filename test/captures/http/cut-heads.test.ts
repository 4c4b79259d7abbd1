// Captures cut by a snapshot length, and captures with gaps: what is there is read, what isn't is not made up.
import { describe, expect, test } from 'vitest'
import { createHttpReader } from '../../../captures/http/http-reader.ts'
import { bytesOf, linesOf, pieceOf, readText } from './wire.ts'

test.each([
  ['snapshot', String.raw`> PATCH /files/1 HTTP/1.1\r\nHost: a{of 500}`],
  [
    'gap',
    String.raw`
    > PATCH /files/1 HTTP/1.1\r\nHost: a
    > {gap 400}`,
  ],
  [
    'end',
    String.raw`
    > PATCH /files/1 HTTP/1.1\r\nHost: a
    > {fin}`,
  ],
])('a head may be cut by the %s', (headCutBy, text) => {
  expect(readText(text).exchanges[0]?.request).toMatchObject({ isHeadCut: true, headCutBy })
})

describe('a request head that the snapshot length cut', () => {
  test('tells the method, the target and the fields that are there', () => {
    const reader = readText(String.raw`
      > PATCH /files/1 HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 1048{of 500}
      < HTTP/1.1 204 No Content\r\nUpload-Offset: 1048576\r\n\r\n
    `)
    const request = reader.exchanges[0]?.request
    expect(request).toMatchObject({
      method: 'PATCH',
      target: '/files/1',
      isHeadCut: true,
      from: 0,
      headEnd: 66,
      declaredLength: null,
      to: null,
    })
    // What is there of the last value may be half of it.
    expect([...(request?.fields ?? [])]).toEqual([['tus-resumable', '1.0.0']])
    expect(reader.exchanges[0]?.response?.isHeadCut).toBe(false)
  })

  test('does not make heads of body bytes, however much they look like it', () => {
    const reader = readText(String.raw`
      > PUT /a.http HTTP/1.1\r\nHost: a{of 500}
      > GET /no HTTP/1.1\r\n\r\n{of 1460}
      > GET /neither HTTP/1.1\r\n\r\n
      < HTTP/1.1 100 Continue\r\n\r\n
      > GET /nor HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET /yes HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(reader.exchanges.map((one) => one.request?.target)).toEqual(['/a.http', '/yes'])
    expect(reader.exchanges.map((one) => one.response?.status)).toEqual([204, 204])
  })

  test('ends where its Content-Length and the next request say', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 3000\r\nHo{of 500}
      > {of 1460}
      > GET /no HTTP/1.1\r\n\r\n{of 1460}
      > {of 160}
      < HTTP/1.1 204 No Content\r\n\r\n
      > PATCH /1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 PATCH /1 3000 -> 204 0', '2 PATCH /1 0 -> ?'])
    expect(reader.exchanges[0]?.request).toMatchObject({
      headEnd: 580,
      to: 3580,
      last: { packet: 4 },
      isHeadCut: true,
    })
    expect(reader.framingBytes).toEqual([580 + 40, 27])
  })

  test('ends where its Content-Length and the FIN say, once it was answered', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 1000\r\nHo{of 100}
      > {of 1000}
      < HTTP/1.1 204 No Content\r\n\r\n
      > {fin}
    `)
    expect(reader.exchanges[0]?.request).toMatchObject({ headEnd: 100, to: 1100, bodyLength: 1000 })
  })

  test('ends there too where the capture does', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 1000\r\nHo{of 100}
      > {of 1000}
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(reader.exchanges[0]?.request).toMatchObject({ headEnd: 100, to: 1100, bodyLength: 1000 })
  })

  test('does not end with a FIN in the middle of its body', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 5000\r\nHo{of 100}
      > {of 1000}
      > {fin}
    `)
    expect(reader.exchanges[0]?.request).toMatchObject({ to: null, last: { packet: 2 } })
  })

  test('without a length: the bytes after the cut are counted, the rest of the head among them', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nHo{of 100}
      > {of 1000}
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
    `)
    expect(reader.exchanges[0]?.request).toMatchObject({
      headEnd: 21,
      bodyLength: 1079,
      to: 1100,
      declaredLength: null,
    })
  })

  test('of a HEAD is over at the next request', () => {
    const reader = readText(String.raw`
      > HEAD /1 HTTP/1.1\r\nHo{of 100}
      > HEAD /2 HTTP/1.1\r\nHo{of 100}
      < HTTP/1.1 200 OK\r\nUpload-Offset: 5\r\n\r\n
      < HTTP/1.1 200 OK\r\nUpload-Offset: 5\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 HEAD /1 0 -> 200 0', '2 HEAD /2 0 -> 200 0'])
    expect(reader.exchanges[0]?.request).toMatchObject({ headEnd: 100, to: 100 })
  })

  test('in its first line is believed with a method that everybody knows', () => {
    const reader = readText('> PATCH /files/abc{of 500}\n< HTTP/1.1 204 No Content\\r\\n\\r\\n')
    expect(linesOf(reader)).toEqual(['1 PATCH /files/abc 484… -> 204 0'])
    expect(reader.exchanges[0]?.request?.version).toBe('')
  })

  test('in its method is nothing to tell of, its answer is', () => {
    const reader = readText(String.raw`
      > PATC{of 500}
      < HTTP/1.1 204 No Content\r\n\r\n
      > PATCH /2 HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 204 0', '2 PATCH /2 0 -> ?'])
  })

  test('in its second packet keeps the fields of both', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nHost: a\r\nUpload-Off
      > set: 7\r\nContent-Le{of 500}
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect([...(reader.exchanges[0]?.request?.fields ?? [])]).toEqual([
      ['host', 'a'],
      ['upload-offset', '7'],
    ])
    expect(reader.exchanges[0]?.request).toMatchObject({
      first: { packet: 1 },
      headLast: { packet: 2 },
    })
  })
})

describe('a response head that was cut', () => {
  test('is an answer, and the next one begins after the next request', () => {
    const reader = readText(String.raw`
      > GET /1 HTTP/1.1\r\n\r\n
      < HTTP/1.1 200 OK\r\nServ{of 500}
      < HTTP/1.1 500 no\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(reader.exchanges.map((one) => one.response?.status)).toEqual([200, 204])
    expect(reader.exchanges[0]?.response).toMatchObject({ isHeadCut: true, last: { packet: 3 } })
  })

  test('of a 204 has no body: what follows was head', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\nTus-Resu{of 479}
      > PATCH /2 HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\nTus-Resu{of 479}
    `)
    expect(reader.exchanges.map((one) => one.response?.status)).toEqual([204, 204])
    expect(reader.exchanges[0]?.response).toMatchObject({ headEnd: 479, to: 479, bodyLength: 0 })
    expect(reader.exchanges[1]?.response).toMatchObject({ headEnd: 958, to: 958, bodyLength: 0 })
  })

  test('of a 101 ends HTTP all the same', () => {
    const reader = readText(String.raw`
      > GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n
      < HTTP/1.1 101 Switching Protocols\r\nUpgr{of 200}
      > GET / HTTP/1.1\r\n\r\n
    `)
    expect(reader.protocol).toBe('upgraded')
    expect(linesOf(reader)).toEqual(['1 GET /chat 0 -> 101 0'])
  })

  test('of an interim one does not wait for another request', () => {
    const reader = readText(String.raw`
      > POST /1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
      < HTTP/1.1 104 Upload Resumption Supported\r\nLoca{of 300}
      < HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST /1 0 -> 104, 201 0'])
  })
})

test('packets of which nothing was captured lose the place, and find it again', () => {
  const reader = readText(String.raw`
    > {of 500}
    < {of 200}
    > PATCH /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
    < HTTP/1.1 204 No Content\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 PATCH /2 0 -> 204 0'])
})

describe('gaps', () => {
  test('in a body with a known length are counted', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 3000\r\n\r\n
      > {of 1000}
      > {gap 1000}
      > {of 1000}
      > GET / HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 PATCH /1 3000 -> ?', '2 GET / 0 -> ?'])
  })

  test('in a chunk are counted, in chunk framing they lose the place', () => {
    const reader = readText(String.raw`
      > POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n
      > {gap 10}
      > \r\nA\r\n
      > {gap 11}
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET / HTTP/1.1\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST /1 20 -> 204 0', '2 GET / 0 -> ?'])
    expect(reader.remarks).toEqual([])
  })

  test('in a head cut it', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nUpload-Offset: 5\r\nX
      > {gap 100}
      > GET /no HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
    `)
    expect(reader.exchanges.map((one) => one.request?.target)).toEqual(['/1', '/2'])
    expect(reader.exchanges[0]?.request).toMatchObject({ isHeadCut: true })
    expect(reader.exchanges[0]?.request?.fields.get('upload-offset')).toBe('5')
  })

  test('over a whole request leave its answer without one', () => {
    const reader = readText(String.raw`
      > GET /1 HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
      > {gap 500}
      < HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n
      > GET /3 HTTP/1.1\r\n\r\n
      < HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 GET /1 0 -> 204 0', '2 ? -> 200 0', '3 GET /3 0 -> 404 0'])
  })

  test('over a whole response leave its request without one', () => {
    const reader = readText(String.raw`
      > GET /1 HTTP/1.1\r\n\r\n
      < {gap 200}
      > GET /2 HTTP/1.1\r\n\r\n
      < HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n
      > GET /3 HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual([
      '1 GET /1 0 -> ?',
      '2 GET /2 0 -> 404 0',
      '3 GET /3 0 -> 204 0',
    ])
  })

  test('where a cut request was answered do not stop the next ones', () => {
    const reader = readText(String.raw`
      > PATCH /1 HTTP/1.1\r\nHo{of 500}
      < {gap 200}
      > PATCH /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(reader.exchanges.map((one) => one.request?.target)).toEqual(['/1', '/2'])
    expect(reader.exchanges.map((one) => one.response?.status)).toEqual([undefined, 204])
  })

  test('that nobody told of are found by the offsets', () => {
    const reader = createHttpReader()
    const head = bytesOf('PATCH /1 HTTP/1.1\\r\\nContent-Length: 3000\\r\\n\\r\\n')
    const next = bytesOf('GET /2 HTTP/1.1\\r\\n\\r\\n')
    reader.data(pieceOf(0, 0, head, head.length, 1))
    reader.data(pieceOf(0, head.length + 3000, next, next.length, 2))
    expect(linesOf(reader)).toEqual(['1 PATCH /1 3000 -> ?', '2 GET /2 0 -> ?'])
  })

  test('bytes that came before are not read again', () => {
    const reader = createHttpReader()
    const text = bytesOf('GET /1 HTTP/1.1\\r\\n\\r\\nGET /2 HTTP/1.1\\r\\n\\r\\n')
    reader.data(pieceOf(0, 0, text.subarray(0, 25), 25, 1))
    reader.data(pieceOf(0, 0, text.subarray(0, 19), 19, 2))
    reader.data(pieceOf(0, 19, text.subarray(19), 19, 3))
    expect(linesOf(reader)).toEqual(['1 GET /1 0 -> ?', '2 GET /2 0 -> ?'])
  })
})
