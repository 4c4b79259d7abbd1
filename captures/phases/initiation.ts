// The first phase: from the first SYN to the ACK that completes the handshake (RFC 9293 §3.5).
import type { EndOptions, Initiation } from '../analysis.ts'
import type { Connection } from '../tcp/connection.ts'
import type { Stream, Syn } from '../tcp/stream.ts'
import { inSeconds } from '../units.ts'
import type { Roles } from './roles.ts'

export function describeInitiation(connection: Connection, { client, server }: Roles): Initiation {
  const caller = connection.streams[client]
  const called = connection.streams[server]
  const { synAck, handshakeAck, firstReset } = connection
  const kind = kindOf(connection, caller, called)
  const isAnswered = kind === 'handshake' || kind === 'simultaneous'
  const ack = isAnswered ? handshakeAck : null
  const syn = caller.syn
  const packets = [
    syn?.first.packet,
    kind === 'simultaneous' ? called.syn?.first.packet : undefined,
    isAnswered || kind === 'unseen' ? synAck?.packet : undefined,
    kind === 'simultaneous' && called.syn?.withAck ? syn?.last.packet : undefined,
    ack?.packet,
    kind === 'refused' ? firstReset?.packet : undefined,
  ]
  const told = packets.filter((packet) => packet !== undefined)
  return {
    kind,
    packets: [...new Set(told)].sort((a, b) => a - b),
    duration: syn === null || ack === null ? null : inSeconds(ack.time - syn.first.time),
    rtt: syn === null || ack === null ? null : inSeconds(ack.time - syn.last.time),
    rttToServer:
      syn === null || synAck === null || synAck.time < syn.last.time
        ? null
        : inSeconds(synAck.time - syn.last.time),
    synRetransmissions: syn === null ? 0 : syn.copies - 1 - (kind === 'simultaneous' ? 1 : 0),
    fastOpenBytes: syn?.dataLength ?? 0,
    isOtherSynUnseen: kind === 'simultaneous' && called.syn?.withAck === true,
    client: optionsOf(syn),
    server: optionsOf(called.syn),
  }
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
