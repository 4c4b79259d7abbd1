// Points of a plot, no more than its columns can show. Points in, in the order of time; the ones that must be seen out.

export interface Point {
  readonly time: number
  readonly packet: number
  readonly line: number
  readonly connection: number
  readonly offset: number
  readonly inFlight: number
  /** Of an ACK: where the file is acknowledged, and the receive window; −1: not known. */
  readonly acknowledged: number
  readonly window: number
  /** `acknowledged`: an ACK, which only changes what is in flight · `burst`: a mark of its own. */
  readonly kind: 'sent' | 'flagged' | 'answered' | 'acknowledged' | 'burst'
}

/** Flagged points are kept beyond thinning, up to so many. */
const mostFlagged = 4000

/** Of each column and line the first, the last and the extremes; flagged ones and bursts all. */
export function createThinning(from: number, to: number, columns: number, lines: number) {
  const kept: Point[] = []
  let flagged = 0
  const binsOfLines = () =>
    Array.from({ length: lines }, () => createBin((point) => kept.push(point)))
  const bins = binsOfLines()
  const binsOfAcks = binsOfLines()
  const scale = to > from ? columns / (to - from) : 0
  return {
    add(point: Point) {
      if (point.kind === 'burst') {
        kept.push(point)
        return
      }
      if (point.kind === 'flagged' && flagged < mostFlagged) {
        flagged += 1
        kept.push(point)
        return
      }
      const own = point.kind === 'acknowledged' ? binsOfAcks : bins
      own[point.line]?.add(point, Math.floor((point.time - from) * scale))
    },
    points() {
      for (const bin of [...bins, ...binsOfAcks]) bin.flush()
      return kept
    },
  }
}

function createBin(keep: (point: Point) => void) {
  let column = -1
  let held: Record<'first' | 'last' | 'low' | 'high' | 'full' | 'narrow', Point> | null = null
  const flush = () => {
    if (held === null) return
    const { first, low, high, full, narrow, last } = held
    for (const point of new Set([first, low, high, full, narrow, last])) keep(point)
    held = null
  }
  return {
    flush,
    add(point: Point, at: number) {
      if (at !== column || held?.last.connection !== point.connection) flush()
      column = at
      if (held === null) {
        held = { first: point, last: point, low: point, high: point, full: point, narrow: point }
        return
      }
      held.last = point
      if (point.offset < held.low.offset) held.low = point
      if (point.offset > held.high.offset) held.high = point
      if (point.inFlight > held.full.inFlight) held.full = point
      if (point.window < held.narrow.window) held.narrow = point
    },
  }
}
