// Streams that are no HTTP/1: recognised by their first bytes, or left alone.
import { describe, expect, test } from 'vitest'
import { createHttpReader } from '../../../captures/http/http-reader.ts'
import { bytesOf, linesOf, pieceOf, readText } from './wire.ts'

test.each([
  ['tls', '\\x16\\x03\\x01\\x02\\x00\\x01'],
  ['tls', '\\x17\\x03\\x03\\x40\\x00'],
  ['h2', 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'],
  ['unknown', 'SSH-2.0-OpenSSH_9.6 Ubuntu\\r\\n'],
  ['unknown', '220 mail.example ESMTP\\r\\n'],
  ['unknown', '\\x00\\x01\\x02\\x03'],
  ['unknown', '*1\\r\\n$4\\r\\nPING\\r\\n'],
])('%s: %s', (protocol, first) => {
  for (const fromStart of [false, true]) {
    const reader = readText(`> ${first}\n> {of 1460}\n< {of 1460}`, { fromStart })
    expect(reader.protocol).toBe(protocol)
    expect(linesOf(reader)).toEqual([])
    expect(reader.remarks).toEqual([])
    expect(reader.requestDirection).toBeNull()
  }
})

test('TLS is recognised in pieces of one byte', () => {
  const reader = readText('> \\x16\n> \\x03\n> \\x01')
  expect(reader.protocol).toBe('tls')
})

test('the h2 preface is recognised in pieces of one byte', () => {
  const reader = readText([...'PRI * HTTP/2.0'].map((byte) => `> ${byte}`).join('\n'))
  expect(reader.protocol).toBe('h2')
})

describe('bytes that nobody needs to hand on', () => {
  const headText = 'PATCH /1 HTTP/1.1\\r\\nContent-Length: 5000\\r\\n\\r\\n'

  test('those of a body with a known length', () => {
    const reader = createHttpReader()
    const head = bytesOf(headText)
    expect(reader.skippable(0)).toBeLessThan(1)
    reader.data(pieceOf(0, 0, head, head.length, 1))
    expect(reader.skippable(0)).toBe(head.length + 5000)
    expect(reader.skippable(1)).toBeLessThan(1)
  })

  test('those of a chunk', () => {
    const reader = createHttpReader()
    const head = bytesOf('POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n100\\r\\n')
    reader.data(pieceOf(0, 0, head, head.length, 1))
    expect(reader.skippable(0)).toBe(head.length + 256)
  })

  test('those of a body whose head was cut, as far as the length tells', () => {
    const reader = createHttpReader()
    const head = bytesOf('PATCH /1 HTTP/1.1\\r\\nContent-Length: 5000\\r\\nHo')
    reader.data(pieceOf(0, 0, head, 300, 1))
    expect(reader.skippable(0)).toBe(head.length + 5000)
  })

  test('all of a connection that is no HTTP', () => {
    const reader = createHttpReader()
    reader.data(pieceOf(0, 0, bytesOf('\\x16\\x03\\x01'), 3, 1))
    expect(reader.skippable(0)).toBe(Number.POSITIVE_INFINITY)
    expect(reader.skippable(1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('but not those of a body that ends with the connection, nor those between messages', () => {
    const reader = createHttpReader()
    const head = bytesOf('HTTP/1.1 200 OK\\r\\n\\r\\n')
    reader.data(pieceOf(1, 0, head, head.length, 1))
    expect(reader.skippable(1)).toBeLessThanOrEqual(head.length)
  })
})

test('a side that speaks HTTP is read beside one that does not', () => {
  const reader = readText(String.raw`
    > GET / HTTP/1.1\r\n\r\n
    < ICY 200 OK\r\n\r\n
    > GET /2 HTTP/1.1\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 GET / 0 -> ?', '2 GET /2 0 -> ?'])
})

test('where both sides send requests the second one is not read', () => {
  const reader = readText(String.raw`
    > GET /1 HTTP/1.1\r\n\r\n
    < GET /2 HTTP/1.1\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 GET /1 0 -> ?'])
})

test('bytes between two messages are told, and the next start line of a packet goes on', () => {
  const reader = readText(String.raw`
    > GET /1 HTTP/1.1\r\n\r\nnonsense\r\nGET /2 HTTP/1.1\r\n\r\n
    > GET /3 HTTP/1.1\r\n\r\n
  `)
  expect(linesOf(reader)).toEqual(['1 GET /1 0 -> ?', '2 GET /3 0 -> ?'])
  expect(reader.remarks).toEqual([
    { packet: 1, text: 'bytes between two messages that are neither' },
  ])
})

test('a head longer than 256 KiB is given up and told', () => {
  const line = `X: ${'x'.repeat(996)}\\r\\n`
  const reader = readText(`
    > GET /1 HTTP/1.1\\r\\nHost: a\\r\\n
    ${Array.from({ length: 300 }, () => `> ${line}`).join('\n')}
    < HTTP/1.1 431 Too Large\\r\\nContent-Length: 0\\r\\n\\r\\n
    > GET /2 HTTP/1.1\\r\\n\\r\\n
  `)
  expect(linesOf(reader)).toEqual(['1 GET /1 0… -> 431 0', '2 GET /2 0 -> ?'])
  expect(reader.remarks.map(({ text }) => text)).toEqual(['a head longer than 256 KiB'])
  expect(reader.exchanges[0]?.request).toMatchObject({ isHeadCut: true, first: { packet: 1 } })
  expect(reader.exchanges[0]?.request?.fields.get('host')).toBe('a')
})
