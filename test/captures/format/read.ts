// Reads a capture that lies in memory, in chunks of a given size, and keeps copies of its packets.
import { createCaptureReader } from '../../../captures/format/capture-file.ts'
import type { CaptureSummary, Packet } from '../../../captures/format/packet.ts'

export interface ReadPacket extends Omit<Packet, 'bytes' | 'start'> {
  /** A copy of what was kept. */
  readonly data: Uint8Array
}

export interface ReadCapture {
  readonly packets: readonly ReadPacket[]
  readonly summary: CaptureSummary
}

/** `chunkSize` by default: the whole file at once. */
export function read(file: Uint8Array, chunkSize = file.length): ReadCapture {
  const packets: ReadPacket[] = []
  const reader = createCaptureReader(({ bytes, start, ...rest }) => {
    packets.push({ ...rest, data: bytes.slice(start, start + rest.capturedLength) })
  })
  // The same memory for each chunk, as files are read: what a reader keeps without a copy is overwritten.
  const chunk = new Uint8Array(chunkSize)
  for (let at = 0; at < file.length; at += chunkSize) {
    const piece = file.subarray(at, at + chunkSize)
    chunk.set(piece)
    reader.push(chunk.subarray(0, piece.length))
  }
  return { packets, summary: reader.end() }
}
