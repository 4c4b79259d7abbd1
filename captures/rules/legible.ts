// Whether the exchanges of a connection can be told from its bytes. Where they can't, nobody knows whether one was under way.
import type { ConnectionAnalysis } from '../analysis.ts'

export type LegibleFacts = Pick<ConnectionAnalysis, 'protocol' | 'payloadBytes' | 'initiation'>

/** HTTP/1.1 was read on it; or it carried no byte at all, and that is known from its beginning on. */
export const isLegible = ({ protocol, payloadBytes, initiation }: LegibleFacts): boolean =>
  protocol === 'http' ||
  (payloadBytes.client + payloadBytes.server === 0 && initiation.kind !== 'unseen')
