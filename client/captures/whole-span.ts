// The time that a capture's connections take, seconds. Analysis in.
import type { Analysis } from '../../captures/analysis.ts'
import type { Span } from '../../captures/report/pictures/axis.ts'

/** A capture may have 200,000 connections, and every picture asks. */
const known = new WeakMap<Analysis, Span>()

export function wholeSpan(analysis: Analysis): Span {
  const found = known.get(analysis) ?? spanOf(analysis)
  known.set(analysis, found)
  return found
}

function spanOf({ connections, file }: Analysis): Span {
  const from = connections.reduce((least, { start }) => Math.min(least, start), file.duration)
  const to = connections.reduce((most, { end }) => Math.max(most, end), 0)
  return to > from ? { from, to } : { from: 0, to: Math.max(file.duration, 1e-6) }
}
