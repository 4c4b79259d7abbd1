// The bytes of a file as the wire carried them: time and upload offset of each segment, thinned to what a plot can show.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../../captures/analysis.ts'
import { inSeconds } from '../../../captures/units.ts'
import { Flag, lossMarks } from './classes.ts'
import type { FrameStore } from './frame-store.ts'
import type { PlotData, PlotQuestion, Value } from './protocol.ts'
import type { Roles } from './roles.ts'
import { createThinning, type Point } from './thinning.ts'

/** Lines at most: connections beyond so many at once share them. */
const mostLines = 6

export function plotOf(
  analysis: Analysis,
  store: FrameStore,
  roles: Roles,
  { upload, from, to, columns }: PlotQuestion,
): PlotData {
  const carriers = analysis.connections.filter(({ exchanges }) =>
    exchanges.some((exchange) => exchange.upload?.url === upload),
  )
  const { lineOf, lines } = linesOf(carriers)
  const bodies = new Map(carriers.map((one) => [one.number, bodiesOf(one, upload)]))
  const thinned = createThinning(from, to, columns, lines.length)
  const flights = new Map<number, Flight>()
  let segments = 0
  const table = store.columns
  for (let index = firstAt(store, from); index < store.count; index++) {
    const time = inSeconds(table.time[index] ?? 0)
    if (time > to) break
    const length = table.length[index] ?? 0
    const connection = table.connection[index] ?? 0
    const list = bodies.get(connection)
    if (list === undefined) continue
    const place = {
      time,
      packet: table.packet[index] ?? 0,
      line: lineOf.get(connection) ?? 0,
      connection,
    }
    if (table.direction[index] !== roles.clientDirection(connection)) {
      const flight = flights.get(connection)
      if (flight === undefined || ((table.flags[index] ?? 0) & Flag.ack) === 0) continue
      const inFlight = leftAfter(flight, roles.relativeAck(index) - 1)
      if (inFlight === flight.inFlight) continue
      flight.inFlight = inFlight
      thinned.add({ ...place, offset: inFlight, inFlight, kind: 'acknowledged' })
      continue
    }
    const end = (table.offset[index] ?? 0) + length
    const offset = length === 0 ? null : offsetOf(list, end)
    if (offset === null) continue
    segments += 1
    const inFlight = table.bytesInFlight[index] ?? -1
    const sent = Math.max(end, flights.get(connection)?.sent ?? 0)
    flights.set(connection, { sent, inFlight })
    const isFlagged = ((table.marks[index] ?? 0) & lossMarks) !== 0
    thinned.add({ ...place, offset, inFlight, kind: isFlagged ? 'flagged' : 'sent' })
  }
  const points = [...thinned.points(), ...answersOf(carriers, upload, from, to)].sort(
    (a, b) => a.time - b.time || a.packet - b.packet,
  )
  return { ...listsOf(points, lines.length), connections: lines, segments }
}

/** What the client of a connection has out. */
interface Flight {
  /** End of what was sent, in its stream. */
  readonly sent: number
  inFlight: number
}

/** The header's number is one of 32 bits: the one near what was sent is meant. */
function leftAfter({ sent, inFlight }: Flight, acknowledged: number): number {
  const behind = (((sent - acknowledged) % 2 ** 32) + 2 ** 32) % 2 ** 32
  return behind < 2 ** 31 ? Math.min(inFlight, behind) : inFlight
}

/** Connections that follow one another share a line; neighbours in time are on different ones. */
function linesOf(carriers: readonly ConnectionAnalysis[]) {
  const lines: { until: number; numbers: number[] }[] = []
  const lineOf = new Map<number, number>()
  let last = -1
  for (const { number, start, end } of [...carriers].sort((a, b) => a.start - b.start)) {
    const free = lines.findIndex(({ until }, index) => until <= start && index !== last)
    const line = free >= 0 ? free : lines.length < mostLines ? lines.length : (last + 1) % mostLines
    lines[line] ??= { until: 0, numbers: [] }
    const chosen = lines[line]
    chosen.until = Math.max(chosen.until, end)
    chosen.numbers.push(number)
    lineOf.set(number, line)
    last = line
  }
  return { lineOf, lines: lines.map(({ numbers }) => numbers) }
}

/** Where in the client's stream bytes of the file lie: `sequence` relative, its first byte being 1. */
interface Body {
  readonly from: number
  readonly to: number
  readonly offset: number
}

function bodiesOf({ exchanges }: ConnectionAnalysis, url: string): Body[] {
  return exchanges.flatMap(({ upload }) =>
    upload === null || upload.url !== url || upload.from === null || upload.sequence === null
      ? []
      : [{ from: upload.sequence.from - 1, to: upload.sequence.to - 1, offset: upload.from }],
  )
}

/** Of the byte before `end` in the stream; `null`: that is no byte of the file. */
function offsetOf(bodies: readonly Body[], end: number): number | null {
  let low = 0
  let high = bodies.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((bodies[middle]?.from ?? 0) < end) low = middle + 1
    else high = middle
  }
  const body = bodies[low - 1]
  return body === undefined || end > body.to ? null : body.offset + end - body.from
}

function answersOf(
  carriers: readonly ConnectionAnalysis[],
  url: string,
  from: number,
  to: number,
): Point[] {
  const isShown = (exchange: ExchangeAnalysis) =>
    exchange.upload?.url === url &&
    exchange.responseStart !== null &&
    exchange.responseStart >= from &&
    exchange.responseStart <= to
  return carriers.flatMap(({ exchanges, number }) =>
    exchanges.filter(isShown).flatMap(({ upload, responseStart, responsePacket }): Point[] =>
      upload?.answeredOffset == null || responseStart === null || responsePacket === null
        ? []
        : [
            {
              time: responseStart,
              packet: responsePacket,
              line: 0,
              connection: number,
              offset: upload.answeredOffset,
              inFlight: -1,
              kind: 'answered',
            },
          ],
    ),
  )
}

/** A list for each line, with a gap where a line goes on with another connection. */
function listsOf(points: readonly Point[], count: number) {
  const times: number[] = []
  const packets: number[] = []
  const lines: Value[][] = Array.from({ length: count }, () => [])
  const inFlight: Value[][] = Array.from({ length: count }, () => [])
  const flagged: Value[] = []
  const answered: Value[] = []
  const lastOn: number[] = []
  const put = (point: Point | null, time: number, gapOn: number) => {
    times.push(time)
    packets.push(point?.packet ?? 0)
    for (let line = 0; line < count; line++) {
      const isOn = point !== null && point.line === line && point.kind !== 'answered'
      // What was sent again is a mark beside the line, not a step back of it.
      lines[line]?.push(
        isOn && point.kind === 'sent' ? point.offset : line === gapOn ? null : undefined,
      )
      inFlight[line]?.push(
        isOn && point.inFlight >= 0 ? point.inFlight : line === gapOn ? null : undefined,
      )
    }
    flagged.push(point?.kind === 'flagged' ? point.offset : undefined)
    answered.push(point?.kind === 'answered' ? point.offset : undefined)
  }
  for (const point of points) {
    if (point.kind !== 'answered') {
      const before = lastOn[point.line]
      if (before !== undefined && before !== point.connection) put(null, point.time, point.line)
      lastOn[point.line] = point.connection
    }
    put(point, point.time, -1)
  }
  return { times, packets, lines, flagged, answered, inFlight }
}

function firstAt({ columns, count }: FrameStore, from: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((columns.time[middle] ?? 0) < from * 1e9) low = middle + 1
    else high = middle
  }
  return low
}
