// The time line of an upload, cut where anything begins or ends: each piece goes to one exchange, one handshake, or to nobody.
import type { PlacedExchange, Work } from './work.ts'

/** What an exchange is doing: its request goes out, its last bytes are on their way, it waits, its answer comes in. */
export const stages = ['send', 'flight', 'wait', 'receive'] as const
export type Stage = (typeof stages)[number]

/** Start, request sent, request acknowledged, answer begun, end: nanoseconds, in this order. */
export type Moments = readonly [number, number, number, number, number]

/** Nanoseconds that belong to an exchange, and how long its stages were. */
export interface Holding {
  readonly placed: PlacedExchange
  readonly moments: Moments
  readonly length: Record<Stage, number>
  readonly owned: Record<Stage, number>
}

/** A run of time without exchange and handshake, after the exchange that ended last. */
export interface Gap {
  readonly length: number
  readonly after: PlacedExchange | null
}

export interface Sweep {
  readonly total: number
  readonly holdings: readonly Holding[]
  readonly gaps: readonly Gap[]
  /** Connection setup with no exchange under way: its round trip, and SYNs that were lost. */
  readonly handshake: number
  readonly synTimer: number
}

type Setup = Record<'handshake' | 'synTimer', number>

interface Interval {
  readonly from: number
  readonly to: number
  /** Lower goes first where intervals overlap; of equal ones what began earlier, as a whole. */
  readonly rank: number
  readonly since: number
  readonly take: (nanoseconds: number) => void
}

export const inNanoseconds = (seconds: number): number => Math.round(seconds * 1e9)

export function sweep(work: Work): Sweep {
  const from = inNanoseconds(work.from)
  const to = inNanoseconds(work.to)
  const holdings = work.exchanges.map(holdingOf)
  const setup: Setup = { handshake: 0, synTimer: 0 }
  const intervals = [...holdings.flatMap(stageIntervals), ...setupIntervals(work, setup)]
    .map((interval) => ({
      ...interval,
      from: Math.max(from, interval.from),
      to: Math.min(to, interval.to),
    }))
    .filter((interval) => interval.to > interval.from)
  const gaps = share(intervals, from, to, gapOwner(work.exchanges))
  return { total: to - from, holdings, gaps, ...setup }
}

const none = (): Record<Stage, number> => ({ send: 0, flight: 0, wait: 0, receive: 0 })

function holdingOf(placed: PlacedExchange): Holding {
  const moments = momentsOf(placed)
  const [start, sent, acknowledged, answered, end] = moments
  const length = {
    send: sent - start,
    flight: acknowledged - sent,
    wait: answered - acknowledged,
    receive: end - answered,
  }
  return { placed, moments, length, owned: none() }
}

/** What is not captured falls together with the moment after it. */
function momentsOf({ exchange, start, end }: PlacedExchange): Moments {
  const { requestEnd, requestAcknowledged, responseStart } = exchange
  const last = inNanoseconds(end)
  const first = inNanoseconds(start)
  const within = (time: number, least: number) =>
    Math.min(last, Math.max(least, inNanoseconds(time)))
  const sent = within(requestEnd ?? responseStart ?? end, first)
  const answered = within(responseStart ?? end, sent)
  const acknowledged =
    requestAcknowledged === null ? sent : Math.min(answered, within(requestAcknowledged, sent))
  return [first, sent, acknowledged, answered, last]
}

/** Adds to one place of a ledger. */
function taker<K extends string>(ledger: Record<K, number>, place: K): Interval['take'] {
  return (nanoseconds) => {
    ledger[place] += nanoseconds
  }
}

function stageIntervals(holding: Holding): Interval[] {
  const { moments } = holding
  const rank = holding.placed.isUpload ? 0 : 1
  return stages.map((stage, index) => ({
    from: moments[index] ?? 0,
    to: moments[index + 1] ?? 0,
    rank,
    since: moments[0],
    take: taker(holding.owned, stage),
  }))
}

/** The last round trip of a handshake is the handshake; what went before was the timer of a lost SYN. */
function setupIntervals({ connections }: Work, setup: Setup): Interval[] {
  return connections.flatMap(({ start, initiation }): Interval[] => {
    const { duration, rtt } = initiation
    if (duration === null) return []
    const first = inNanoseconds(start)
    const end = inNanoseconds(start + duration)
    const latest = rtt === null ? first : Math.max(first, end - inNanoseconds(rtt))
    return [
      { from: latest, to: end, rank: 2, since: first, take: taker(setup, 'handshake') },
      { from: first, to: latest, rank: 3, since: first, take: taker(setup, 'synTimer') },
    ]
  })
}

/** Which exchange had ended last at a moment. Moments must be asked for in their order. */
function gapOwner(exchanges: readonly PlacedExchange[]): (moment: number) => PlacedExchange | null {
  const byEnd = [...exchanges].sort((a, b) => a.end - b.end)
  let next = 0
  return (moment) => {
    for (let one = byEnd[next]; one && inNanoseconds(one.end) <= moment; one = byEnd[next])
      next += 1
    return byEnd[next - 1] ?? null
  }
}

/** Hands every piece of `from … to` to the interval that goes first; returns what none took. */
function share(
  intervals: readonly Interval[],
  from: number,
  to: number,
  ownerOf: (moment: number) => PlacedExchange | null,
): Gap[] {
  const byStart = [...intervals].sort((a, b) => a.from - b.from)
  const moments = [...new Set([from, to, ...intervals.flatMap((one) => [one.from, one.to])])].sort(
    (a, b) => a - b,
  )
  const gaps: Gap[] = []
  let active: Interval[] = []
  let next = 0
  for (const [index, moment] of moments.entries()) {
    const until = moments[index + 1]
    if (until === undefined) break
    active = active.filter((one) => one.to > moment)
    for (let one = byStart[next]; one && one.from <= moment; one = byStart[next]) {
      active.push(one)
      next += 1
    }
    const owner = active.reduce<Interval | null>(first, null)
    if (owner) owner.take(until - moment)
    else gaps.push({ length: until - moment, after: ownerOf(moment) })
  }
  return gaps
}

function first(best: Interval | null, one: Interval): Interval {
  if (best === null || one.rank < best.rank) return one
  return one.rank === best.rank && one.since < best.since ? one : best
}
