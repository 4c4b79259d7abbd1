// The way between the two ends, with the tap somewhere on it: what is lost before the tap is never seen there.
import type { Chance } from '../chance.ts'
import type { TestSegment } from '../segment.ts'
import type { Clock } from './clock.ts'

/** One leg of the way. Shares are of the segments. */
export interface Leg {
  /** ns. */
  readonly delay: number
  readonly lost: number
  /** Overtaken by those behind it. */
  readonly late: number
  readonly doubled: number
}

/** One way: from the sender to the tap, and from there to the receiver. */
export interface Way {
  readonly before: Leg
  readonly behind: Leg
}

/** How one end sends. */
export type Transmit = (segment: TestSegment) => void

export function createPath(
  clock: Clock,
  chance: Chance,
  { before, behind }: Way,
  record: (segment: TestSegment) => void,
  deliver: (segment: TestSegment) => void,
): Transmit {
  const toTap = createLeg(clock, chance, before, (segment) => {
    const seen = { ...segment, time: clock.now }
    record(seen)
    toReceiver(seen)
  })
  const toReceiver = createLeg(clock, chance, behind, deliver)
  return toTap
}

/** First in, first out, but for those that are late. */
function createLeg(
  clock: Clock,
  chance: Chance,
  { delay, lost, late, doubled }: Leg,
  arrive: (segment: TestSegment) => void,
): Transmit {
  let lastArrival = 0
  const carry = (segment: TestSegment) => {
    if (chance.of(lost)) return
    if (chance.of(late)) {
      clock.after(delay * (1 + 3 * chance.between(1, 10) * 0.1) + 20_000, () => arrive(segment))
      return
    }
    // A microsecond apart at least: no link is endlessly fast.
    lastArrival = Math.max(lastArrival + 1000, clock.now + delay + chance.between(0, 5000))
    clock.after(lastArrival - clock.now, () => arrive(segment))
  }
  return (segment) => {
    carry(segment)
    if (chance.of(doubled)) carry(segment)
  }
}
