// The time that all pictures of the page share: one capture's own, or that of two laid over one another. State in, spans out.
import type { Analysis } from '../../captures/analysis.ts'
import type { Span } from '../../captures/report/pictures/axis.ts'
import { clamped, isAll } from './span.ts'
import type { PageState } from './state.ts'
import { wholeSpan } from './whole-span.ts'

export interface LinkedTime {
  /** Seconds from the common beginning. */
  readonly whole: Span
  /** The part of it that is looked at. */
  readonly shown: Span
  /** What is shown is not the whole. */
  readonly isPart: boolean
  /** Where the common beginning lies in a capture's own time, seconds. */
  zeroOf(analysis: Analysis): number
}

/** `null`: no capture is open. PATCHes laid side by side have no time of their own: what needs one counts from the SYN. */
export function linkedTime({
  captures,
  view,
}: Pick<PageState, 'captures' | 'view'>): LinkedTime | null {
  const all = [captures.a, captures.b].flatMap((one) => (one === null ? [] : [one.analysis]))
  const [only] = all
  if (only === undefined) return null
  if (all.length === 1) {
    const whole = wholeSpan(only)
    return { whole, ...partOf(whole, view.span), zeroOf: () => 0 }
  }
  const zeroOf = view.axis === 'clock' ? clockOffset(all) : firstSyn
  const ends = all.map((one) => ({
    from: wholeSpan(one).from - zeroOf(one),
    to: wholeSpan(one).to - zeroOf(one),
  }))
  const whole = {
    from: view.axis === 'clock' ? Math.min(...ends.map(({ from }) => from)) : 0,
    to: Math.max(...ends.map(({ to }) => to)),
  }
  return { whole, ...partOf(whole, view.span), zeroOf }
}

/** A link may name a time that these captures don't have, or have only in part. */
function partOf(whole: Span, wanted: Span | null): Pick<LinkedTime, 'shown' | 'isPart'> {
  const shown = wanted === null ? whole : clamped(wanted, whole)
  return { shown, isPart: !isAll(shown, whole) }
}

/** The same part of the time in a capture's own. */
export function ownSpan(time: LinkedTime, analysis: Analysis): Span {
  const zero = time.zeroOf(analysis)
  return { from: time.shown.from + zero, to: time.shown.to + zero }
}

/** Of the first connection that had to do with an upload, else of the first. */
function firstSyn({ connections }: Analysis): number {
  const carrier = connections.find(({ exchanges }) =>
    exchanges.some(({ upload }) => upload !== null),
  )
  return (carrier ?? connections[0])?.start ?? 0
}

/** Seconds by which a capture began before the earliest. */
function clockOffset(all: readonly Analysis[]): (analysis: Analysis) => number {
  const startOf = ({ file }: Analysis) => (file.start === null ? 0 : Date.parse(file.start) / 1000)
  const earliest = Math.min(...all.map(startOf))
  return (analysis) => earliest - startOf(analysis)
}
