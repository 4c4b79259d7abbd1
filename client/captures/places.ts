// Which captures stay open and on which side, and where one looks in them, when one was opened or closed or the address leads elsewhere. Pure.
import type { ConnectionAnalysis } from '../../captures/analysis.ts'
import type { Capture } from './capture.ts'
import { firstView, type Side, type View } from './state.ts'

/** There is none on side B alone: the only one is A. */
export type Captures = Readonly<Record<Side, Capture | null>>

const sides = ['a', 'b'] as const

/** What the address calls the capture of a side. */
export const nameOf = (view: View, side: Side): string | null =>
  side === 'a' ? view.file : view.other

/** Those that the address names and that aren't open. */
export function missing(captures: Captures, view: View): readonly Side[] {
  return sides.filter((side) => {
    const name = nameOf(view, side)
    const isSecondAlone = side === 'b' && captures.b === null && name !== view.file
    const held = isSecondAlone ? [captures.a] : [captures[side]]
    return name !== null && held.every((one) => one?.name !== name)
  })
}

/** Of the open ones those that the address leads into. The second, while the first one is missing, is the only one. */
export function named(captures: Captures, view: View): Captures {
  const find = (name: string | null, side: Side, but: Capture | null) =>
    [captures[side], captures.a, captures.b].find(
      (one) => one !== null && one !== but && one.name === name,
    ) ?? null
  const a = find(view.file, 'a', null)
  const b = find(view.other, 'b', a)
  return a === null ? { a: b, b: null } : { a, b }
}

/** Where the address expects a capture of this name. */
export function awaitedSide(captures: Captures, view: View, name: string): Side | null {
  const [first] = missing(captures, view)
  return first !== undefined && nameOf(view, first) === name ? first : null
}

/** Where a capture that was wanted on `side` goes: what it was to stand beside or `replace` may have been closed since. */
export function sideOf(captures: Captures, side: Side, replaced: Capture | null): Side {
  if (captures.a === null) return 'a'
  if (captures[side] === replaced) return side
  return captures.b === null ? 'b' : side
}

/** With a capture that has been read. */
export function withCapture(
  captures: Captures,
  view: View,
  capture: Capture,
  side: Side,
): Captures {
  const only = captures.b === null ? captures.a : null
  const isSecond = only !== null && only.name === view.other && only.name !== view.file
  if (side === 'a' && view.file === capture.name && isSecond) return { a: capture, b: only }
  return side === 'a' ? { a: capture, b: captures.b } : { a: captures.a, b: capture }
}

/** Where one looks in a capture that has been opened: where the address led, if it was into this file; else from its beginning. */
export function viewInto(captures: Captures, view: View, side: Side): View {
  const isLinked = view.file === (captures.a?.name ?? null)
  const file = captures.a?.name ?? null
  const other = captures.b?.name ?? null
  if (side === 'b') {
    const isExpected = isLinked && view.other === other
    return { ...view, file, other, ...(isExpected ? {} : { side: 'a', span: null }) }
  }
  if (isLinked) return { ...view, other: other ?? view.other }
  return { ...firstView, axis: view.axis, file, other }
}

/** With a connection that there is; untouched while what it leads into isn't open. */
export function settled(
  captures: Captures,
  view: View,
  choose: (one: Capture) => number | null,
): View {
  const side = view.side === 'b' && view.other === null ? 'a' : view.side
  const capture = captures[side]
  if (capture === null || capture.name !== nameOf(view, side)) return view
  return {
    ...view,
    side,
    connection: hasConnection(capture, view.connection) ? view.connection : choose(capture),
  }
}

export const hasConnection = ({ analysis }: Capture, wanted: number | null): boolean =>
  analysis.connections.some(({ number }) => number === wanted)

/** The first of those with the most PATCHes; where there is none, the one with the most packets. */
export function busiest({ analysis }: Capture): number | null {
  const weight = ({ maintenance, packets }: ConnectionAnalysis) =>
    maintenance.patches || packets / 1e12
  return (
    analysis.connections.reduce<ConnectionAnalysis | null>(
      (most, one) => (most === null || weight(one) > weight(most) ? one : most),
      null,
    )?.number ?? null
  )
}
