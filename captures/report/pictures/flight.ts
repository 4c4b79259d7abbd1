// P4: what the client has in flight over time, under the server's receive window, with a mark where a sender began without hearing
// anything. Points and analysis in, picture out.
import type { Analysis, ConnectionAnalysis } from '../../analysis.ts'
import { greatest, size } from '../quantity.ts'
import { axisMarks, type Span, timeAxis } from './axis.ts'
import { levels } from './levels.ts'
import { line, type Mark, type Picture, part, shape, text, toFrame } from './picture.ts'

export interface FlightPoint {
  /** Seconds. */
  readonly time: number
  readonly packet: number
  /** Sent and not acknowledged after this segment, bytes; and the server's receive window as it was last told. */
  readonly inFlight: number
  readonly window: number | null
}

/** Of one connection, in the order of time. */
export interface Flight {
  readonly connection: number
  readonly points: readonly FlightPoint[]
}

export interface FlightOptions {
  readonly width: number
  readonly height?: number
}

const left = 66
const right = 14
const top = 26
const bottom = 24
/** A window that is wider than so many times what is in flight would press that flat. */
const widestWindow = 2

export function flightPicture(
  { connections }: Analysis,
  flights: readonly Flight[],
  { width, height = 200 }: FlightOptions,
): Picture {
  const carriers = flights.filter(({ points }) => points.some(({ inFlight }) => inFlight > 0))
  const points = carriers.flatMap((flight) => flight.points)
  const span = spanOf(points)
  const axis = timeAxis(span, width - left - right)
  const most = greatest(points.map(({ inFlight }) => inFlight))
  const widest = greatest(points.map(({ window }) => window ?? 0))
  const ceiling = Math.max(1, widest <= widestWindow * most ? Math.max(widest, most) : most) * 1.04
  const floor = height - bottom
  const sheet: Sheet = {
    x: (time) => left + axis.at(time),
    y: (bytes) => floor - (bytes / ceiling) * (floor - top),
    ceiling,
  }
  return {
    title: 'Bytes in flight over time',
    description: `At most ${size(most)} of the client’s are on their way at once, under a receive window of up to ${size(widest)}; a triangle marks what was out when the first ACK came: the initial window, or a start after idle.`,
    width,
    height,
    marks: [
      ...axisMarks(axis, left, top, floor),
      ...levels(ceiling, 3).flatMap((bytes) => [
        line([left, sheet.y(bytes), width - right, sheet.y(bytes)], 'line'),
        text(left - 8, sheet.y(bytes) + 4, size(bytes), 'soft', { isSmall: true, anchor: 'end' }),
      ]),
      ...carriers.flatMap(({ points: own }) => windowLines(own, sheet)),
      ...carriers.map(({ connection, points: own }) =>
        part(`In flight on connection ${connection}`, toFrame(own[0]?.packet), [
          shape(steps(thinned(own, sheet), sheet), 'client', false),
        ]),
      ),
      ...carriers.flatMap(({ connection, points: own }) =>
        startsOf(connections.find(({ number }) => number === connection)).flatMap((start) =>
          burstMark(own, start, sheet),
        ),
      ),
    ],
  }
}

interface Sheet {
  readonly x: (time: number) => number
  readonly y: (bytes: number) => number
  readonly ceiling: number
}

function spanOf(points: readonly FlightPoint[]): Span {
  const times = points.map(({ time }) => time)
  return { from: Math.min(0, ...times), to: Math.max(1e-6, ...times) }
}

/** Of each half unit of the width the extremes and the last: no more can be seen. */
function thinned(points: readonly FlightPoint[], { x }: Sheet): FlightPoint[] {
  const kept: FlightPoint[] = []
  let held: FlightPoint[] = []
  let column = Number.NaN
  const flush = () => {
    const [first] = held
    const last = held.at(-1)
    if (first === undefined || last === undefined) return
    const high = held.reduce((most, one) => (one.inFlight > most.inFlight ? one : most), first)
    const low = held.reduce((least, one) => (one.inFlight < least.inFlight ? one : least), first)
    const chosen = new Set([first, high, low, last])
    kept.push(...held.filter((one) => chosen.has(one)))
    held = []
  }
  for (const point of points) {
    const at = Math.floor(2 * x(point.time))
    if (at !== column) flush()
    column = at
    held.push(point)
  }
  flush()
  return kept
}

const told = (value: number) => Math.round(value * 10) / 10

/** What a segment brought holds until the next one. */
function steps(points: readonly FlightPoint[], { x, y }: Sheet): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const moves = rest.map(({ time, inFlight }) => `H${told(x(time))}V${told(y(inFlight))}`)
  return `M${told(x(first.time))} ${told(y(first.inFlight))}${moves.join('')}`
}

/** Dashed, where it is in the picture; a line lasts as long as the window stays the same to the eye. */
function windowLines(points: readonly FlightPoint[], { x, y, ceiling }: Sheet): Mark[] {
  const marks: Mark[] = []
  let from: FlightPoint | null = null
  const close = (to: FlightPoint) => {
    if (from?.window == null || from.window > ceiling || x(to.time) - x(from.time) < 1) return
    marks.push(
      line([x(from.time), y(from.window), x(to.time), y(from.window)], 'server', {
        isDashed: true,
      }),
    )
  }
  for (const point of points) {
    if (point.window === null) continue
    const isSame = from?.window != null && Math.abs(y(point.window) - y(from.window)) < 1
    if (isSame) continue
    close(point)
    from = point
  }
  const last = points.at(-1)
  if (last !== undefined) close(last)
  return marks
}

/** When a sender began without knowing the line: its first body, and bodies after a rest. */
function startsOf(connection: ConnectionAnalysis | undefined): number[] {
  if (connection === undefined) return []
  const first = connection.exchanges.find(({ requestBodyBytes }) => requestBodyBytes > 0)
  return connection.exchanges.flatMap((exchange) =>
    exchange.start !== null &&
    exchange.requestBodyBytes > 0 &&
    (exchange === first || exchange.waits.afterIdle)
      ? [exchange.start]
      : [],
  )
}

function burstMark(points: readonly FlightPoint[], start: number, { x, y }: Sheet): Mark[] {
  const begin = points.findIndex(({ time }) => time >= start - 1e-9)
  if (begin < 0) return []
  const next = points.findIndex(
    ({ inFlight }, index) => index > begin && inFlight < (points[index - 1]?.inFlight ?? 0),
  )
  const last = points[next < 0 ? points.length - 1 : next - 1]
  if (last === undefined || last.inFlight === 0) return []
  const [at, height] = [told(x(last.time)), told(y(last.inFlight))]
  const words = size(last.inFlight)
  return [
    part(`${words} before the first ACK`, toFrame(last.packet), [
      shape(`M${at} ${height}l4 -7l-8 0z`, 'text'),
      text(at - 7, height - 2, words, 'text', { isSmall: true, anchor: 'end' }),
    ]),
  ]
}
