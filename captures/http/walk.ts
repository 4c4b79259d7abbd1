// A piece of a stream is walked through: for each state of the stream, one step that moves its position on.
import type { StreamPiece } from '../tcp/piece.ts'
import { type Conversation, remark, type Stream, settle, tellFraming } from './conversation.ts'
import { beginHead, cutHead, readHead } from './head.ts'
import { findEnd, longestHead } from './held-head.ts'
import { loseBetween, loseIn, mayResume } from './lost.ts'
import { beginChunk, finishMessage } from './message.ts'
import { startsMessage } from './start-line.ts'
import { CR, HT, LF, SP } from './text.ts'

/** Moves the position on, or changes the state to one that will. */
type Step = (talk: Conversation, stream: Stream, piece: StreamPiece) => void

export function readPiece(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  const end = piece.offset + piece.length
  if (stream.position < 0) stream.position = piece.offset
  if (end <= stream.position || stream.hasEnded) return
  if (piece.offset > stream.position) skipTo(talk, stream, piece.offset, piece)
  if (stream.state === 'lost') {
    stream.cutPacket = stream.lastPacket
    stream.cutTime = stream.lastTime
  }
  stream.lastPacket = piece.packet
  stream.lastTime = piece.time
  while (stream.position < end) steps[stream.state](talk, stream, piece)
}

/** Bytes up to `to` that were not captured: a piece of which nothing is there. */
export function skipTo(
  talk: Conversation,
  stream: Stream,
  to: number,
  { packet, time }: { readonly packet: number; readonly time: number },
): void {
  const offset = Math.max(stream.position, 0)
  const nothing = { bytes: new Uint8Array(0), start: 0, available: 0 }
  readPiece(talk, stream, {
    ...nothing,
    direction: stream.direction,
    offset,
    length: to - offset,
    packet,
    time,
  })
}

const steps: Record<Stream['state'], Step> = {
  start(talk, stream, piece) {
    if (available(stream, piece) <= 0) return passLost(talk, stream, piece)
    const byte = byteAt(stream, piece)
    // Empty lines before a start line mean nothing (RFC 9112 §2.2).
    if (byte !== CR && byte !== LF) return beginHead(stream, piece, false)
    stream.unitFrom = stream.position
    stream.position += 1
    tellFraming(talk, stream, stream.position)
  },

  head(talk, stream, piece) {
    if (available(stream, piece) > 0) readHead(talk, stream, piece)
    else cutHead(talk, stream, piece)
  },

  body(talk, stream, piece) {
    if (stream.mayLackBody && lacksBody(talk, stream, piece)) return
    const left = (stream.message?.declaredLength ?? 0) - (stream.position - stream.dataFrom)
    if (advance(stream, piece, left)) finishMessage(talk, stream, piece)
  },

  'until-close'(talk, stream, piece) {
    // A response that goes on until the connection closes, while the connection goes on: it was the answer to a HEAD.
    const isAnother = talk.unanswered < talk.exchanges.length && startsHere(stream, piece)
    if (isAnother) finishMessage(talk, stream, piece)
    else stream.position = piece.offset + piece.length
  },

  'chunk-size'(talk, stream, piece) {
    if (available(stream, piece) <= 0) return loseFraming(talk, stream)
    const byte = byteAt(stream, piece)
    const digit = stream.isExtension ? -1 : hexDigit(byte)
    if (digit >= 0) {
      stream.chunkSize = Math.max(stream.chunkSize, 0) * 16 + digit
    } else if (byte === LF) {
      return beginChunkData(talk, stream, piece)
    } else if (byte === CR || byte === SP || byte === HT || byte === 0x3b) {
      stream.isExtension = true
    }
    const isSize = digit >= 0 || (stream.isExtension && stream.chunkSize >= 0)
    if (!isSize || !isInOrder(stream)) return breakFraming(talk, stream, piece)
    stream.position += 1
  },

  'chunk-data'(_talk, stream, piece) {
    const left = stream.chunkSize - (stream.position - stream.dataFrom)
    if (!advance(stream, piece, left)) return
    stream.bodyBefore += stream.chunkSize
    stream.state = 'chunk-end'
    stream.unitFrom = stream.position
  },

  'chunk-end'(talk, stream, piece) {
    if (available(stream, piece) <= 0) return loseFraming(talk, stream)
    const byte = byteAt(stream, piece)
    if (byte !== CR && byte !== LF) return breakFraming(talk, stream, piece)
    const from = stream.unitFrom
    stream.position += 1
    if (byte === CR) return
    beginChunk(stream, piece)
    stream.unitFrom = from
  },

  trailers(talk, stream, piece) {
    const length = available(stream, piece)
    if (length <= 0) return loseFraming(talk, stream)
    const from = piece.start + (stream.position - piece.offset)
    const end = findEnd(stream, piece.bytes, from, from, from + length)
    stream.position += end < 0 ? length : end - from
    if (end >= 0) {
      tellFraming(talk, stream, stream.position)
      finishMessage(talk, stream, piece)
    } else if (stream.position - stream.unitFrom > longestHead) {
      breakFraming(talk, stream, piece)
    }
  },

  lost(talk, stream, piece) {
    if (startsHere(stream, piece) && mayResume(talk, stream)) beginHead(stream, piece, true)
    else stream.position = piece.offset + piece.length
  },

  opaque(_talk, stream, piece) {
    stream.position = piece.offset + piece.length
  },
}

/** Captured bytes from the stream's position on; zero or less: none. */
const available = (stream: Stream, piece: StreamPiece): number =>
  piece.available - (stream.position - piece.offset)

const byteAt = (stream: Stream, piece: StreamPiece): number =>
  piece.bytes[piece.start + (stream.position - piece.offset)] ?? 0

/** Whether the piece begins at the stream's position, and with a start line. */
function startsHere(stream: Stream, piece: StreamPiece): boolean {
  if (stream.position !== piece.offset || piece.available === 0) return false
  return startsMessage(piece.bytes, piece.start, piece.start + piece.available, stream.role)
}

/** Over body bytes, of which `left` are to come; whether that was the last one. */
function advance(stream: Stream, piece: StreamPiece, left: number): boolean {
  const here = piece.offset + piece.length - stream.position
  stream.position += Math.min(here, left)
  return here >= left
}

/** Where a message's body would begin, another message does: its answer came before it, or it answered a HEAD. */
function lacksBody(talk: Conversation, stream: Stream, piece: StreamPiece): boolean {
  stream.mayLackBody = false
  const { message, exchange } = stream
  const isAnswered =
    message?.kind === 'response' || (exchange !== null && exchange.response !== null)
  if (message === null || !isAnswered || !startsHere(stream, piece)) {
    stream.quietUntil = stream.dataFrom + (message?.declaredLength ?? 0)
    return false
  }
  if (message.kind === 'response') {
    finishMessage(talk, stream, piece)
  } else {
    settle(stream)
    stream.message = null
    stream.exchange = null
    stream.state = 'start'
  }
  return true
}

function beginChunkData(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  if (stream.chunkSize < 0) {
    breakFraming(talk, stream, piece)
    return
  }
  stream.position += 1
  if (stream.chunkSize === 0) {
    stream.state = 'trailers'
    stream.blank = 1
    return
  }
  tellFraming(talk, stream, stream.position)
  stream.state = 'chunk-data'
  stream.dataFrom = stream.position
  stream.quietUntil = stream.position + stream.chunkSize
}

/** A size that numbers can count, in a line of a length that anybody would send. */
const isInOrder = (stream: Stream): boolean =>
  stream.chunkSize <= Number.MAX_SAFE_INTEGER && stream.position - stream.unitFrom < 16_384

function breakFraming(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  remark(talk, piece.packet, 'chunks that are not in order (RFC 9112 §7.1)')
  loseFraming(talk, stream)
}

function loseFraming(talk: Conversation, stream: Stream): void {
  tellFraming(talk, stream, stream.position)
  const { message, exchange } = stream
  if (message === null || exchange === null) loseBetween(talk, stream)
  else loseIn(talk, stream, message, exchange)
}

function passLost(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  loseBetween(talk, stream)
  stream.position = piece.offset + piece.length
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
