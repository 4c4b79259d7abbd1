// Segments to packets, and packets to the bytes of a capture file.
import type { Nanoseconds } from '../../../captures/units.ts'
import { type FileDescription, pack, pcap, u32 } from '../format/build.ts'
import { ethernetLayer, type LinkLayer } from './frames.ts'
import { ipPacket } from './packets.ts'
import type { TestSegment } from './segment.ts'

export interface TestPacket {
  readonly time: Nanoseconds
  /** As many as the capture keeps. */
  readonly bytes: Uint8Array
  readonly originalLength: number
}

/** 2026-09-21, in the afternoon; ns since 1970. */
const epoch = 1_790_000_000_000_000_000n
const second = 1_000_000_000n

/** Each segment in a packet of that link layer. */
export function packetsOf(
  segments: readonly TestSegment[],
  { frame }: LinkLayer = ethernetLayer,
): TestPacket[] {
  return segments.map((segment, n) => {
    const bytes = frame(ipPacket(segment, { id: n & 0xffff }))
    return {
      time: segment.time,
      bytes: bytes.subarray(0, Math.min(segment.kept, bytes.length)),
      originalLength: bytes.length,
    }
  })
}

/** What the builders of every layout take (format/build.ts). */
export const describeFile = (
  packets: readonly TestPacket[],
  linkType: number = ethernetLayer.linkType,
): FileDescription => ({
  linkType,
  packets: packets.map((packet) => ({ ...packet, time: epoch + BigInt(packet.time) })),
})

/** pcap in ns, little-endian, of any number of packets. */
export function writeCapture(
  packets: readonly TestPacket[],
  linkType: number = ethernetLayer.linkType,
): Uint8Array {
  const records = packets.map(({ time, bytes, originalLength }) => {
    const at = epoch + BigInt(time)
    return pack(
      'little',
      ...[u32(at / second), u32(at % second), u32(bytes.length), u32(originalLength), bytes],
    )
  })
  return Buffer.concat([pcap({ packets: [], digits: 9, linkType }), ...records])
}
