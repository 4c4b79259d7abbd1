// The beginning of a connection as its segments tell it: SYNs, what they offer, and the round trip.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Connection, HandshakeSegment } from './connection.ts'
import { distance } from './sequence.ts'
import { offsetOf, type Stream } from './stream.ts'

/**
 * Notes a SYN, a SYN+ACK, and the ACK that completes the handshake. To be called before the segment is judged. A copy made by the
 * tap was sent once.
 */
export function noteHandshake(
  connection: Connection,
  segment: Segment,
  own: Stream,
  other: Stream,
  isCopy: boolean,
): void {
  const { flags, time } = segment
  if (flags & Flag.syn) {
    if (isCopy) return
    noteSyn(connection, segment, own, other)
    return
  }
  if ((flags & Flag.ack) === 0) return
  // The first segment with ACK and without SYN, from whichever side, as Wireshark has it.
  if (connection.initialRtt < 0 && connection.synTime >= 0)
    connection.initialRtt = time - connection.synTime
  if (connection.handshakeAck !== null || (flags & Flag.rst) !== 0) return
  // The SYN+ACK may not be captured, or stand behind this ACK: the recorder saw two queues.
  const isOfCaller = own.syn !== null && !own.syn.withAck
  if (isOfCaller && distance(other.base, segment.acknowledgement) >= 0)
    connection.handshakeAck = placed(connection, segment, own, other)
}

function noteSyn(connection: Connection, segment: Segment, own: Stream, other: Stream): void {
  const place = { packet: segment.packet, time: segment.time }
  const withAck = (segment.flags & Flag.ack) !== 0
  if (withAck) noteSynAck(connection, segment, own, other)
  else connection.synTime = segment.time
  if (own.syn !== null && own.syn.isn === segment.sequence) {
    own.syn.last = place
    own.syn.copies += 1
    if (withAck && !own.syn.withAck) own.syn.isAnsweringToo = true
    if (own.syn.areOptionsCut && !segment.areOptionsCut) {
      Object.assign(own.syn, offerOf(segment))
      agreeOnScale(segment, own, other)
    }
    return
  }
  const isOther = own.isBased && distance(segment.sequence, own.base) !== 1
  if (withAck && isOther) connection.laterOne ??= place
  if (own.syn !== null) return
  own.syn = {
    isn: segment.sequence,
    ...offerOf(segment),
    window: segment.window,
    withAck,
    first: place,
    last: place,
    copies: 1,
    isAnsweringToo: false,
    dataLength: segment.length,
  }
  agreeOnScale(segment, own, other)
}

/** Both that open at once send one, with the number of their SYN (RFC 9293 §3.5, figure 7). */
function noteSynAck(connection: Connection, segment: Segment, own: Stream, other: Stream): void {
  const { synAck } = own
  const first = placed(connection, segment, own, other)
  if (synAck === null) {
    own.synAck = { first, answer: first, last: first, copies: 1 }
    return
  }
  // Of a later connection on the same ports.
  if (first.offset !== synAck.first.offset) return
  synAck.copies += 1
  if (connection.handshakeAck !== null) return
  synAck.last = first
  if (other.syn !== null && synAck.answer.packet < other.syn.last.packet) synAck.answer = first
}

const placed = (
  connection: Connection,
  { packet, time, sequence, acknowledgement, length }: Segment,
  own: Stream,
  other: Stream,
): HandshakeSegment => ({
  packet,
  time,
  direction: connection.streams[0] === own ? 0 : 1,
  offset: offsetOf(own, sequence),
  acknowledged: offsetOf(other, acknowledgement),
  length,
})

const offerOf = (segment: Segment) => ({
  mss: segment.mss,
  windowScale: segment.windowScale,
  sackPermitted: segment.sackPermitted,
  timestamps: segment.hasTimestamps,
  areOptionsCut: segment.areOptionsCut,
})

function agreeOnScale(segment: Segment, own: Stream, other: Stream): void {
  // Scaling is in use only if both SYNs offer it (RFC 7323 §2.2); of a SYN that is cut nobody knows.
  if (segment.windowScale >= 0) own.scale = other.scale === -2 ? -2 : segment.windowScale
  else if (!segment.areOptionsCut) {
    own.scale = -2
    other.scale = -2
  }
}

/** How long a segment takes from the tap to that end and the answer back, as the handshake showed; 0: not known. */
export function tapRoundTrip(connection: Connection, direction: Direction): Nanoseconds {
  const { handshakeAck, streams } = connection
  const { syn, synAck } = streams[direction]
  const other = streams[direction === 0 ? 1 : 0]
  if (syn === null) return 0
  if (syn.withAck)
    return synAck === null || other.syn === null ? 0 : synAck.answer.time - other.syn.last.time
  return handshakeAck === null || other.synAck === null
    ? 0
    : handshakeAck.time - other.synAck.last.time
}

/** The window in bytes (RFC 7323 §2.3: that of a SYN is never scaled). */
export const scaledWindow = (segment: Segment, stream: Stream): number =>
  stream.scale > 0 && (segment.flags & Flag.syn) === 0
    ? segment.window << stream.scale
    : segment.window
