// Streams that nobody would send, and captures with anything missing: no exception, no hang, and nothing that contradicts itself.
import { expect, test } from 'vitest'
import type {
  FramingRange,
  HttpReader,
  Request,
  Response,
} from '../../../captures/http/exchange.ts'
import { createHttpReader } from '../../../captures/http/http-reader.ts'
import { type Random, randomOf } from '../random.ts'
import { randomConversation } from './conversations.ts'
import { pieceOf } from './wire.ts'

const spices = [
  '\r\n',
  '\n\n',
  '\0',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\n\r\n',
  'HTTP/1.1 101 x\r\n\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n\r\n',
  'FFFFFFFFFFFFF\r\n',
  'PRI * HTTP/2.0\r\n\r\n',
  '\x16\x03\x01',
  ': \r\n :',
] as const

function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  let result = bytes
  for (let n = random.integer(5); n > 0; n -= 1) {
    const at = random.integer(result.length + 1)
    const until = Math.min(result.length, at + random.integer(100))
    const kind = random.next()
    const middle =
      kind < 0.3
        ? Uint8Array.from(random.pick(spices), (one) => one.charCodeAt(0))
        : kind < 0.6
          ? result.subarray(at, until).map((byte) => byte ^ (1 << random.integer(8)))
          : kind < 0.8
            ? result.subarray(0, until - at)
            : new Uint8Array(0)
    const rest = result.subarray(until)
    const next = new Uint8Array(at + middle.length + rest.length)
    next.set(result.subarray(0, at))
    next.set(middle, at)
    next.set(rest, at + middle.length)
    result = next
  }
  return result
}

function readBadly(random: Random, seed: number): { reader: HttpReader; ranges: FramingRange[] } {
  const ranges: FramingRange[] = []
  const { sides } = randomConversation(random, 1 + random.integer(3))
  const streams = [mutated(random, sides[0].bytes), mutated(random, sides[1].bytes)] as const
  const reader = createHttpReader({
    fromStart: seed % 2 === 0,
    onFraming: (range) => ranges.push(range),
  })
  const at: [number, number] = random.next() < 0.1 ? [700, 300] : [0, 0]
  const longest = random.pick([30, 400, 1460, 9000])
  const quality = random.pick([0, 0, 0.05, 0.5])
  let packet = 0
  while (at[0] < streams[0].length || at[1] < streams[1].length) {
    const direction = random.next() < 0.5 ? 0 : 1
    const offset = at[direction]
    const bytes = streams[direction]
    if (offset >= bytes.length) continue
    packet += 1
    const length = Math.min(1 + random.integer(longest), bytes.length - offset)
    const chance = random.next()
    const available = chance < quality ? random.integer(length) : length
    const place = { packet, time: packet }
    if (chance < quality / 3) reader.gap(direction, offset, offset + length, place)
    else {
      const piece = bytes.subarray(offset, offset + available)
      reader.data(pieceOf(direction, offset, piece, length, packet))
    }
    at[direction] += length
    if (random.next() < 0.002)
      reader.end(direction, random.pick(['fin', 'reset', 'capture'] as const), place)
  }
  for (const direction of [0, 1] as const) {
    reader.end(direction, random.pick(['fin', 'reset', 'capture'] as const), {
      packet,
      time: packet,
    })
  }
  return { reader, ranges }
}

/** What is wrong with the reading; empty where it could be true. */
function contradictions({ reader, ranges }: ReturnType<typeof readBadly>): string[] {
  const { exchanges } = reader
  const requests = exchanges.flatMap((one) => one.request ?? [])
  const responses = exchanges.flatMap(({ interim, response }) =>
    response === null ? interim : [...interim, response],
  )
  return [
    ...exchanges.filter((one, index) => one.number !== index + 1).map(() => 'numbers'),
    ...disorderOf(requests),
    ...disorderOf(responses),
    ...[0, 1].flatMap((direction) => {
      const own = ranges.filter((range) => range.direction === direction)
      const sum = own.reduce((all, { from, to }) => all + to - from, 0)
      const isInOrder = own.every(({ from, to }, n) => from < to && from >= (own[n - 1]?.to ?? 0))
      return sum === reader.framingBytes[direction] && isInOrder ? [] : ['framing']
    }),
  ]
}

function disorderOf(messages: readonly (Request | Response)[]): string[] {
  const sorted = messages.toSorted((a, b) => a.from - b.from)
  return sorted.flatMap((message, n) => {
    const { from, headEnd, to, bodyLength, first, headLast, last } = message
    const next = sorted[n + 1]?.from ?? Number.POSITIVE_INFINITY
    const problems: string[] = []
    if (from > headEnd || headEnd > (to ?? headEnd)) problems.push('offsets')
    if (bodyLength < 0 || (to !== null && headEnd + bodyLength > to)) problems.push('body')
    if ((to ?? headEnd) > next || headEnd + bodyLength > next) problems.push('overlap')
    if (first.packet > headLast.packet || headLast.packet > last.packet) problems.push('places')
    return problems.map((problem) => `${problem} ${JSON.stringify(message)}`)
  })
}

test('30,000 streams with anything wrong in them', () => {
  for (let seed = 0; seed < 30_000; seed += 1) {
    const reading = readBadly(randomOf(seed), seed)
    const found = contradictions(reading)
    if (found.length > 0) expect(found, `seed ${seed}`).toEqual([])
  }
}, 300_000)

test.each([
  ['a head that never ends', 'GET / HTTP/1.1\r\nX: '],
  ['a start line that never ends', 'GET /'],
  ['a chunk-size line that never ends', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;'],
  ['trailers that never end', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: '],
])('%s takes little memory and little time', (_name, beginning) => {
  const reader = createHttpReader()
  const start = Uint8Array.from(beginning, (one) => one.charCodeAt(0))
  reader.data(pieceOf(0, 0, start, start.length, 1))
  const before = process.memoryUsage().arrayBuffers
  const piece = pieceOf(0, 0, new Uint8Array(1460).fill(0x61), 1460, 2)
  let most = 0
  for (let offset = start.length; offset < 64 * 2 ** 20; offset += 1460) {
    reader.data({ ...piece, offset })
    if (offset % 1000 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  reader.end(0, 'capture', { packet: 2, time: 0 })
  expect(most).toBeLessThan(4 * 2 ** 20)
  expect(reader.exchanges.length).toBe(1)
})
