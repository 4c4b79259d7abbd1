// How many bytes the plots show, so that those of two captures can be held against each other. Points in, ranges out.
import { size } from '../../captures/report/quantity.ts'
import type { PlotData, Value } from './worker/protocol.ts'

type Range = readonly [low: number, high: number]

export interface PlotBytes {
  readonly offsets: Range
  readonly flight: Range
}

/** A window that is wider than so many times what is in flight would press that flat. */
const widestWindow = 2

/** `length`: of the longest file, where all of the time is shown; `null`: the offsets in sight. */
export function plotBytes(all: readonly PlotData[], length: number | null): PlotBytes {
  const offsets = rangeOf(
    all.flatMap(({ lines, flagged, answered, acknowledged }) => [
      ...lines,
      ...acknowledged,
      flagged,
      answered,
    ]),
  )
  const most = rangeOf(all.flatMap(({ inFlight, bursts }) => [...inFlight, bursts]))?.[1] ?? 0
  const window = rangeOf(all.flatMap((data) => data.window))?.[1] ?? 0
  const margin = offsets === null ? 0 : (offsets[1] - offsets[0]) * 0.05
  return {
    offsets:
      length !== null || offsets === null
        ? [0, (length ?? 0) * 1.03 + 1]
        : [Math.max(0, offsets[0] - margin), offsets[1] + margin + 1],
    flight: [
      0,
      Math.max(1, 1.08 * (window <= widestWindow * most ? Math.max(window, most) : most)),
    ],
  }
}

/** What of the receive window lies above the picture, as a sentence; empty where all of it is in it. */
export function beyondWords({ window }: PlotData, { flight }: PlotBytes): string {
  const range = rangeOf(window)
  if (range === null || range[1] <= flight[1]) return ''
  const [low, high] = range
  return low > flight[1]
    ? `The receive window of the server lies above this picture: ${low === high ? '' : `${size(low)} to `}${size(high)}.`
    : `The receive window of the server reaches up to ${size(high)}, above this picture.`
}

function rangeOf(lists: readonly (readonly Value[])[]): Range | null {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const list of lists) {
    for (const value of list) {
      if (value === null || value === undefined) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  return high < low ? null : [low, high]
}
