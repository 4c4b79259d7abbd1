// Parts of a time: what they have in common with the whole. Spans in, spans out.
import type { Span } from '../../captures/report/pictures/axis.ts'

export const isAll = (span: Span, whole: Span): boolean =>
  span.from <= whole.from && span.to >= whole.to

/** As long as wanted, moved to where the whole is. */
export function within(span: Span, whole: Span): Span {
  const length = Math.min(span.to - span.from, whole.to - whole.from)
  const from = Math.max(whole.from, Math.min(whole.to - length, span.from))
  return { from, to: from + length }
}

/** What of the wanted time there is; of one that lies outside, what is nearest to it. */
export function clamped(span: Span, whole: Span): Span {
  const common = { from: Math.max(whole.from, span.from), to: Math.min(whole.to, span.to) }
  return common.to > common.from ? common : within(span, whole)
}
