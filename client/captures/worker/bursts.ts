// What a sender had out before it heard anything: at the start of a connection its initial window (RFC 6928), after a rest the
// window that it starts again with (RFC 5681 §4.1). Segments of the file in, a mark for each of these bursts out.
import type { ConnectionAnalysis } from '../../../captures/analysis.ts'
import type { Point } from './thinning.ts'

export interface Bursts {
  /** A segment with bytes of the file, between these places of the client's stream. */
  send(point: Point, from: number, to: number): void
  /** An ACK that left less in flight: the burst that it ends, `null` if there is none. */
  acknowledge(connection: number): Point | null
}

export function createBursts(carriers: readonly ConnectionAnalysis[], url: string): Bursts {
  /** Where in its stream a connection begins afresh; the places in order. */
  const starts = new Map(carriers.map((one) => [one.number, startsOf(one, url)]))
  const open = new Map<number, Point>()
  return {
    send(point, from, to) {
      const places = starts.get(point.connection)
      while (places?.[0] !== undefined && places[0] < from) places.shift()
      const begins = places?.[0] !== undefined && places[0] < to
      if (begins) places.shift()
      if (begins || open.has(point.connection)) open.set(point.connection, point)
    },
    acknowledge(connection) {
      const last = open.get(connection)
      open.delete(connection)
      return last === undefined || last.inFlight < 0 ? null : { ...last, kind: 'burst' }
    },
  }
}

/** The first body on the connection, and those sent after a rest; each by the place of its first byte. */
function startsOf({ exchanges, initiation }: ConnectionAnalysis, url: string): number[] {
  const isSeen = initiation.kind !== 'unseen'
  const first = isSeen ? exchanges.find(({ requestBodyBytes }) => requestBodyBytes > 0) : null
  return exchanges.flatMap((exchange) => {
    const { upload, waits } = exchange
    if (upload === null || upload.url !== url || upload.sequence === null) return []
    return exchange === first || waits.afterIdle ? [upload.sequence.from - 1] : []
  })
}
