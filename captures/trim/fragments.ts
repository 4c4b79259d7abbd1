// What a trimmed capture keeps of IP fragments: a datagram becomes whole only of whole fragments, so their length stays, and the
// bytes of a file in them become zero.
import type { ReassembledSegment } from '../analyse.ts'
import type { PacketToWrite } from '../format/pcapng-writer.ts'
import type { FragmentPlace } from '../packet/fragments.ts'
import type { KeptRanges, Range } from './keep.ts'

export interface KeptFragments {
  add(segment: ReassembledSegment): void
  /** The packet without bytes of a file; `null`: it is no fragment of a segment that became whole. */
  trimmed(packet: PacketToWrite, number: number): PacketToWrite | null
}

interface KeptFragment {
  readonly place: FragmentPlace
  readonly segment: ReassembledSegment
}

export function createKeptFragments(kept: KeptRanges): KeptFragments {
  const fragments = new Map<number, KeptFragment>()
  return {
    add(segment) {
      for (const place of segment.fragments) fragments.set(place.packet, { place, segment })
    },
    trimmed(packet, number) {
      const fragment = fragments.get(number)
      if (fragment === undefined) return null
      const { place } = fragment
      const bytes = new Uint8Array(place.start + place.length)
      const whole = packet.bytes.subarray(packet.start, packet.start + bytes.length)
      bytes.set(whole.subarray(0, place.start))
      for (const { from, to } of partsOf(fragment, kept)) bytes.set(whole.subarray(from, to), from)
      return { ...packet, bytes, start: 0, capturedLength: bytes.length }
    },
  }
}

/** What of the packet is kept behind its IP header: the TCP header, and heads. */
function partsOf({ place, segment }: KeptFragment, kept: KeptRanges): Range[] {
  const { connection, direction, offset, headerLength, length } = segment
  const heads = kept.within(connection, direction, offset, offset + length)
  const toPacket = place.start - place.offset
  const inDatagram = [
    { from: 0, to: headerLength },
    ...heads.map(({ from, to }) => ({
      from: headerLength + from - offset,
      to: headerLength + to - offset,
    })),
  ]
  return inDatagram
    .map(({ from, to }) => ({
      from: toPacket + Math.max(from, place.offset),
      to: toPacket + Math.min(to, place.offset + place.length),
    }))
    .filter(({ from, to }) => to > from)
}
