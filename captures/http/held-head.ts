// A head that came in several pieces: its bytes so far, and the search for its end.
import type { StreamPiece } from '../tcp/piece.ts'
import type { Stream } from './stream.ts'
import { CR, LF } from './text.ts'

/** Longer heads are given up; servers refuse far shorter ones. */
export const longestHead = 256 * 1024

/** Keeps what the piece has from the stream's position on. */
export function hold(stream: Stream, piece: StreamPiece): void {
  const from = piece.start + (stream.position - piece.offset)
  const to = piece.start + piece.available
  const length = Math.min(to - from, longestHead + 1 - stream.heldLength)
  const room = heldWithRoom(stream, length)
  room.set(piece.bytes.subarray(from, from + length), stream.heldLength)
  stream.heldLength += length
  stream.heldPacket = piece.packet
  stream.heldTime = piece.time
}

function heldWithRoom(stream: Stream, length: number): Uint8Array {
  const needed = stream.heldLength + length
  const { held } = stream
  if (held !== null && held.length >= needed) return held
  const grown = new Uint8Array(Math.max(needed, 1024, 2 * (held?.length ?? 0)))
  if (held !== null) grown.set(held)
  stream.held = grown
  return grown
}

/**
 * The place after the empty line that ends a head or trailers; −1: not here. Looks at `from` to `to` only, and knows from
 * the bytes before what the line under way is; `start` is where the head begins.
 */
export function findEnd(
  stream: Stream,
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
): number {
  let { blank } = stream
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at]
    if (byte === LF) {
      if (blank !== 0) return at + 1
      if (stream.startLineEnd < 0) stream.startLineEnd = at - start
      blank = 1
    } else {
      blank = byte === CR && blank === 1 ? 2 : 0
    }
  }
  stream.blank = blank
  return -1
}
