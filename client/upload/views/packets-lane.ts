// A connection drawn from its packets: SYN, PATCHes as bars, FIN or RST, on an axis of its packets' own times.
import type { CapturedConnection, PatchBar } from '../capture.ts'
import { setAttribute, svg } from '../dom.ts'
import { blocksPath } from './blocks.ts'

/** Seconds since the first packet of the capture. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Drawing units across a lane. */
const width = 1000
/** Narrower bars could not be seen (drawing units). */
const thinnest = 2

/** From its first packet to its latest: it grows as packets come, and stands still when none do. */
export function axisOf(connection: CapturedConnection): Span {
  const { from } = connection
  return { from, to: Math.max(lastOf(connection), from + 0.0001) }
}

const lastOf = ({ from, traffic, ending, handshake, bars }: CapturedConnection) =>
  Math.max(
    from + (handshake.duration ?? 0),
    traffic?.to ?? from,
    ending.at ?? from,
    bars.at(-1)?.end ?? from,
  )

export interface LaneDrawing {
  readonly element: SVGSVGElement
  update(connection: CapturedConnection, axis: Span): void
}

export function laneDrawing(): LaneDrawing {
  const life = svg('line', { class: 'packet-life', y1: '16', y2: '16' })
  const earlier = svg('path', { class: 'packet-earlier' })
  const bars = svg('path', { class: 'packet-bars' })
  const others = svg('path', { class: 'packet-others' })
  const growing = svg('path', { class: 'packet-growing' })
  const element = svg(
    'svg',
    {
      class: 'packet-lane',
      viewBox: `0 0 ${width} 32`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    life,
    others,
    earlier,
    bars,
    growing,
  )
  return {
    element,
    update(connection, axis) {
      const scale = (time: number) => ((time - axis.from) / (axis.to - axis.from)) * width
      const end = connection.ending.at ?? axis.to
      setAttribute(life, 'x1', scale(connection.from).toFixed(1))
      setAttribute(life, 'x2', scale(end).toFixed(1))
      const over = connection.bars.filter((bar) => bar.end !== null)
      const open = connection.bars.filter((bar) => bar.end === null)
      setAttribute(bars, 'd', blocks(over, scale, end))
      setAttribute(growing, 'd', blocks(open, scale, connection.traffic?.to ?? end))
      const small = connection.others.map(([from, to]) => ({ from, end: to }))
      setAttribute(others, 'd', blocks(small, scale, end, [12, 20]))
      const before = connection.earlier
      const whole = before === null ? [] : [{ from: before.from, end: before.to }]
      setAttribute(earlier, 'd', blocks(whole, scale, end))
    },
  }
}

/** Percent of the lane's width. */
export function placeOn(axis: Span, time: number): string {
  const share = (time - axis.from) / (axis.to - axis.from)
  return `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`
}

/** A bar each, with a gap to the next where there is room for one. */
function blocks(
  bars: readonly Pick<PatchBar, 'from' | 'end'>[],
  scale: (time: number) => number,
  until: number,
  [top, bottom]: readonly [number, number] = [6, 26],
): string {
  const spans = bars.map(({ from, end }) => [scale(from), scale(end ?? until)] as const)
  return blocksPath(spans, { top, bottom, thinnest, wide: 5, gap: 1.5 })
}
