// The round trip of a connection, and which part of it lies on the server's side of the tap. Analysis in, nanoseconds out.
import type { ConnectionAnalysis } from '../../analysis.ts'

export interface RoundTrip {
  readonly nanoseconds: number
  /** Between tap and server, of 1: all of it at the client's tap, nothing at the server's. */
  readonly share: number
}

/** From the handshake; else the least time from data to ACK on both sides of the tap; else none. */
export function roundTripOf({ initiation, maintenance }: ConnectionAnalysis): RoundTrip | null {
  const { rtt, rttToServer } = initiation
  if (rtt !== null) return of(rtt, rttToServer ?? rtt)
  const { client, server } = maintenance.rtt
  if (client === null) return null
  return of(client.min + (server?.min ?? 0), client.min)
}

const of = (rtt: number, toServer: number): RoundTrip => ({
  nanoseconds: Math.round(rtt * 1e9),
  share: rtt > 0 ? Math.min(1, Math.max(0, toServer / rtt)) : 1,
})
