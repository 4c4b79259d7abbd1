// PATCHes as blocks on a line of time: blocks that would touch are drawn as one, so that a thousand PATCHes stay a short path. Pure.

/** In pixels. */
export interface BlockShape {
  readonly top: number
  readonly bottom: number
  /** However short the PATCH. */
  readonly thinnest: number
  /** A block wider than `wide` ends `gap` early: its neighbour shall be seen as another PATCH. */
  readonly wide: number
  readonly gap: number
}

/** The path of spans in the order of time, each from and to a place on the line. */
export function blocksPath(
  spans: Iterable<readonly [from: number, to: number]>,
  { top, bottom, thinnest, wide, gap }: BlockShape,
): string {
  let path = ''
  let left = Number.NaN
  let right = Number.NaN
  const flush = () => {
    if (Number.isNaN(left)) return
    path += `M${left.toFixed(1)} ${top}H${right.toFixed(1)}V${bottom}H${left.toFixed(1)}Z`
  }
  for (const [from, end] of spans) {
    const to = Math.max(from + thinnest, end)
    const edge = to - from > wide ? to - gap : to
    if (from - right < 1) {
      right = Math.max(right, edge)
      continue
    }
    flush()
    left = from
    right = edge
  }
  flush()
  return path
}
