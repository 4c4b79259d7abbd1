// The bytes of a file as the wire carried them: time and upload offset of each segment, thinned to what a plot can show.
import type {
  Analysis,
  ConnectionAnalysis,
  ExchangeAnalysis,
  Progress,
} from '../../../captures/analysis.ts'
import { inSeconds } from '../../../captures/units.ts'
import { createBursts } from './bursts.ts'
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
  const bursts = createBursts(carriers, upload)
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
      if (((table.flags[index] ?? 0) & (Flag.ack | Flag.syn)) !== Flag.ack) continue
      const flight = flightOf(flights, connection)
      const window = table.window[index] ?? 0
      const behind = behindOf(flight, roles.relativeAck(index) - 1)
      const inFlight = behind === null ? flight.inFlight : Math.min(flight.inFlight, behind)
      const upTo = behind === null ? null : offsetOf(list, flight.sent - behind)
      const acknowledged = upTo ?? flight.acknowledged
      if (inFlight < flight.inFlight) {
        const burst = bursts.acknowledge(connection)
        if (burst !== null) thinned.add(burst)
      }
      const isNews =
        inFlight !== flight.inFlight ||
        window !== flight.window ||
        acknowledged !== flight.acknowledged
      if (!isNews) continue
      Object.assign(flight, { inFlight, window, acknowledged })
      thinned.add({
        ...place,
        offset: inFlight,
        inFlight,
        acknowledged,
        window,
        kind: 'acknowledged',
      })
      continue
    }
    const end = (table.offset[index] ?? 0) + length
    const offset = length === 0 ? null : offsetOf(list, end)
    if (offset === null) continue
    segments += 1
    const inFlight = table.bytesInFlight[index] ?? -1
    const flight = flightOf(flights, connection)
    flight.sent = Math.max(end, flight.sent)
    flight.inFlight = inFlight
    const isFlagged = ((table.marks[index] ?? 0) & lossMarks) !== 0
    const point: Point = {
      ...place,
      ...noAck,
      offset,
      inFlight,
      kind: isFlagged ? 'flagged' : 'sent',
    }
    bursts.send(point, end - length, end)
    thinned.add(point)
  }
  const points = [...thinned.points(), ...answersOf(carriers, upload, from, to)].sort(
    (a, b) => a.time - b.time || a.packet - b.packet,
  )
  return { ...listsOf(points, lines.length), connections: lines, segments }
}

const noAck = { acknowledged: -1, window: -1 } as const

/** What the client of a connection has out, and what the server said last; −1: not known yet. */
interface Flight {
  /** End of what was sent, in its stream. */
  sent: number
  inFlight: number
  /** Of the file. */
  acknowledged: number
  window: number
}

function flightOf(flights: Map<number, Flight>, connection: number): Flight {
  const flight = flights.get(connection) ?? { sent: 0, inFlight: -1, ...noAck }
  flights.set(connection, flight)
  return flight
}

/** How far an ACK is behind what was sent: its number is one of 32 bits, the one near that is meant. `null`: it is none of that. */
function behindOf({ sent }: Flight, acknowledged: number): number | null {
  const behind = (((sent - acknowledged) % 2 ** 32) + 2 ** 32) % 2 ** 32
  return behind < 2 ** 31 ? behind : null
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
  return carriers.flatMap(({ exchanges, number }) =>
    exchanges
      .filter(({ upload }) => upload?.url === url)
      .flatMap(toldOffsets)
      .filter(({ time }) => time >= from && time <= to)
      .map(
        ({ time, packet, offset }): Point => ({
          time,
          packet,
          line: 0,
          connection: number,
          offset,
          inFlight: -1,
          ...noAck,
          kind: 'answered',
        }),
      ),
  )
}

/** With the answer, and before it (104). */
function toldOffsets({ upload, responseStart, responsePacket }: ExchangeAnalysis): Progress[] {
  const offset = upload?.answeredOffset ?? null
  const interim = upload?.progress ?? []
  return offset === null || responseStart === null || responsePacket === null
    ? [...interim]
    : [...interim, { time: responseStart, packet: responsePacket, offset }]
}

/** A list for each line, with a gap where a line goes on with another connection. */
function listsOf(points: readonly Point[], count: number) {
  const times: number[] = []
  const packets: number[] = []
  const linesOf = () => Array.from({ length: count }, createLine)
  const [sent, acknowledged, inFlight, window] = [linesOf(), linesOf(), linesOf(), linesOf()]
  const [bursts, flagged, answered] = [createLine(), createLine(), createLine()]
  const put = (point: Point | null, time: number) => {
    times.push(time)
    packets.push(point?.packet ?? 0)
    for (let line = 0; line < count; line++) {
      const own = point !== null && point.line === line && !isMark(point) ? point : null
      // What was sent again is a mark beside the line, not a step back of it.
      sent[line]?.put(own?.kind === 'sent' ? own.offset : -1)
      inFlight[line]?.put(own?.inFlight ?? -1)
      acknowledged[line]?.put(own?.acknowledged ?? -1)
      window[line]?.put(own?.window ?? -1)
    }
    flagged.put(point?.kind === 'flagged' ? point.offset : -1)
    answered.put(point?.kind === 'answered' ? point.offset : -1)
    bursts.put(point?.kind === 'burst' ? point.inFlight : -1)
  }
  const lastOn: number[] = []
  for (const point of points) {
    if (!isMark(point)) {
      const { line, connection, time } = point
      const before = lastOn[line]
      if (before !== undefined && before !== connection) {
        for (const lists of [sent, acknowledged, inFlight, window]) lists[line]?.cut()
        put(null, time)
      }
      lastOn[line] = connection
    }
    put(point, point.time)
  }
  return {
    times,
    packets,
    lines: sent.map(({ values }) => values),
    flagged: flagged.values,
    answered: answered.values,
    acknowledged: acknowledged.map(({ values }) => values),
    inFlight: inFlight.map(({ values }) => values),
    window: window.map(({ values }) => values),
    bursts: bursts.values,
  }
}

/** From a cut to the next value (0 or more; −1: none) the line is broken; elsewhere it goes on over points of others. */
function createLine() {
  const values: Value[] = []
  let isCut = false
  return {
    values,
    cut() {
      isCut = true
    },
    put(value: number) {
      if (value >= 0) isCut = false
      values.push(value >= 0 ? value : isCut ? null : undefined)
    },
  }
}

/** It stands beside the lines. */
const isMark = ({ kind }: Point): boolean => kind === 'answered' || kind === 'burst'

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
