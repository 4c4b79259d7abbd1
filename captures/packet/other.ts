// Packets that carry no readable TCP: how much of them is headers.
import type { Packet } from '../format/packet.ts'
import { uint16 } from './bytes.ts'
import { linkTypes } from './link.ts'

/** ARP and the like are kept whole: they are all header. */
const shortest = 64
/** The ports and lengths of UDP, the type of an ICMP message; not what it quotes. */
const transportHeader = 8

/** Captured bytes up to the end of the transport header, without the payload. */
export function headersOfOther({ linkType, bytes, start, capturedLength }: Packet): number {
  const end = start + capturedLength
  const ip = linkTypes[linkType]?.ipStart(bytes, start, end) ?? -1
  if (ip < 0) return Math.min(capturedLength, shortest)
  const first = bytes[ip] ?? 0
  const isVersion4 = first >> 4 === 4
  const header = isVersion4 ? (first & 15) * 4 : 40
  // Only the first fragment of a datagram has a transport header; in IPv6 those bytes are the fragment header.
  const isLaterFragment = isVersion4 && ip + 8 <= end && (uint16(bytes, ip + 6) & 0x1fff) !== 0
  return Math.min(capturedLength, ip - start + header + (isLaterFragment ? 0 : transportHeader))
}
