// The round trip of each handshake beside tshark's `tcp.analysis.initial_rtt`.
import type { Analysis } from '../../../captures/analysis.ts'
import { Flag } from '../helpers/segment.ts'
import { isHeaderCut } from './past.ts'
import type { TsharkPacket } from './tshark.ts'

export const roundTripFields = [
  'frame.len',
  'frame.cap_len',
  'tcp.stream',
  'tcp.srcport',
  'tcp.flags',
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
  const plain = plainHandshakes(packets)
  for (const { number, initiation } of connections) {
    const { rtt, kind } = initiation
    const other = theirs.get(number) ?? null
    if (isEqual(rtt, other)) agreement.equal += 1
    else if (!plain.has(number) || kind === 'refused' || (other === null && cut.has(number)))
      agreement.onPurpose += 1
    else agreement.breaches.push(`connection ${number}, ${kind}: ${rtt} here, ${other} there`)
  }
  return agreement
}

/** tshark's figure is that of two times of which each was rounded to nanoseconds. */
const isEqual = (ours: number | null, theirs: number | null) =>
  ours === null || theirs === null ? ours === theirs : Math.abs(ours - theirs) < 1.5e-9

/**
 * The connections with a SYN of one side, then a SYN+ACK of the other one only, then the rest. Elsewhere tshark, which
 * takes the first ACK after the latest SYN, need not have the handshake's. With a SYN+ACK that was sent again in between, or an
 * ACK that waited for data, its figure is longer than a round trip, and ours is not (docs/analysis.md).
 */
function plainHandshakes(packets: readonly RoundTripPacket[]): ReadonlySet<number> {
  const order = new Map<number, string>()
  for (const packet of packets) {
    const kind = packet['tcp.flags'] === '' ? '' : kindOf(packet)
    const step = `${packet['tcp.srcport']} ${kind}`
    const number = Number(packet['tcp.stream'])
    const before = order.get(number) ?? ''
    if (!before.endsWith(step)) order.set(number, `${before} | ${step}`)
    else if (kind === 'SYN+ACK') order.set(number, `${before} again`)
  }
  const isPlain =
    /^ \| (\d+) SYN \| (?!\1)(\d+) SYN\+ACK( \| \1 SYN \| \2 SYN\+ACK)* \| \1 ACK(?!.*SYN)/
  return new Set([...order].filter(([, steps]) => isPlain.test(steps)).map(([number]) => number))
}

function kindOf(packet: RoundTripPacket): string {
  const flags = Number(packet['tcp.flags'])
  const isSyn = (flags & Flag.syn) !== 0
  const hasAck = (flags & Flag.ack) !== 0
  if (isSyn) return hasAck ? 'SYN+ACK' : 'SYN'
  if (!hasAck || (flags & Flag.rst) !== 0) return 'other'
  return Number(packet['tcp.len']) > 0 ? 'data' : 'ACK'
}
