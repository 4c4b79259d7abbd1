// What a trimmed capture keeps of each stream: heads, chunk framing and trailers, as the first reading of the file found them.
import type { FramingRange } from '../http/exchange.ts'
import type { StreamOffset } from '../tcp/piece.ts'
import type { Direction } from '../units.ts'

export interface KeptRanges {
  add(connection: number, range: FramingRange): void
  /** The ranges of one stream that touch `[from, to)`, in order, cut to it. */
  within(
    connection: number,
    direction: Direction,
    from: StreamOffset,
    to: StreamOffset,
  ): readonly Range[]
}

export interface Range {
  readonly from: StreamOffset
  readonly to: StreamOffset
}

export function createKeptRanges(): KeptRanges {
  /** By 2 · connection + direction; ends are ascending in each. */
  const streams = new Map<number, Range[]>()
  return {
    add(connection, { direction, from, to }) {
      const key = 2 * connection + direction
      const ranges = streams.get(key)
      if (ranges === undefined) streams.set(key, [{ from, to }])
      else ranges.push({ from, to })
    },
    within(connection, direction, from, to) {
      const ranges = streams.get(2 * connection + direction) ?? []
      const found: Range[] = []
      for (let at = firstEndingAfter(ranges, from); at < ranges.length; at++) {
        const range = ranges[at]
        if (range === undefined || range.from >= to) break
        found.push({ from: Math.max(from, range.from), to: Math.min(to, range.to) })
      }
      return found
    },
  }
}

function firstEndingAfter(ranges: readonly Range[], offset: StreamOffset): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle]?.to ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
