// The beginning of a connection as its segments tell it: SYNs, what they offer, and the round trip.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Connection } from './connection.ts'
import { distance } from './sequence.ts'
import type { Stream } from './stream.ts'

/** Notes a SYN, a SYN+ACK, and the ACK that completes the handshake. To be called before the segment is judged. */
export function noteHandshake(
  connection: Connection,
  segment: Segment,
  own: Stream,
  other: Stream,
): void {
  const { flags, time } = segment
  if (flags & Flag.syn) {
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
    connection.handshakeAck = { packet: segment.packet, time }
}

function noteSyn(connection: Connection, segment: Segment, own: Stream, other: Stream): void {
  const place = { packet: segment.packet, time: segment.time }
  const withAck = (segment.flags & Flag.ack) !== 0
  if (!withAck) connection.synTime = segment.time
  if (own.syn !== null && own.syn.isn === segment.sequence) {
    own.syn.last = place
    own.syn.copies += 1
    if (withAck && !own.syn.withAck) own.syn.isAnsweringToo = true
    if (own.syn.areOptionsCut && !segment.areOptionsCut) {
      Object.assign(own.syn, offerOf(segment))
      agreeOnScale(segment, own, other)
    }
    // Both opened at once: what follows the SYN is a SYN+ACK with the same number (RFC 9293 §3.5, figure 7).
    if (withAck && connection.synAck === null) connection.synAck = place
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
  if (withAck) connection.synAck ??= place
  agreeOnScale(segment, own, other)
}

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
  const { synAck, handshakeAck, streams } = connection
  const own = streams[direction].syn
  if (own === null || synAck === null) return 0
  if (!own.withAck) return handshakeAck === null ? 0 : handshakeAck.time - synAck.time
  const called = streams[direction === 0 ? 1 : 0].syn
  return called === null ? 0 : synAck.time - called.last.time
}

/** The window in bytes (RFC 7323 §2.3: that of a SYN is never scaled). */
export const scaledWindow = (segment: Segment, stream: Stream): number =>
  stream.scale > 0 && (segment.flags & Flag.syn) === 0
    ? segment.window << stream.scale
    : segment.window
