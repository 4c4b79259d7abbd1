// A TCP segment as the tests build it: what the headers shall say, and the payload. Times are ns since the start.
import type { Endpoint, Nanoseconds } from '../../../captures/units.ts'

/** Control bits of the TCP header (RFC 9293 §3.1, RFC 9768). */
export const Flag = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
  ae: 256,
} as const

export interface TestSegment {
  readonly time: Nanoseconds
  readonly from: Endpoint
  readonly to: Endpoint
  readonly flags: number
  /** As in the header: whole numbers below 2³². */
  readonly sequence: number
  readonly acknowledgement: number
  readonly window: number
  /** Encoded, padded to four bytes. */
  readonly options: Uint8Array
  readonly payload: Uint8Array
  /** Bytes of the packet that the capture keeps. */
  readonly kept: number
}

/** As in a header: modulo 2³². */
export const wrapped = (sequence: number): number => sequence >>> 0
