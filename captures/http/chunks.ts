// The chunked transfer coding: a size line, so many bytes, a line end, and so on; then trailers (RFC 9112 §7.1).
import type { Place, StreamPiece } from '../tcp/piece.ts'
import { type Conversation, remark, tellFraming } from './conversation.ts'
import { advance, available, byteAt, indexIn } from './cursor.ts'
import { findEnd, longestHead } from './held-head.ts'
import { loseBetween, loseIn } from './lost.ts'
import { finishMessage } from './message.ts'
import { beginChunk, type Stream } from './stream.ts'
import { CR, isSpace, LF } from './text.ts'

const longestSizeLine = 16_384
const semicolon = 0x3b

/** One byte of a chunk-size line: hexadecimal digits, then perhaps extensions. */
export function readChunkSize(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  if (available(stream, piece) <= 0) {
    loseFraming(talk, stream)
    return
  }
  const byte = byteAt(stream, piece)
  const digit = stream.isExtension ? -1 : hexDigit(byte)
  if (digit >= 0) {
    stream.chunkSize = Math.max(stream.chunkSize, 0) * 16 + digit
  } else if (byte === semicolon || byte === CR || isSpace(byte)) {
    stream.isExtension = true
  }
  const isSizeLine = stream.chunkSize >= 0 && (digit >= 0 || stream.isExtension || byte === LF)
  if (!isSizeLine || !isReasonable(stream)) {
    breakFraming(talk, stream, piece)
  } else {
    stream.position += 1
    if (byte === LF) beginChunkData(talk, stream)
  }
}

/** A size that numbers can count, in a line of a length that anybody would send. */
const isReasonable = (stream: Stream): boolean =>
  stream.chunkSize <= Number.MAX_SAFE_INTEGER && stream.position - stream.unitFrom < longestSizeLine

function beginChunkData(talk: Conversation, stream: Stream): void {
  if (stream.chunkSize === 0) {
    stream.state = 'trailers'
    stream.blank = 1
  } else {
    tellFraming(talk, stream, stream.position)
    stream.state = 'chunk-data'
    stream.dataFrom = stream.position
    stream.quietUntil = stream.position + stream.chunkSize
  }
}

export function passChunkData(stream: Stream, piece: StreamPiece): void {
  const left = stream.chunkSize - (stream.position - stream.dataFrom)
  if (!advance(stream, piece, left)) return
  stream.bodyBefore += stream.chunkSize
  stream.state = 'chunk-end'
  stream.unitFrom = stream.position
}

/** The line end after the bytes of a chunk: told as one range with the size line that follows. */
export function readChunkEnd(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  if (available(stream, piece) <= 0) {
    loseFraming(talk, stream)
    return
  }
  const byte = byteAt(stream, piece)
  if (byte !== CR && byte !== LF) {
    breakFraming(talk, stream, piece)
    return
  }
  const { unitFrom } = stream
  stream.position += 1
  if (byte === CR) return
  beginChunk(stream, piece)
  stream.unitFrom = unitFrom
}

export function readTrailers(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  const length = available(stream, piece)
  if (length <= 0) {
    loseFraming(talk, stream)
    return
  }
  const from = indexIn(stream, piece)
  const end = findEnd(stream, piece.bytes, from, from, from + length)
  stream.position += end < 0 ? length : end - from
  if (end >= 0) {
    tellFraming(talk, stream, stream.position)
    finishMessage(talk, stream, piece)
  } else if (stream.position - stream.unitFrom > longestHead) {
    breakFraming(talk, stream, piece)
  }
}

function breakFraming(talk: Conversation, stream: Stream, place: Place): void {
  remark(talk, place.packet, 'chunks that are not in order (RFC 9112 §7.1)')
  loseFraming(talk, stream)
}

function loseFraming(talk: Conversation, stream: Stream): void {
  tellFraming(talk, stream, stream.position)
  const { message, exchange } = stream
  if (message === null || exchange === null) loseBetween(talk, stream)
  else loseIn(talk, stream, message, exchange)
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
