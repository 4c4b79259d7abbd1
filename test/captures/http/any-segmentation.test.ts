// Whatever pieces the streams come in, and whichever body bytes the capture lacks: the exchanges are the same.
import { expect, test } from 'vitest'
import type { FramingRange, HttpReader } from '../../../captures/http/exchange.ts'
import { createHttpReader } from '../../../captures/http/http-reader.ts'
import { type Random, randomOf } from '../random.ts'
import { type Conversation, type Range, randomConversation } from './conversations.ts'
import { linesOf, pieceOf } from './wire.ts'

interface Reading {
  readonly reader: HttpReader
  readonly framing: readonly FramingRange[]
}

/** Pieces of at most `longest` bytes; body bytes are missing here and there where `isCut`. */
function readInPieces(
  random: Random,
  { sides, order }: Conversation,
  longest: number,
  isCut: boolean,
  isInOrder: boolean,
): Reading {
  const framing: FramingRange[] = []
  const reader = createHttpReader({ fromStart: true, onFraming: (range) => framing.push(range) })
  const at: [number, number] = [0, 0]
  let packet = 0
  while (at[0] < sides[0].bytes.length || at[1] < sides[1].bytes.length) {
    const direction = random.next() < 0.5 ? 0 : 1
    const { bytes, framing: heads } = sides[direction]
    const offset = at[direction]
    const waits = order.find(({ request }) => request > at[0])?.response ?? bytes.length
    const most = direction === 1 && isInOrder ? waits - offset : bytes.length - offset
    const length = Math.min(1 + random.integer(longest), most)
    if (length <= 0) continue
    packet += 1
    const skippable = reader.skippable(direction) >= offset + length
    const kept = isCut ? random.integer(length + 1) : length
    const available = skippable && isCut ? 0 : Math.max(kept, neededOf(heads, offset, length))
    const piece = bytes.subarray(offset, offset + available)
    reader.data(pieceOf(direction, offset, piece, length, packet))
    at[direction] += length
  }
  for (const direction of [0, 1] as const) reader.end(direction, 'fin', { packet, time: 0 })
  return { reader, framing }
}

/** How many bytes of a piece must be there for every byte of a head in it to be. */
function neededOf(heads: readonly Range[], offset: number, length: number): number {
  const last = heads.findLast(({ from, to }) => from < offset + length && to > offset)
  return last === undefined ? 0 : Math.min(last.to - offset, length)
}

function joined(framing: readonly FramingRange[], direction: number): Range[] {
  const ranges: { from: number; to: number }[] = []
  for (const { from, to } of framing.filter((range) => range.direction === direction)) {
    const last = ranges.at(-1)
    if (last !== undefined && last.to === from) last.to = to
    else ranges.push({ from, to })
  }
  return ranges
}

const placesAside = (reader: HttpReader) =>
  JSON.stringify(reader.exchanges, (key, value) =>
    key === 'first' || key === 'headLast' || key === 'last' ? undefined : value,
  )

test('any pieces, in an order that a network allows', () => {
  for (let seed = 0; seed < 400; seed += 1) {
    const random = randomOf(seed)
    const conversation = randomConversation(random, 1 + random.integer(6))
    const longest = [1, 7, 60, 1460, 100_000][seed % 5] ?? 1
    const whole = readInPieces(random, conversation, 100_000, false, true)
    const cut = readInPieces(random, conversation, longest, seed % 3 > 0, true)
    for (const { reader, framing } of [whole, cut]) {
      expect(linesOf(reader), `seed ${seed}`).toEqual(conversation.lines)
      for (const direction of [0, 1] as const) {
        expect(joined(framing, direction), `seed ${seed}`).toEqual(
          conversation.sides[direction].framing,
        )
      }
      expect(reader.remarks.filter(({ text }) => !text.startsWith('a response before'))).toEqual([])
    }
    expect(placesAside(cut.reader), `seed ${seed}`).toBe(placesAside(whole.reader))
  }
})

test('any pieces, in whatever order the two directions were captured', () => {
  for (let seed = 1000; seed < 1200; seed += 1) {
    const random = randomOf(seed)
    const conversation = randomConversation(random, 1 + random.integer(6))
    // The answer to a HEAD tells the length of a body that doesn't come: only the request says so.
    if (conversation.lines.some((line) => line.includes('HEAD'))) continue
    const { reader } = readInPieces(random, conversation, 1460, false, false)
    expect(linesOf(reader), `seed ${seed}`).toEqual(conversation.lines)
  }
})
