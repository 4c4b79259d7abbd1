// Where messages begin and end (RFC 9112 §2 to §6), in streams of which every byte is there.
import { expect, test } from 'vitest'
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
    },
  })
  expect(reader.requestDirection).toBe(0)
  expect(reader.protocol).toBe('http')
  expect(reader.framingBytes).toEqual([79, 63])
  expect(reader.remarks).toEqual([])
})
