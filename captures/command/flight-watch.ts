// What a client has in flight, segment by segment: collected while a small capture is analysed, for the report's pictures.
import type { AnalyserOptions } from '../analyse.ts'
import type { Flight, FlightPoint } from '../report/pictures/flight.ts'

type Observer = NonNullable<AnalyserOptions['onSegment']>

const syn = 2
const ack = 16

interface Watched {
  /** Direction of who sent the SYN, and the raw number of its first data byte. */
  readonly client: 0 | 1
  readonly zero: number
  sent: number
  inFlight: number
  window: number | null
  readonly points: FlightPoint[]
}

/** Connections whose SYN was captured, and whose client sends less than 4 GiB. */
export function createFlightWatch(): { readonly add: Observer; flights(): Flight[] } {
  const connections = new Map<number, Watched>()
  return {
    add(segment) {
      const { connection, direction, flags, time } = segment
      const known = connections.get(connection)
      if (known === undefined) {
        if ((flags & (syn | ack)) === syn)
          connections.set(connection, {
            client: direction,
            zero: segment.rawSequence + 1,
            ...{ sent: 0, inFlight: 0, window: null, points: [] },
          })
        return
      }
      if (direction === known.client) {
        if (segment.length === 0 || segment.bytesInFlight < 0) return
        known.sent = Math.max(known.sent, segment.offset + segment.length)
        known.inFlight = segment.bytesInFlight
      } else {
        if ((flags & ack) === 0) return
        const acknowledged = (segment.rawAcknowledgement - known.zero) >>> 0
        known.inFlight = Math.min(known.inFlight, Math.max(0, known.sent - acknowledged))
        known.window = segment.window
      }
      known.points.push({
        time: time / 1e9,
        packet: segment.packet,
        inFlight: known.inFlight,
        window: known.window,
      })
    },
    flights: () => [...connections].map(([connection, { points }]) => ({ connection, points })),
  }
}
