// The ranges of a stream that carry heads and framing: what a trimmed capture keeps, and what the header bytes are.
import { expect, test } from 'vitest'
import type { FramingRange } from '../../../captures/http/exchange.ts'
import { readText } from './wire.ts'

function rangesOf(text: string): string[] {
  const ranges: FramingRange[] = []
  const reader = readText(text, { onFraming: (range) => ranges.push(range) })
  const sums = [0, 1].map((direction) =>
    ranges
      .filter((range) => range.direction === direction)
      .reduce((sum, { from, to }) => sum + to - from, 0),
  )
  expect(reader.framingBytes).toEqual(sums)
  return ranges.map(({ direction, from, to }) => `${direction === 0 ? '>' : '<'} ${from}:${to}`)
}

test('heads are framing, bodies are not', () => {
  expect(
    rangesOf(String.raw`
      > POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{filled 140}
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET / HTTP/1.1\r\n\r\n
    `),
  ).toEqual(['> 0:40', '< 0:27', '> 140:158'])
})

test('of chunks the size lines, line ends and trailers are', () => {
  expect(
    rangesOf(String.raw`
      > POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r
      > \n5;x\r\nhello\r\n0\r\nA: b\r\n\r\n
    `),
  ).toEqual(['> 0:47', '> 47:50', '> 55:62', '> 67:80'])
})

test('empty lines before a request are', () => {
  expect(rangesOf(String.raw`> \r\n\r\nGET / HTTP/1.1\r\n\r\n`)).toEqual([
    '> 0:1',
    '> 1:2',
    '> 2:3',
    '> 3:4',
    '> 4:22',
  ])
})

test('of a head that was cut what is there is, and the rest as soon as it is known', () => {
  expect(
    rangesOf(String.raw`
      > PATCH /1 HTTP/1.1\r\nContent-Length: 1000\r\nHo{of 100}
      > {of 1000}
      < HTTP/1.1 204 No Content\r\n\r\n
      > GET / HTTP/1.1\r\n\r\n
    `),
  ).toEqual(['> 0:43', '< 0:27', '> 43:100', '> 1100:1118'])
})
