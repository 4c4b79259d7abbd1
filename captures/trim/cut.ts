// One packet, cut: headers stay, and of the payload what is asked for; the rest is left off, or zero where something kept stands behind it.
import type { PacketToWrite } from '../format/pcapng-writer.ts'
import type { Segment } from '../packet/segment.ts'
import type { Range } from './keep.ts'

/** `ranges` are of the stream, in order, within the segment. What it gives is valid until the next call. */
export type Cutter = (
  packet: PacketToWrite,
  segment: Readonly<Pick<Segment, 'headerLength' | 'offset'>>,
  ranges: readonly Range[],
) => PacketToWrite

export function createCutter(): Cutter {
  let scratch = new Uint8Array(2048)
  return (packet, { headerLength, offset }, ranges) => {
    const end = ranges.at(-1)?.to ?? offset
    const capturedLength = headerLength + (end - offset)
    const isFront = ranges.length === 0 || (ranges.length === 1 && ranges[0]?.from === offset)
    if (isFront) return { ...packet, capturedLength }
    if (scratch.length < capturedLength) scratch = new Uint8Array(capturedLength)
    scratch.fill(0, 0, capturedLength)
    scratch.set(packet.bytes.subarray(packet.start, packet.start + headerLength))
    for (const range of ranges) {
      const from = headerLength + range.from - offset
      const to = headerLength + range.to - offset
      scratch.set(packet.bytes.subarray(packet.start + from, packet.start + to), from)
    }
    return { ...packet, bytes: scratch, start: 0, capturedLength }
  }
}
