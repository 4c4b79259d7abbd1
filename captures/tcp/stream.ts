// What is known of one direction of a connection while its segments go by.
import type { Nanoseconds } from '../units.ts'
import type { HandshakeSegment } from './connection.ts'
import type { Place, StreamOffset } from './piece.ts'
import { createUnacknowledged, type Unacknowledged } from './unacknowledged.ts'

/** A SYN as it was sent, with what it offered. */
export interface Syn {
  readonly isn: number
  /** What it offers; −1: not there. */
  mss: number
  windowScale: number
  sackPermitted: boolean
  timestamps: boolean
  /** Some of that may not be captured: it is taken from a later copy that is whole. */
  areOptionsCut: boolean
  readonly window: number
  readonly withAck: boolean
  readonly first: Place
  /** The latest copy of it. */
  last: Place
  copies: number
  /** It went out without ACK, and then with one: both ends opened at once. */
  isAnsweringToo: boolean
  /** Data in the SYN (RFC 7413), bytes. */
  readonly dataLength: number
}

/** The SYN+ACK of a direction, with its copies. */
export interface SynAck {
  readonly first: HandshakeSegment
  /** The first one behind the latest SYN of the other side, and the latest before the handshake was complete. */
  answer: Place
  last: Place
  copies: number
}

/** Bytes that came before their turn. */
export interface EarlyPiece {
  readonly offset: StreamOffset
  readonly length: number
  readonly available: number
  readonly bytes: Uint8Array
  readonly packet: number
  readonly time: Nanoseconds
  /** What its sender had acknowledged of the other stream: it answers bytes up to there. */
  readonly answers: StreamOffset
}

export interface Stream {
  packets: number
  /** Bytes of its packets on the wire, headers included. */
  wireBytes: number
  /** Sequence number of the first data byte: behind the SYN, else the first one seen or acknowledged. */
  isBased: boolean
  base: number
  syn: Syn | null
  synAck: SynAck | null

  // What Wireshark's analysis remembers of a direction. Sequence numbers are signed 32-bit.
  hasNext: boolean
  /** Highest sequence number after a segment, its unwrapped offset, and when it came. */
  next: number
  nextOffset: StreamOffset
  nextTime: Nanoseconds
  /** Highest one with nothing missing before it. */
  hasContiguous: boolean
  contiguous: number
  hasAck: boolean
  lastAck: number
  lastAckTime: Nanoseconds
  duplicateAcks: number
  /** As in the header; −1: not known yet. */
  window: number
  /** Shift; −1 not known, −2 not used. */
  scale: number
  isFirstAck: boolean
  /** Marks of the latest segment: Wireshark's, and ours. */
  lastMarks: number
  lastOwnMarks: number
  knowsInFlight: boolean
  readonly unacknowledged: Unacknowledged
  /** A segment was added of which a part had been acknowledged before. */
  hasStale: boolean
  /** Bytes that the other side reports by SACK. */
  sacked: number
  /** Blocks in its latest report. */
  sackBlocks: number
  /** Highest sequence number that was sent again: no round-trip times up to there (Karn). */
  hasResent: boolean
  resentTo: number

  // The bytes themselves.
  /** All before it was handed on. */
  frontier: StreamOffset
  /** Highest offset that the other side acknowledged. */
  acknowledged: StreamOffset
  /** When that last grew. */
  acknowledgedAt: Nanoseconds
  early: EarlyPiece[]
  earlyBytes: number
  /** Since when, and for how many packets, an acknowledged byte has been missing. */
  missingSince: Nanoseconds
  missingPackets: number
  uniqueBytes: number
  retransmittedBytes: number
  missingBytes: number
  /** One number beyond the last byte that was sent is acknowledged: a FIN that was not captured, unless more bytes come. −0.5: none. */
  unseenFin: StreamOffset

  // Counts.
  dataSegments: number
  largestSegment: number
  maxInFlight: number
  rttSamples: number
  rttSum: Nanoseconds
  rttMin: Nanoseconds
  rttMax: Nanoseconds
  historyLetters: number
  retransmissions: number
  zeroWindows: number

  // The pace of sending.
  lastDataTime: Nanoseconds
  wasWindowFull: boolean
  /** From, to (ns) and kind, three numbers each: see pace.ts. */
  waits: number[]

  // The end.
  fin: Place | null
  finOffset: StreamOffset
  finAcknowledged: Place | null
  bytesAfterFin: number
  resets: number

  // The tap's doing.
  /** Segments that came a moment after a later one. */
  lateByLittle: number
}

/** Fields of times begin with a fraction, so that engines keep them as doubles from the start. */
const noTime = -0.5

export function createStream(): Stream {
  return {
    packets: 0,
    wireBytes: 0,
    isBased: false,
    base: 0,
    syn: null,
    synAck: null,
    hasNext: false,
    next: 0,
    nextOffset: noTime,
    nextTime: noTime,
    hasContiguous: false,
    contiguous: 0,
    hasAck: false,
    lastAck: 0,
    lastAckTime: noTime,
    duplicateAcks: 0,
    window: -1,
    scale: -1,
    isFirstAck: true,
    lastMarks: 0,
    lastOwnMarks: 0,
    knowsInFlight: true,
    unacknowledged: createUnacknowledged(),
    hasStale: false,
    sacked: 0,
    sackBlocks: 0,
    hasResent: false,
    resentTo: 0,
    frontier: 0,
    acknowledged: noTime,
    acknowledgedAt: noTime,
    early: [],
    earlyBytes: 0,
    missingSince: noTime,
    missingPackets: 0,
    uniqueBytes: 0,
    retransmittedBytes: 0,
    missingBytes: 0,
    unseenFin: noTime,
    dataSegments: 0,
    largestSegment: 0,
    maxInFlight: 0,
    rttSamples: 0,
    rttSum: noTime,
    rttMin: noTime,
    rttMax: noTime,
    historyLetters: 0,
    retransmissions: 0,
    zeroWindows: 0,
    lastDataTime: noTime,
    wasWindowFull: false,
    waits: [],
    fin: null,
    finOffset: noTime,
    finAcknowledged: null,
    bytesAfterFin: 0,
    resets: 0,
    lateByLittle: 0,
  }
}

/** The unwrapped offset of a sequence number: the one nearest to what was seen last. */
export function offsetOf(stream: Stream, sequence: number): StreamOffset {
  return stream.hasNext
    ? stream.nextOffset + ((sequence - stream.next) | 0)
    : (sequence - stream.base) | 0
}
