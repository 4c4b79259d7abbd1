// A packet of a capture into the TCP segment that it carries: link layer, IP (v4, v6, one in the other), TCP.
import type { Packet } from '../format/packet.ts'
import { type AddressTable, createAddressTable } from './addresses.ts'
import { int32, uint16 } from './bytes.ts'
import { createFragmentTable, type Fragment, type FragmentPlace } from './fragments.ts'
import { etherPayload, type LinkType, linkTypes } from './link.ts'
import type { Segment } from './segment.ts'
import { decodeTcp } from './tcp-header.ts'

/**
 * `tcp`: the segment is filled · `other`: no TCP in it · `fragment`: a part of a datagram that is not complete yet ·
 * `unreadable`: TCP of which the header is cut or senseless · `link`: a link type that is not known here.
 */
export type Decoded = 'tcp' | 'other' | 'fragment' | 'unreadable' | 'link'

export interface Decoder {
  readonly addresses: AddressTable
  /** Fills the segment. */
  decode(packet: Packet, segment: Segment): Decoded
  /** Of the latest segment that was put together: where its parts lie. */
  fragments(): readonly FragmentPlace[]
  /** Packets that were told to be a `fragment` and of which the datagram became whole later. */
  joined(): number
}

const protocolTcp = 6
/** IP in IP: a tunnel in a tunnel is followed so far. */
const maxDepth = 4

export function createDecoder(): Decoder {
  const addresses = createAddressTable()
  const fragments = createFragmentTable()
  let lastLinkType = -1
  let link: LinkType | undefined
  let places: readonly FragmentPlace[] = []
  let joined = 0
  /** Of the packet at hand: its number, and where it begins in `bytes`. */
  let packetNumber = 0
  let packetStart = 0

  /** `end` bounds the captured bytes; `wire` is how many there were from `at` on. */
  function decodeIp(
    bytes: Uint8Array,
    at: number,
    end: number,
    wire: number,
    segment: Segment,
    depth: number,
  ): Decoded {
    const version = (bytes[at] ?? 0) >> 4
    if (version === 4) return decodeIpv4(bytes, at, end, wire, segment, depth)
    return version === 6 ? decodeIpv6(bytes, at, end, wire, segment, depth) : 'other'
  }

  function decodeIpv4(
    bytes: Uint8Array,
    at: number,
    end: number,
    wire: number,
    segment: Segment,
    depth: number,
  ): Decoded {
    if (at + 20 > end) return 'other'
    const headerLength = ((bytes[at] ?? 0) & 15) * 4
    if (headerLength < 20 || at + headerLength > end) return 'other'
    // 0 where the network card was to split the packet; more than the frame where the header lies.
    const said = uint16(bytes, at + 2)
    const total = said < headerLength || said > wire ? wire : said
    const protocol = bytes[at + 9] ?? 0
    const fragment = uint16(bytes, at + 6)
    const payload = at + headerLength
    // What lies behind it is padding of the frame (Ethernet's 60 bytes).
    const payloadEnd = Math.min(end, at + total)
    const length = total - headerLength
    const isFragment = (fragment & 0x3fff) !== 0
    if (!isFragment && protocol !== protocolTcp)
      return decodeTunnelled(bytes, protocol, at, payload, payloadEnd, total, segment, depth)
    if (protocol !== protocolTcp) return isTunnel(protocol) ? 'fragment' : 'other'
    segment.source = addresses.ipv4(bytes, at + 12)
    segment.destination = addresses.ipv4(bytes, at + 16)
    segment.identification = uint16(bytes, at + 4)
    if (!isFragment)
      return decodeTcp(bytes, payload, payloadEnd, length, segment) ? 'tcp' : 'unreadable'
    if (payloadEnd - payload < length) return 'fragment'
    return decodeFragment(segment, {
      key: `4 ${int32(bytes, at + 12)} ${int32(bytes, at + 16)} ${segment.identification}`,
      packet: packetNumber,
      start: payload - packetStart,
      offset: (fragment & 0x1fff) * 8,
      isLast: (fragment & 0x2000) === 0,
      bytes: bytes.subarray(payload, payloadEnd),
    })
  }

  function decodeIpv6(
    bytes: Uint8Array,
    at: number,
    end: number,
    wire: number,
    segment: Segment,
    depth: number,
  ): Decoded {
    if (at + 40 > end) return 'other'
    // 0 for a jumbogram (RFC 2675), or where the network card was to split the packet.
    const said = uint16(bytes, at + 4)
    const total = said === 0 || said + 40 > wire ? wire : said + 40
    const payloadEnd = Math.min(end, at + total)
    let protocol = bytes[at + 6] ?? 0
    let next = at + 40
    let fragment = 0
    let fragmentId = 0
    // Extension headers: hop-by-hop, routing, fragment, authentication, destination options, mobility (RFC 8200 §4).
    while (protocol !== protocolTcp && next + 8 <= payloadEnd) {
      const length = extensionLength(bytes, next, protocol)
      if (length === 0) break
      if (protocol === extensionFragment) {
        fragment = uint16(bytes, next + 2)
        fragmentId = int32(bytes, next + 4)
      }
      protocol = bytes[next] ?? 0
      next += length
      // What follows is a part of the datagram, not a header.
      if ((fragment & 0xfff9) !== 0) break
    }
    const length = total - (next - at)
    const isFragment = (fragment & 0xfff9) !== 0
    if (!isFragment && protocol !== protocolTcp)
      return decodeTunnelled(bytes, protocol, at, next, payloadEnd, total, segment, depth)
    if (protocol !== protocolTcp) return isTunnel(protocol) ? 'fragment' : 'other'
    if (length < 0) return 'unreadable'
    segment.source = addresses.ipv6(bytes, at + 8)
    segment.destination = addresses.ipv6(bytes, at + 24)
    segment.identification = -1
    if (!isFragment)
      return decodeTcp(bytes, next, payloadEnd, length, segment) ? 'tcp' : 'unreadable'
    if (payloadEnd - next < length) return 'fragment'
    return decodeFragment(segment, {
      key: `6 ${segment.source} ${segment.destination} ${fragmentId}`,
      packet: packetNumber,
      start: next - packetStart,
      offset: fragment & 0xfff8,
      isLast: (fragment & 1) === 0,
      bytes: bytes.subarray(next, payloadEnd),
    })
  }

  /** The segment, once the last missing part of it is there. */
  function decodeFragment(segment: Segment, fragment: Fragment): Decoded {
    const whole = fragments.add(fragment)
    if (whole === null) return 'fragment'
    const { bytes } = whole
    places = whole.places
    joined += places.length - 1
    segment.isReassembled = true
    return decodeTcp(bytes, 0, bytes.length, bytes.length, segment) ? 'tcp' : 'unreadable'
  }

  /** An IP packet in the payload of another one that starts at `at`. */
  function decodeTunnelled(
    bytes: Uint8Array,
    protocol: number,
    at: number,
    payload: number,
    payloadEnd: number,
    total: number,
    segment: Segment,
    depth: number,
  ): Decoded {
    const inner = innerStart(bytes, protocol, payload, payloadEnd)
    if (inner < 0 || depth >= maxDepth) return 'other'
    return decodeIp(bytes, inner, payloadEnd, total - (inner - at), segment, depth + 1)
  }

  return {
    addresses,
    fragments: () => places,
    joined: () => joined,
    decode(packet, segment) {
      if (packet.linkType !== lastLinkType) {
        lastLinkType = packet.linkType
        link = linkTypes[lastLinkType]
      }
      if (link === undefined) return 'link'
      const { bytes, start } = packet
      packetNumber = packet.number
      packetStart = start
      const end = start + packet.capturedLength
      const at = link.ipStart(bytes, start, end)
      if (at < 0 || at >= end) return 'other'
      segment.packet = packet.number
      segment.time = packet.time
      segment.isReassembled = false
      segment.wireLength = packet.originalLength
      // Never shorter than what is there: some writers put nonsense into the original length.
      const wire = Math.max(packet.originalLength, packet.capturedLength) - (at - start)
      const decoded = decodeIp(bytes, at, end, wire, segment, 0)
      segment.headerLength = segment.isReassembled ? 0 : segment.start - start
      return decoded
    },
  }
}

const extensionFragment = 44

/** Bytes of an IPv6 extension header of that type; 0: it is none. */
function extensionLength(bytes: Uint8Array, at: number, type: number): number {
  if (type === extensionFragment) return 8
  if (type === 0 || type === 43 || type === 60 || type === 135)
    return ((bytes[at + 1] ?? 0) + 1) * 8
  // The authentication header counts in other units (RFC 4302 §2.2).
  return type === 51 ? ((bytes[at + 1] ?? 0) + 2) * 4 : 0
}

/** IP in IP, IPv6 in IP, GRE: what they carry may be TCP. */
const isTunnel = (protocol: number) => protocol === 4 || protocol === 41 || protocol === 47

/** Where the inner IP header starts; −1: none. */
function innerStart(bytes: Uint8Array, protocol: number, at: number, end: number): number {
  // IP in IP (RFC 2003, RFC 4213).
  if (protocol === 4 || protocol === 41) return at < end ? at : -1
  if (protocol === 47) return behindGre(bytes, at, end)
  return protocol === 17 ? behindVxlan(bytes, at, end) : -1
}

/** Generic Routing Encapsulation without routing (RFC 2784, 2890): IP, or an Ethernet frame. */
function behindGre(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  const flags = uint16(bytes, at)
  const type = uint16(bytes, at + 2)
  if ((flags & 0x4007) !== 0) return -1
  const optional = [0x8000, 0x2000, 0x1000].filter((bit) => (flags & bit) !== 0).length
  const inner = at + 4 + 4 * optional
  if (type === 0x6558) return etherPayload(bytes, inner + 12, end)
  const isIp = type === 0x0800 || type === 0x86dd
  return isIp && inner < end ? inner : -1
}

const vxlanPort = 4789

/** An Ethernet frame in UDP (RFC 7348): the flag I tells that the header has an identifier. */
function behindVxlan(bytes: Uint8Array, at: number, end: number): number {
  if (at + 16 > end || uint16(bytes, at + 2) !== vxlanPort) return -1
  if (((bytes[at + 8] ?? 0) & 8) === 0) return -1
  return etherPayload(bytes, at + 16 + 12, end)
}
