// Where a stream stands in a piece of it.
import type { StreamPiece } from '../tcp/piece.ts'
import { startsMessage } from './start-line.ts'
import type { Stream } from './stream.ts'

/** Captured bytes from the stream's position on; zero or less: none. */
export const available = (stream: Stream, piece: StreamPiece): number =>
  piece.available - (stream.position - piece.offset)

/** The stream's position, in the piece's `bytes`. */
export const indexIn = (stream: Stream, piece: StreamPiece): number =>
  piece.start + (stream.position - piece.offset)

export const byteAt = (stream: Stream, piece: StreamPiece): number =>
  piece.bytes[indexIn(stream, piece)] ?? 0

/** Over body bytes, of which `left` are to come; whether that was the last one. */
export function advance(stream: Stream, piece: StreamPiece, left: number): boolean {
  const here = piece.offset + piece.length - stream.position
  stream.position += Math.min(here, left)
  return here >= left
}

/** Over the rest of the piece. */
export function passOver(stream: Stream, piece: StreamPiece): void {
  stream.position = piece.offset + piece.length
}

/** Whether the piece begins at the stream's position, and with a start line. */
export function startsHere(stream: Stream, piece: StreamPiece): boolean {
  if (stream.position !== piece.offset || piece.available === 0) return false
  return startsMessage(piece.bytes, piece.start, piece.start + piece.available, stream.role)
}
