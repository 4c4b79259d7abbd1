// One TCP segment as read from one packet: what the headers say, and where the payload lies.
import type { Nanoseconds } from '../units.ts'

/** Control bits of the TCP header (RFC 9293 §3.1). */
export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const

/** At most so many SACK blocks fit in the options (RFC 2018 §3). */
export const maxSackBlocks = 4

/** Filled again for each packet: copy what must outlive the next one. Sequence numbers are signed 32-bit integers. */
export interface Segment {
  packet: number
  time: Nanoseconds
  /** Numbers of the address table. */
  source: number
  destination: number
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgement: number
  flags: number
  window: number
  /** Payload bytes on the wire, and of these captured, from the front: `bytes[start … start + available)`. */
  length: number
  available: number
  bytes: Uint8Array
  start: number
  /** Bytes of the whole packet on the wire. */
  wireLength: number
  /** Length of the link, IP and TCP headers before the payload, in the capture; 0: put together from fragments. */
  headerLength: number
  /** From the options; −1: not there. */
  mss: number
  windowScale: number
  sackPermitted: boolean
  hasTimestamps: boolean
  timestampValue: number
  timestampEcho: number
  /** Some of the options were not captured: what is missing above may have been there. */
  areOptionsCut: boolean
  /** Left and right edges, alternating; signed 32-bit. */
  readonly sack: Int32Array
  sackBlocks: number
  /** Where its payload stands in the stream, unwrapped; the TCP stage fills it in. */
  offset: number
  /** Put together from IP fragments. */
  isReassembled: boolean
  /** IP identification (IPv4), −1 without: tells a copy made by the tap from a retransmission. */
  identification: number
}

const none = new Uint8Array(0)

export function createSegment(): Segment {
  return {
    packet: 0,
    time: 0.5,
    source: 0,
    destination: 0,
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgement: 0,
    flags: 0,
    window: 0,
    length: 0,
    available: 0,
    bytes: none,
    start: 0,
    wireLength: 0,
    headerLength: 0,
    mss: -1,
    windowScale: -1,
    sackPermitted: false,
    hasTimestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    areOptionsCut: false,
    sack: new Int32Array(2 * maxSackBlocks),
    sackBlocks: 0,
    offset: -0.5,
    isReassembled: false,
    identification: -1,
  }
}
