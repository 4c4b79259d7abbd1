// The end of a connection: its FINs and RSTs, who acknowledges which, and what still came in between (RFC 9293 §3.6).
import { Flag, type Segment } from '../packet/segment.ts'
import type { Direction } from '../units.ts'
import type { Connection } from './connection.ts'
import { add } from './silence.ts'
import { offsetOf } from './stream.ts'
import { clear } from './unacknowledged.ts'

/** Segments of the end that are told one by one. */
const told = 64

/** To be called with each segment from the first FIN or RST on. */
export function noteEnd(connection: Connection, segment: Segment, direction: Direction): void {
  const own = connection.streams[direction]
  const other = connection.streams[direction === 0 ? 1 : 0]
  const { flags, length, offset } = segment
  const place = { packet: segment.packet, time: segment.time }
  const isReset = (flags & Flag.rst) !== 0
  if (connection.endTime < 0) {
    connection.endTime = segment.time
    connection.payloadTimeAtEnd = connection.lastPayloadTime
    add(connection, place, direction, isReset ? 'reset' : 'fin')
  }
  const isFin = (flags & Flag.fin) !== 0 && own.fin === null && !isReset
  if (isFin) {
    own.fin = place
    own.finOffset = offset + length
  }
  const acknowledged = (flags & Flag.ack) === 0 ? null : offsetOf(other, segment.acknowledgement)
  const acknowledgesFin =
    other.fin !== null &&
    other.finAcknowledged === null &&
    acknowledged !== null &&
    acknowledged > other.finOffset
  if (acknowledgesFin) {
    other.finAcknowledged = place
    if (own.finAcknowledged !== null) {
      // Nothing more is awaited; a capture may hold hundreds of thousands of connections.
      for (const { unacknowledged } of connection.streams)
        if (unacknowledged.count === 0) clear(unacknowledged)
    }
  }
  if (isReset) {
    own.resets += 1
    connection.lastResetTime = segment.time
    if (connection.firstReset === null) {
      connection.firstReset = place
      connection.firstResetBy = direction
    }
  } else if (length > 0 && !isFin) own.bytesAfterFin += length
  const isTold = isFin || acknowledgesFin || (isReset && own.resets === 1) || length > 0
  if (isTold && connection.ending.length < told)
    connection.ending.push({
      place,
      direction,
      flags,
      length,
      offset,
      acknowledged,
      isFin,
      acknowledgesFin,
    })
}
