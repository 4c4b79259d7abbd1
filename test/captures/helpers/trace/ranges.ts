// Runs of stream bytes that came out of order: sorted, apart from each other.

export type Range = readonly [from: number, to: number]

export function add(ranges: readonly Range[], range: Range): Range[] {
  let [from, to] = range
  const apart = ranges.filter(([start, end]) => {
    if (end < from || start > to) return true
    from = Math.min(from, start)
    to = Math.max(to, end)
    return false
  })
  return [...apart, [from, to] as const].toSorted(([a], [b]) => a - b)
}

/** How far one gets from `at` without a hole, and what lies behind. */
export function advance(ranges: readonly Range[], at: number): { to: number; left: Range[] } {
  let to = at
  for (const [from, end] of ranges) if (from <= to) to = Math.max(to, end)
  return { to, left: ranges.filter(([from]) => from > to) }
}
