// Chunks in, windows out: with a toy format, of which a record is its length, so many bytes, and a look at two bytes beyond.
import { expect, test } from 'vitest'
import { createAssembly } from '../../../captures/format/assembly.ts'
import type { Window } from '../../../captures/format/record-reader.ts'
import { randomOf } from '../random.ts'
import { concat, payload } from './build.ts'

const lookAhead = 2
/** Records as long as this or longer are skipped. */
const skipped = 200

interface Seen {
  readonly at: number
  readonly data: readonly number[]
}

function reader(seen: Seen[]) {
  return (window: Window): number => {
    for (;;) {
      const { view, from, to, origin, bytes } = window
      if (from >= to) return 1
      const length = view.getUint8(from)
      if (length === 0) return 0
      if (length >= skipped) {
        window.from += 1 + length
        continue
      }
      if (to - from < 1 + length + lookAhead) return 1 + length + lookAhead
      seen.push({ at: origin + from, data: [...bytes.subarray(from + 1, from + 1 + length)] })
      window.from += 1 + length
    }
  }
}

test('whatever the chunks are, records come whole, in order, with their places', () => {
  const random = randomOf(3)
  for (let round = 0; round < 500; round++) {
    const lengths = Array.from({ length: 12 }, () => 1 + random.integer(random.pick([4, 60, 255])))
    const file = concat(
      ...lengths.map((length) => concat(Uint8Array.of(length), payload(length))),
      payload(lookAhead, 1),
    )
    let at = 0
    const expected = lengths.flatMap((length) => {
      const record = { at, data: [...payload(length)] }
      at += 1 + length
      return length < skipped ? [record] : []
    })
    const seen: Seen[] = []
    const assembly = createAssembly(reader(seen))
    for (let begin = 0; begin < file.length; ) {
      const end = Math.min(file.length, begin + random.integer(random.pick([3, 30, 300])))
      // Overwritten afterwards, as a buffer is that files are read into.
      const chunk = file.slice(begin, end)
      assembly.push(chunk)
      chunk.fill(0xee)
      begin = end
    }
    expect(seen).toEqual(expected)
    expect(assembly.bytes).toBe(file.length)
    expect(assembly.rest().at + assembly.rest().bytes.length).toBe(file.length)
  }
})

test('a record that lies whole in a chunk is read where it lies', () => {
  const chunk = concat(Uint8Array.of(2, 7, 8), Uint8Array.of(1, 9), payload(2, 1))
  const places: ArrayBufferLike[] = []
  const assembly = createAssembly((window) => {
    places.push(window.bytes.buffer)
    window.from = window.to
    return 1
  })
  assembly.push(chunk)
  assembly.push(chunk.subarray(3))
  expect(places).toEqual([chunk.buffer, chunk.buffer])
  expect(places.every((place) => place === chunk.buffer)).toBe(true)
})

test('after the end was called nothing is read, but the bytes are counted', () => {
  const seen: Seen[] = []
  const assembly = createAssembly(reader(seen))
  assembly.push(Uint8Array.of(1, 5, 0, 0, 1, 6, 0, 0))
  assembly.push(payload(10, 1))
  expect(seen).toEqual([{ at: 0, data: [5] }])
  expect(assembly.bytes).toBe(18)
})
