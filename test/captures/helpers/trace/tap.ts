// What goes wrong in the capturing alone: the ends of the connection know nothing of it.
import type { Chance } from '../chance.ts'
import type { TestSegment } from '../segment.ts'

export interface TapFaults {
  /** Shares of the segments: not captured, written behind the next one, written twice. */
  readonly missing: number
  readonly swapped: number
  readonly doubled: number
  /** Bytes kept of each packet. */
  readonly snapshot: number
  readonly missedAtStart: number
  readonly missedAtEnd: number
}

export function impair(
  chance: Chance,
  segments: readonly TestSegment[],
  faults: TapFaults,
): TestSegment[] {
  const seen = segments
    .slice(faults.missedAtStart, segments.length - faults.missedAtEnd)
    .filter(() => !chance.of(faults.missing))
    .flatMap((segment) => (chance.of(faults.doubled) ? [segment, segment] : [segment]))
    .map((segment) => ({ ...segment, kept: faults.snapshot }))
  for (let n = 0; n + 1 < seen.length; n++) {
    const [first, second] = [seen[n], seen[n + 1]]
    if (first === undefined || second === undefined || !chance.of(faults.swapped)) continue
    // In the wrong order, with times in the right one: two queues of one interface.
    seen[n] = { ...second, time: first.time }
    seen[n + 1] = { ...first, time: second.time }
  }
  return seen
}
