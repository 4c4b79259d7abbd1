// Link layer: where in a packet the IP header starts. One row a link type (tcpdump.org/linktypes.html).
import { uint16 } from './bytes.ts'

export interface LinkType {
  readonly name: string
  /** Index of the IP header in `bytes`, which hold the packet at `[start, end)`; −1: no IP in it. */
  readonly ipStart: (bytes: Uint8Array, start: number, end: number) => number
}

/** Address families of BSD systems: AF_INET, and the values of AF_INET6 in use. */
const families = new Set([2, 10, 24, 28, 30])

const raw: LinkType['ipStart'] = (_, start) => start

export const linkTypes: Readonly<Record<number, LinkType>> = {
  // In the byte order of the machine that wrote the file: the small one of the two readings counts.
  0: {
    name: 'NULL',
    ipStart: (bytes, start, end) =>
      start + 4 <= end && families.has((bytes[start] ?? 0) || (bytes[start + 3] ?? 0))
        ? start + 4
        : -1,
  },
  1: {
    name: 'ETHERNET',
    ipStart: (bytes, start, end) => etherPayload(bytes, start + 12, end),
  },
  12: { name: 'RAW', ipStart: raw },
  14: { name: 'RAW', ipStart: raw },
  101: { name: 'RAW', ipStart: raw },
  108: {
    name: 'LOOP',
    ipStart: (bytes, start, end) =>
      start + 4 <= end && families.has(bytes[start + 3] ?? 0) ? start + 4 : -1,
  },
  113: { name: 'LINUX_SLL', ipStart: (bytes, start, end) => etherPayload(bytes, start + 14, end) },
  228: { name: 'IPV4', ipStart: raw },
  229: { name: 'IPV6', ipStart: raw },
  276: {
    name: 'LINUX_SLL2',
    // The type stands at the front of a 20-byte header.
    ipStart: (bytes, start, end) =>
      start + 20 <= end ? behindTags(bytes, uint16(bytes, start), start + 20, end) : -1,
  },
}

/** The type field at `at`, then the payload. −1: no IP in it. */
export function etherPayload(bytes: Uint8Array, at: number, end: number): number {
  return at + 2 <= end ? behindTags(bytes, uint16(bytes, at), at + 2, end) : -1
}

/** In the place of a type the length of an IEEE 802.3 frame, with LLC behind it. */
const longestLlc = 1500

/** LLC with a SNAP header that has an EtherType (RFC 1042). */
const isSnap = (bytes: Uint8Array, at: number, end: number): boolean =>
  at + 8 <= end &&
  uint16(bytes, at) === 0xaaaa &&
  uint16(bytes, at + 2) === 0x0300 &&
  uint16(bytes, at + 4) === 0

/** Skips what may stand between an EtherType and IP: VLAN tags (802.1Q, 802.1ad), SNAP (RFC 1042), PPPoE (RFC 2516), MPLS (RFC 3032). */
function behindTags(bytes: Uint8Array, first: number, from: number, end: number): number {
  let type = first
  let at = from
  while (at < end) {
    if (type === 0x0800 || type === 0x86dd) return at
    if (type === 0x8100 || type === 0x88a8 || type === 0x9100) {
      if (at + 4 > end) return -1
      type = uint16(bytes, at + 2)
      at += 4
    } else if (type <= longestLlc && isSnap(bytes, at, end)) {
      type = uint16(bytes, at + 6)
      at += 8
    } else if (type === 0x8864) {
      if (at + 8 > end) return -1
      const protocol = uint16(bytes, at + 6)
      return protocol === 0x0021 || protocol === 0x0057 ? at + 8 : -1
    } else if (type === 0x8847 || type === 0x8848) {
      return behindLabels(bytes, at, end)
    } else return -1
  }
  return -1
}

/** The last label of an MPLS stack has its bottom bit set; IP's version follows. */
function behindLabels(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + 4 < end; at += 4) {
    if (((bytes[at + 2] ?? 0) & 1) === 0) continue
    const version = (bytes[at + 4] ?? 0) >> 4
    return version === 4 || version === 6 ? at + 4 : -1
  }
  return -1
}
