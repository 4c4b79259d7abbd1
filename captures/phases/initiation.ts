// The first phase: from the first SYN to the ACK that completes the handshake (RFC 9293 §3.5).
import type { EndOptions, Initiation, InitiationSegment } from '../analysis.ts'
import type { Connection, HandshakeSegment } from '../tcp/connection.ts'
import type { Stream, Syn, SynAck } from '../tcp/stream.ts'
import { type Direction, inSeconds, type Nanoseconds } from '../units.ts'
import { type Roles, roleOf } from './roles.ts'

export function describeInitiation(connection: Connection, roles: Roles): Initiation {
  const caller = connection.streams[roles.client]
  const called = connection.streams[roles.server]
  const kind = kindOf(connection, caller, called)
  const isAnswered = kind === 'handshake' || kind === 'simultaneous'
  const ack = isAnswered ? connection.handshakeAck : null
  const { syn } = caller
  const segments = segmentsOf(connection, roles, kind)
  return {
    kind,
    packets: segments.map(({ packet }) => packet),
    segments,
    duration: syn === null || ack === null ? null : notBelowZero(ack.time - syn.first.time),
    rtt: roundTripOf(syn, called.synAck, ack),
    rttToServer:
      syn === null || called.synAck === null || kind === 'simultaneous'
        ? null
        : notBelowZero(called.synAck.answer.time - syn.last.time),
    synRetransmissions: syn === null ? 0 : syn.copies - 1 - (kind === 'simultaneous' ? 1 : 0),
    synAckRetransmissions: (called.synAck?.copies ?? 1) - 1,
    fastOpenBytes: syn?.dataLength ?? 0,
    isOtherSynUnseen: kind === 'simultaneous' && called.syn?.withAck === true,
    client: optionsOf(syn),
    server: optionsOf(called.syn),
  }
}

/** Where clocks disagree there is no time. */
const notBelowZero = (time: Nanoseconds): number | null => (time < 0 ? null : inSeconds(time))

function roundTripOf(
  syn: Syn | null,
  synAck: SynAck | null,
  ack: HandshakeSegment | null,
): number | null {
  // Data may have been waited for: an upper bound is no round trip.
  if (syn === null || ack === null || ack.length > 0) return null
  const waited = synAck === null ? 0 : synAck.last.time - synAck.answer.time
  return notBelowZero(ack.time - syn.last.time - Math.max(0, waited))
}

function kindOf(connection: Connection, caller: Stream, called: Stream): Initiation['kind'] {
  if (caller.syn === null) return 'unseen'
  // Who calls doesn't answer, but for both that call at once: also where one of the SYNs themselves is not captured.
  if (called.syn !== null)
    return called.syn.withAck && !caller.syn.isAnsweringToo ? 'handshake' : 'simultaneous'
  if (connection.handshakeAck !== null) return 'handshake'
  // A RST in answer to the SYN; one of the caller itself, or none, leaves it unanswered.
  const isRefused = connection.firstReset !== null && called.resets > 0 && called.dataSegments === 0
  if (isRefused) return 'refused'
  return called.packets === 0 ? 'unanswered' : 'unseen'
}

/** In the order of the file, whatever their parts. */
function segmentsOf(
  connection: Connection,
  roles: Roles,
  kind: Initiation['kind'],
): InitiationSegment[] {
  const { handshakeAck, firstReset, firstResetBy, streams } = connection
  const told = (part: InitiationSegment['part'], segment: HandshakeSegment): InitiationSegment => ({
    packet: segment.packet,
    time: inSeconds(segment.time),
    by: roleOf(roles, segment.direction),
    part,
    // Wireshark counts from 1: the SYN is 0.
    sequence: segment.offset + 1,
    acknowledgement: part === 'syn' ? null : segment.acknowledged + 1,
    length: segment.length,
  })
  const isAnswered = kind === 'handshake' || kind === 'simultaneous'
  const directions: readonly Direction[] = [roles.client, roles.server]
  const segments = directions.flatMap((direction) => {
    const { syn, synAck } = streams[direction]
    const own = { direction, offset: -1, acknowledged: -1 }
    return [
      ...(syn === null || syn.withAck
        ? []
        : [told('syn', { ...own, ...syn.first, length: syn.dataLength })]),
      ...(synAck === null ? [] : [told('syn-ack', synAck.first)]),
    ]
  })
  if (isAnswered && handshakeAck !== null) segments.push(told('ack', handshakeAck))
  if (kind === 'refused' && firstReset !== null) {
    segments.push({
      packet: firstReset.packet,
      time: inSeconds(firstReset.time),
      by: roleOf(roles, firstResetBy),
      part: 'reset',
      sequence: null,
      acknowledgement: null,
      length: 0,
    })
  }
  return segments.sort((a, b) => a.packet - b.packet)
}

function optionsOf(syn: Syn | null): EndOptions | null {
  if (syn === null) return null
  return {
    isn: syn.isn >>> 0,
    mss: syn.mss < 0 ? null : syn.mss,
    windowScale: syn.windowScale < 0 ? null : syn.windowScale,
    sackPermitted: syn.sackPermitted,
    timestamps: syn.timestamps,
    window: syn.window,
  }
}
