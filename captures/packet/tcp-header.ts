// The TCP header and its options (RFC 9293 §3.1, RFC 7323, RFC 2018), from bytes into a Segment.
import { int32, uint16 } from './bytes.ts'
import { maxSackBlocks, type Segment } from './segment.ts'

const headerLength = 20
/** The options of nearly every segment: two NOPs and the timestamps. */
const onlyTimestamps = 0x0101080a

/**
 * Reads the header at `at`. `end` bounds the captured bytes, `length` is the TCP length by the IP header (header and payload).
 * False: too little of it captured, or senseless.
 */
export function decodeTcp(
  bytes: Uint8Array,
  at: number,
  end: number,
  length: number,
  segment: Segment,
): boolean {
  if (at + headerLength > end) return false
  const dataOffset = ((bytes[at + 12] ?? 0) >> 4) * 4
  if (dataOffset < headerLength || dataOffset > length) return false
  segment.sourcePort = uint16(bytes, at)
  segment.destinationPort = uint16(bytes, at + 2)
  segment.sequence = int32(bytes, at + 4)
  segment.acknowledgement = int32(bytes, at + 8)
  segment.flags = (((bytes[at + 12] ?? 0) & 1) << 8) | (bytes[at + 13] ?? 0)
  segment.window = uint16(bytes, at + 14)
  segment.bytes = bytes
  segment.start = at + dataOffset
  segment.length = length - dataOffset
  segment.available = Math.max(0, Math.min(segment.length, end - segment.start))
  segment.mss = -1
  segment.windowScale = -1
  segment.sackPermitted = false
  segment.hasTimestamps = false
  segment.sackBlocks = 0
  segment.areOptionsCut = at + dataOffset > end
  if (dataOffset > headerLength)
    decodeOptions(bytes, at + headerLength, Math.min(at + dataOffset, end), segment)
  return true
}

function decodeOptions(bytes: Uint8Array, from: number, end: number, segment: Segment): void {
  if (end - from === 12 && int32(bytes, from) === onlyTimestamps) {
    segment.hasTimestamps = true
    segment.timestampValue = int32(bytes, from + 4)
    segment.timestampEcho = int32(bytes, from + 8)
    return
  }
  let at = from
  while (at < end) {
    const kind = bytes[at] ?? 0
    if (kind === 0) return
    if (kind === 1) {
      at += 1
      continue
    }
    const length = bytes[at + 1] ?? 0
    if (length < 2 || at + length > end) return
    decodeOption(bytes, at, kind, length, segment)
    at += length
  }
}

function decodeOption(
  bytes: Uint8Array,
  at: number,
  kind: number,
  length: number,
  segment: Segment,
): void {
  if (kind === 2 && length === 4) segment.mss = uint16(bytes, at + 2)
  // A shift above 14 is to be taken as 14 (RFC 7323 §2.3).
  else if (kind === 3 && length === 3) segment.windowScale = Math.min(14, bytes[at + 2] ?? 0)
  else if (kind === 4 && length === 2) segment.sackPermitted = true
  else if (kind === 8 && length === 10) {
    segment.hasTimestamps = true
    segment.timestampValue = int32(bytes, at + 2)
    segment.timestampEcho = int32(bytes, at + 6)
  } else if (kind === 5) {
    const blocks = Math.min(maxSackBlocks, (length - 2) >> 3)
    for (let index = 0; index < 2 * blocks; index++)
      segment.sack[index] = int32(bytes, at + 2 + 4 * index)
    segment.sackBlocks = blocks
  }
}
