// The round trip of each handshake beside tshark's `tcp.analysis.initial_rtt`.
import type { Analysis, ConnectionAnalysis } from '../../../captures/analysis.ts'
import { isHeaderCut } from './past.ts'
import type { TsharkPacket } from './tshark.ts'

export const roundTripFields = [
  'frame.len',
  'frame.cap_len',
  'tcp.stream',
  'tcp.len',
  'tcp.analysis.initial_rtt',
] as const

export type RoundTripPacket = TsharkPacket<(typeof roundTripFields)[number]>

export interface RoundTripAgreement {
  equal: number
  /** tshark tells one where no handshake is, or was not seen in its order; or none, where it tells nothing. */
  onPurpose: number
  readonly breaches: string[]
}

export function compareRoundTrips(
  { connections }: Analysis,
  packets: readonly RoundTripPacket[],
): RoundTripAgreement {
  const theirs = new Map<number, number>()
  const cut = new Set(packets.filter(isHeaderCut).map((packet) => Number(packet['tcp.stream'])))
  for (const packet of packets) {
    const value = packet['tcp.analysis.initial_rtt']
    if (value !== '' && !value.includes('|'))
      theirs.set(Number(packet['tcp.stream']), Number(value))
  }
  const agreement: RoundTripAgreement = { equal: 0, onPurpose: 0, breaches: [] }
  for (const connection of connections) {
    const { rtt, kind } = connection.initiation
    const other = theirs.get(connection.number) ?? null
    if (isEqual(rtt, other)) agreement.equal += 1
    else if (isOnPurpose(connection) || (other === null && cut.has(connection.number)))
      agreement.onPurpose += 1
    else
      agreement.breaches.push(
        `connection ${connection.number}, ${kind}: ${rtt} here, ${other} there`,
      )
  }
  return agreement
}

/** tshark's figure is that of two times of which each was rounded to nanoseconds. */
const isEqual = (ours: number | null, theirs: number | null) =>
  ours === null || theirs === null ? ours === theirs : Math.abs(ours - theirs) < 1.5e-9

/**
 * tshark takes the first segment with ACK after the latest SYN: a refusal too, either side's where both call at once,
 * and the ACK of a connection of which the SYN+ACK was not captured, or is in the file behind it.
 */
function isOnPurpose({ initiation }: ConnectionAnalysis): boolean {
  const { kind, server, packets } = initiation
  return kind !== 'handshake' || server === null || packets.length !== 3
}
