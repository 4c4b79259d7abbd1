// A connection that its caller broke off before it was open: how scanners look whether a port is.
import type { ConnectionAnalysis } from '../analysis.ts'

export type HalfOpenFacts = Pick<ConnectionAnalysis, 'initiation' | 'termination' | 'payloadBytes'>

/** The server agreed, and in the place of the ACK the client sent a RST. */
export const isHalfOpen = ({ initiation, termination, payloadBytes }: HalfOpenFacts): boolean =>
  initiation.kind === 'handshake' &&
  initiation.duration === null &&
  termination.kind === 'reset' &&
  termination.by === 'client' &&
  payloadBytes.client + payloadBytes.server === 0
