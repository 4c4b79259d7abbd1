// One TCP connection as it is followed: both streams, and what concerns them together.
import type { Direction, Nanoseconds } from '../units.ts'
import type { Place, StreamConsumer, StreamOffset } from './piece.ts'
import { createStream, type Stream } from './stream.ts'

/** No bytes of a message in either direction, for longer than a connection at work takes. */
export interface Silence {
  readonly from: Place
  /** `null`: the capture ended in it. */
  readonly to: Place | null
  /** Who ended it, and with what. */
  readonly direction: Direction | null
  readonly endedBy: 'data' | 'retransmission' | 'fin' | 'reset' | 'capture'
  /** A window was closed in it. */
  readonly withZeroWindow: boolean
  readonly probes: number
}

/** A segment of the end of a connection. */
export interface EndSegment {
  readonly place: Place
  readonly direction: Direction
  readonly flags: number
  readonly length: number
  /** Of the first payload byte, and what it acknowledges of the other stream; `null`: no ACK flag. */
  readonly offset: StreamOffset
  readonly acknowledged: StreamOffset | null
  /** It is the first FIN of its direction, or acknowledges the other's for the first time. */
  readonly isFin: boolean
  readonly acknowledgesFin: boolean
}

/** A segment that takes part in the handshake. */
export interface HandshakeSegment extends Place {
  readonly direction: Direction
  /** Where it stands in its own stream (a SYN at −1), and up to where it acknowledges the other one. */
  readonly offset: StreamOffset
  readonly acknowledged: StreamOffset
  /** Payload bytes. */
  readonly length: number
}

export interface Counts {
  retransmissions: number
  fastRetransmissions: number
  spuriousRetransmissions: number
  outOfOrder: number
  duplicateAcks: number
  zeroWindows: number
  windowFull: number
  windowUpdates: number
  keepAliveProbes: number
  keepAliveAnswers: number
  zeroWindowProbes: number
  dsacks: number
}

/** Packets that are in the file twice. */
export interface Copies {
  /** Known by their IP identification; and by all else that they say, where they have none. */
  certain: number
  likely: number
  /** How far they lie from the first ones. */
  least: Nanoseconds
  most: Nanoseconds
}

export interface Connection {
  /** Wireshark's `tcp.stream`. */
  readonly number: number
  /** Numbers of the address table. The end with index 0 sent the first segment that was captured. */
  readonly addresses: readonly [number, number]
  readonly ports: readonly [number, number]
  readonly streams: readonly [Stream, Stream]
  packets: number
  readonly first: Place
  lastPacket: number
  lastTime: Nanoseconds
  readonly isReusedPorts: boolean
  /** A SYN+ACK with another ISN: from here on it is a later connection of the same ends, of which the SYN was not captured. */
  laterOne: Place | null
  /** The latest SYN without ACK, by whomever; and from it to the first bare ACK: what Wireshark calls iRTT. −1: not seen. */
  synTime: Nanoseconds
  initialRtt: Nanoseconds
  /** The first ACK of who called that acknowledges the other's SYN: it may carry data. */
  handshakeAck: HandshakeSegment | null
  firstReset: Place | null
  firstResetBy: Direction
  lastResetTime: Nanoseconds
  readonly counts: Counts
  readonly copies: Copies
  /** Zeek's letters; capitals: direction 0. */
  history: string
  /** The latest packet with payload. */
  lastPayloadTime: Nanoseconds
  lastPayloadPacket: number
  readonly silences: Silence[]
  sawZeroWindow: boolean
  probesSincePayload: number
  /** Segments from the first FIN or RST on; bounded. */
  readonly ending: EndSegment[]
  /** When the first FIN or RST came; −0.5: not yet. And the latest payload before it, −0.5: none. */
  endTime: Nanoseconds
  payloadTimeAtEnd: Nanoseconds
  consumer: StreamConsumer | null
}

export function createConnection(
  number: number,
  addresses: readonly [number, number],
  ports: readonly [number, number],
  first: Place,
  isReusedPorts: boolean,
): Connection {
  return {
    number,
    addresses,
    ports,
    streams: [createStream(), createStream()],
    packets: 0,
    first,
    lastPacket: first.packet,
    lastTime: first.time,
    isReusedPorts,
    laterOne: null,
    synTime: -1.5,
    initialRtt: -1.5,
    handshakeAck: null,
    firstReset: null,
    firstResetBy: 0,
    lastResetTime: -0.5,
    counts: {
      retransmissions: 0,
      fastRetransmissions: 0,
      spuriousRetransmissions: 0,
      outOfOrder: 0,
      duplicateAcks: 0,
      zeroWindows: 0,
      windowFull: 0,
      windowUpdates: 0,
      keepAliveProbes: 0,
      keepAliveAnswers: 0,
      zeroWindowProbes: 0,
      dsacks: 0,
    },
    copies: { certain: 0, likely: 0, least: -0.5, most: -0.5 },
    history: '',
    lastPayloadTime: -0.5,
    lastPayloadPacket: 0,
    silences: [],
    sawZeroWindow: false,
    probesSincePayload: 0,
    ending: [],
    endTime: -0.5,
    payloadTimeAtEnd: -0.5,
    consumer: null,
  }
}
