// The round trip of a connection, and which part of it lies on the server's side of the tap. Analysis in, nanoseconds out.
import type { ConnectionAnalysis } from '../../analysis.ts'

export interface RoundTrip {
  readonly nanoseconds: number
  /** Between tap and server, of 1: all of it at the client's tap, nothing at the server's. */
  readonly share: number
}

/**
 * The least of what the capture shows: the handshake, which is one sample and may have met a queue, and the least times from
 * data to ACK on both sides of the tap. `null`: neither is captured.
 */
export function roundTripOf({ initiation, maintenance }: ConnectionAnalysis): RoundTrip | null {
  const { rtt, rttToServer } = initiation
  const { client, server } = maintenance.rtt
  const data = client === null || server === null ? null : client.min + server.min
  if (rtt === null) return data === null || client === null ? null : of(data, client.min / data)
  return of(Math.min(rtt, data ?? rtt), (rttToServer ?? rtt) / rtt)
}

const of = (rtt: number, share: number): RoundTrip => ({
  nanoseconds: Math.round(rtt * 1e9),
  share: Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 1,
})
