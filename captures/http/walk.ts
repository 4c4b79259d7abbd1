// A piece of a stream is walked through: for each state of the stream, one step that moves its position on.
import type { Place, StreamPiece } from '../tcp/piece.ts'
import { passChunkData, readChunkEnd, readChunkSize, readTrailers } from './chunks.ts'
import { type Conversation, tellFraming } from './conversation.ts'
import { advance, available, byteAt, passOver, startsHere } from './cursor.ts'
import { beginHead, cutHead, readHead } from './head.ts'
import { loseBetween, mayResume } from './lost.ts'
import { finishMessage } from './message.ts'
import { type Stream, type StreamState, settle } from './stream.ts'
import { CR, LF } from './text.ts'

/** Moves the position on, or changes the state to one that will. */
type Step = (talk: Conversation, stream: Stream, piece: StreamPiece) => void

export function readPiece(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  const end = piece.offset + piece.length
  if (stream.position < 0) stream.position = piece.offset
  if (end <= stream.position || stream.hasEnded) return
  if (piece.offset > stream.position) skipTo(talk, stream, piece.offset, piece)
  if (stream.state !== 'head') {
    stream.packetBefore = stream.lastPacket
    stream.timeBefore = stream.lastTime
  }
  stream.lastPacket = piece.packet
  stream.lastTime = piece.time
  while (stream.position < end) steps[stream.state](talk, stream, piece)
}

/** Bytes up to `to` that were not captured: a piece of which nothing is there. */
export function skipTo(talk: Conversation, stream: Stream, to: number, place: Place): void {
  const offset = Math.max(stream.position, 0)
  stream.isInGap = true
  readPiece(talk, stream, {
    direction: stream.direction,
    offset,
    length: to - offset,
    available: 0,
    bytes: new Uint8Array(0),
    start: 0,
    packet: place.packet,
    time: place.time,
  })
  stream.isInGap = false
}

const steps: Record<StreamState, Step> = {
  start(talk, stream, piece) {
    if (available(stream, piece) <= 0) {
      loseBetween(talk, stream)
      passOver(stream, piece)
      return
    }
    const byte = byteAt(stream, piece)
    if (byte === CR || byte === LF) passEmptyLine(talk, stream)
    else beginHead(stream, piece, false)
  },

  head(talk, stream, piece) {
    if (available(stream, piece) > 0) readHead(talk, stream, piece)
    else cutHead(talk, stream, stream.isInGap ? 'gap' : 'snapshot')
  },

  body(talk, stream, piece) {
    if (stream.mayLackBody && lacksBody(talk, stream, piece)) return
    const left = (stream.message?.declaredLength ?? 0) - (stream.position - stream.dataFrom)
    if (advance(stream, piece, left)) finishMessage(talk, stream, piece)
  },

  'until-close'(talk, stream, piece) {
    // It goes on until the connection closes, and the connection goes on: it answered a HEAD that was not captured.
    const isAnother = talk.unanswered < talk.exchanges.length && startsHere(stream, piece)
    if (isAnother) finishMessage(talk, stream, piece)
    else passOver(stream, piece)
  },

  'chunk-size': readChunkSize,
  'chunk-data': (_talk, stream, piece) => passChunkData(stream, piece),
  'chunk-end': readChunkEnd,
  trailers: readTrailers,

  lost(talk, stream, piece) {
    if (mayResume(talk, stream) && startsHere(stream, piece)) beginHead(stream, piece, true)
    else passOver(stream, piece)
  },

  opaque: (_talk, stream, piece) => passOver(stream, piece),
}

/** Empty lines before a start line mean nothing (RFC 9112 §2.2). */
function passEmptyLine(talk: Conversation, stream: Stream): void {
  stream.unitFrom = stream.position
  stream.position += 1
  tellFraming(talk, stream, stream.position)
}

/** Where a message's body would begin, another message does: its answer came before it, or it answered a HEAD. */
function lacksBody(talk: Conversation, stream: Stream, piece: StreamPiece): boolean {
  stream.mayLackBody = false
  const { message, exchange } = stream
  const mayBe = message?.kind === 'response' || exchange?.response
  if (message === null || !mayBe || !startsHere(stream, piece)) {
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
