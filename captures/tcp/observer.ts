// What can be watched while a capture is followed: one segment at a time, with what the analysis says of it.
import type { Direction, Nanoseconds } from '../units.ts'

/** What a segment was found to be: bits of `SegmentView.marks`. Names and rules are Wireshark's, where docs/analysis.md doesn't list a difference. */
export const Mark = {
  retransmission: 1 << 0,
  fastRetransmission: 1 << 1,
  spuriousRetransmission: 1 << 2,
  outOfOrder: 1 << 3,
  /** A segment before this one was not captured. */
  lostSegment: 1 << 4,
  /** It acknowledges data that was not captured. */
  ackLostSegment: 1 << 5,
  keepAlive: 1 << 6,
  keepAliveAck: 1 << 7,
  duplicateAck: 1 << 8,
  windowUpdate: 1 << 9,
  windowFull: 1 << 10,
  zeroWindow: 1 << 11,
  zeroWindowProbe: 1 << 12,
  zeroWindowProbeAck: 1 << 13,
  /** A SYN with another ISN on ports that were in use before. */
  reusedPorts: 1 << 14,
} as const

export type MarkName = keyof typeof Mark

/** Filled again for the next segment: copy what must outlive the call. */
export interface SegmentView {
  packet: number
  time: Nanoseconds
  /** Wireshark's `tcp.stream`. */
  connection: number
  direction: Direction
  /** FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256 (as in the header). */
  flags: number
  /** As in the header. */
  rawSequence: number
  rawAcknowledgement: number
  /** Since the first data byte of the stream, unwrapped; a SYN stands at −1. */
  offset: number
  /** Payload bytes on the wire. */
  length: number
  /** As in the header, and as meant (RFC 7323 §2.2). */
  rawWindow: number
  window: number
  marks: number
  /** The packet that this one acknowledges, and how long after it (ns); 0 and −1: none. */
  acknowledgesPacket: number
  acknowledgementTime: Nanoseconds
  /** Unacknowledged bytes of this direction after the segment (RFC 6675's pipe without its guesses); −1: not known. */
  bytesInFlight: number
}

export type SegmentObserver = (segment: SegmentView) => void
