// Times without payload in either direction, longer than a connection at work takes between two segments.
import type { Segment } from '../packet/segment.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Connection, Silence } from './connection.ts'
import { Mark } from './observer.ts'

const shortest: Nanoseconds = 200e6
/** So many round trips are silence on a slow link. */
const roundTrips = 4

const sentAgain = Mark.retransmission | Mark.fastRetransmission

/** To be called with each segment that carries data, before it is noted as the latest. */
export function noteSilence(
  connection: Connection,
  segment: Segment,
  direction: Direction,
  marks: number,
): void {
  if (segment.time - connection.lastPayloadTime < shortest) return
  add(connection, segment, direction, marks & sentAgain ? 'retransmission' : 'data')
}

/** What ends it otherwise: a FIN, a RST, or the end of the capture (`segment` null: at `time`). */
export function add(
  connection: Connection,
  to: { readonly packet: number; readonly time: Nanoseconds },
  direction: Direction | null,
  endedBy: Silence['endedBy'],
): void {
  const from = connection.lastPayloadTime
  if (from < 0) return
  const least = Math.max(shortest, roundTrips * connection.initialRtt)
  if (to.time - from < least) return
  connection.silences.push({
    from: { packet: connection.lastPayloadPacket, time: from },
    to: { packet: to.packet, time: to.time },
    direction,
    endedBy,
    withZeroWindow: connection.sawZeroWindow,
    probes: connection.probesSincePayload,
  })
}
