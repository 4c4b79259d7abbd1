// Which response answers which request (RFC 9112 §9.3), and what comes between them (RFC 9110 §15.2).
import { describe, expect, test } from 'vitest'
import { linesOf, readText } from './wire.ts'

const early = 'a response before its request was complete'

test('pipelined requests are answered in their order', () => {
  const reader = readText(String.raw`
    > GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n
    < HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab
    < HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx
  `)
  expect(linesOf(reader)).toEqual([
    '1 GET /1 0 -> 200 2',
    '2 HEAD /2 0 -> 200 0',
    '3 GET /3 0 -> 404 1',
  ])
})

test('a request that nobody answered has no response', () => {
  const reader = readText(String.raw`
    > GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n
    < HTTP/1.1 204 No Content\r\n\r\n
    < {reset}
  `)
  expect(linesOf(reader)).toEqual(['1 GET /1 0 -> 204 0', '2 GET /2 0 -> ?'])
})

describe('interim responses', () => {
  test('100, 103 and 104 belong to the exchange and end nothing', () => {
    const reader = readText(String.raw`
      > POST /files HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n
      < HTTP/1.1 100 Continue\r\n\r\n
      < HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 104 Upload Resumption Supported\r\nLocation: /files/1\r\n\r\n
      > {of 2000}
      < HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n
      > GET / HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual([
      '1 POST /files 2000 -> 100, 103, 104, 201 0',
      '2 GET / 0 -> 204 0',
    ])
    expect(reader.exchanges[0]?.interim[2]?.fields.get('location')).toBe('/files/1')
    expect(reader.remarks).toEqual([])
  })

  test('one without a request waits for its final answer', () => {
    const reader = readText(String.raw`
      < HTTP/1.1 100 Continue\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 100, 204 0'])
  })
})

describe('an answer before the request is complete', () => {
  test('is told where the rest of the request still comes', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n
      > {of 1000}
      < HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n
      > {of 1000}
    `)
    expect(linesOf(reader)).toEqual(['1 POST / 2000 -> 413 0'])
    expect(reader.remarks).toEqual([{ packet: 3, text: early }])
  })

  test('is told where the rest never comes', () => {
    const reader = readText(String.raw`
      > POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n
      < HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n
      < {fin}
      > {reset}
    `)
    expect(linesOf(reader)).toEqual(['1 POST / 0… -> 413 0'])
    expect(reader.remarks).toEqual([{ packet: 2, text: early }])
  })

  test('may make a client that waited for 100 leave the body out', () => {
    const reader = readText(String.raw`
      > POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n
      < HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n
      > POST /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
      < HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 POST /1 0… -> 401 0', '2 POST /2 0 -> 201 0'])
  })
})

describe('a capture that began late', () => {
  test('has a response without its request', () => {
    const reader = readText(String.raw`
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
      < HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 204 0', '2 GET /2 0 -> 200 1'])
  })

  test('in the body of a request waits for the next one', () => {
    const reader = readText(String.raw`
      > rest of a body
      > {of 1460}
      < HTTP/1.1 204 No Content\r\n\r\n
      > PATCH /1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 204 0', '2 PATCH /1 0 -> 204 0'])
  })

  test('does not wait for the body that the answer to a HEAD tells of', () => {
    const reader = readText(String.raw`
      < HTTP/1.1 200 OK\r\nContent-Length: 20971520\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
      < HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 200 0', '2 GET /2 0 -> 200 1'])
  })

  test('does not take the answer to a HEAD for one that goes on until the connection closes', () => {
    const reader = readText(String.raw`
      < HTTP/1.1 200 OK\r\nUpload-Offset: 5\r\n\r\n
      > PATCH /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `)
    expect(linesOf(reader)).toEqual(['1 ? -> 200 0', '2 PATCH /2 0 -> 204 0'])
  })
})

test('a capture from the start that has a response before its request pairs them all the same', () => {
  const reader = readText(
    String.raw`
      < HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n
      > HEAD /1 HTTP/1.1\r\n\r\n
      > GET /2 HTTP/1.1\r\n\r\n
      < HTTP/1.1 204 No Content\r\n\r\n
    `,
    { fromStart: true },
  )
  expect(linesOf(reader)).toEqual(['1 HEAD /1 0 -> 200 0', '2 GET /2 0 -> 204 0'])
})

describe('what is no HTTP any more', () => {
  test('after 101 both directions are left alone', () => {
    const reader = readText(String.raw`
      > GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n
      < HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello
      > GET / HTTP/1.1\r\n\r\n
      < HTTP/1.1 200 OK\r\n\r\n
    `)
    expect(reader.protocol).toBe('upgraded')
    expect(linesOf(reader)).toEqual(['1 GET /chat 0 -> 101 0'])
  })

  test('after a CONNECT that succeeded too', () => {
    const reader = readText(String.raw`
      > CONNECT a.example:443 HTTP/1.1\r\n\r\n
      < HTTP/1.1 200 Established\r\nContent-Length: 99\r\n\r\n
      > GET / HTTP/1.1\r\n\r\n
    `)
    expect(reader.protocol).toBe('upgraded')
    expect(linesOf(reader)).toEqual(['1 CONNECT a.example:443 0 -> 200 0'])
  })

  test('a CONNECT that was refused leaves the connection to HTTP', () => {
    const reader = readText(String.raw`
      > CONNECT a.example:443 HTTP/1.1\r\n\r\n
      > GET /tunnel HTTP/1.1\r\n\r\n
      < HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n
      > GET / HTTP/1.1\r\n\r\n
    `)
    expect(reader.protocol).toBe('http')
    expect(reader.exchanges.map((one) => one.request?.target)).toEqual(['a.example:443', '/'])
  })
})
