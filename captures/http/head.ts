// Bytes at the start of a message: found to be a head, or none, or cut.
import type { Place, StreamPiece } from '../tcp/piece.ts'
import { type Conversation, other, remark } from './conversation.ts'
import type { HeadCut } from './exchange.ts'
import { readFields } from './fields.ts'
import { findEnd, hold, longestHead } from './held-head.ts'
import { loseBetween } from './lost.ts'
import { beginMessage } from './message.ts'
import { parseOddRequestLine, parseStartLine, recognise, type StartLine } from './start-line.ts'
import { beginUnit, type Stream, turnAway } from './stream.ts'

/** A head may begin at the stream's position. */
export function beginHead(stream: Stream, place: Place, isGuess: boolean): void {
  beginUnit(stream, place)
  stream.state = 'head'
  stream.held = null
  stream.heldLength = 0
  stream.startLineEnd = -1
  stream.blank = 0
  stream.isGuess = isGuess
}

/** The piece has bytes at the stream's position: the head goes on with them. */
export function readHead(talk: Conversation, stream: Stream, piece: StreamPiece): void {
  const before = stream.heldLength
  if (before > 0) hold(stream, piece)
  const isHeld = before > 0 && stream.held !== null
  const bytes = isHeld && stream.held !== null ? stream.held : piece.bytes
  const start = isHeld ? 0 : piece.start + (stream.position - piece.offset)
  const from = start + before
  const to = isHeld ? stream.heldLength : piece.start + piece.available

  const end = findEnd(stream, bytes, start, from, to)
  const lineEnd = start + stream.startLineEnd
  const line = lineEnd < start ? null : startLineIn(talk, stream, bytes, start, lineEnd, piece)
  const isHead =
    line === null
      ? lineEnd < start && recognise(bytes, start, to) === 'maybe'
      : fits(talk, stream, line)
  if (!isHead) {
    refuse(talk, stream, bytes, start, to, piece)
  } else if (end >= 0 && line !== null) {
    stream.position += end - from
    acceptRole(talk, stream, line)
    const fields = readFields(bytes, lineEnd + 1, end, false, stream.fieldsBefore)
    beginMessage(talk, stream, { line, fields, cutBy: null }, piece)
  } else {
    if (!isHeld) hold(stream, piece)
    stream.position = piece.offset + piece.available
    if (stream.heldLength <= longestHead) return
    remark(talk, piece.packet, 'a head longer than 256 KiB')
    cutHead(talk, stream, 'length')
  }
}

/** Whole; where one is due also a request line that is not quite one. */
function startLineIn(
  talk: Conversation,
  stream: Stream,
  bytes: Uint8Array,
  from: number,
  to: number,
  place: Place,
): StartLine | null {
  const line = parseStartLine(bytes, from, to, false)
  if (line !== null || stream.isGuess) return line
  const odd = parseOddRequestLine(bytes, from, to)
  if (odd !== null && fits(talk, stream, odd)) {
    remark(talk, place.packet, 'a request line that is not in order (RFC 9112 §3)')
  }
  return odd
}

/** The bytes of the head end before it does: what is there of it is read. */
export function cutHead(talk: Conversation, stream: Stream, cutBy: HeadCut): void {
  const { held, startLineEnd } = stream
  const length = Math.min(stream.heldLength, longestHead)
  const isLineCut = startLineEnd < 0
  const lineEnd = isLineCut ? length : startLineEnd
  const line = held === null ? null : parseStartLine(held, 0, lineEnd, isLineCut)
  if (held === null || line === null || !fits(talk, stream, line)) {
    stayLost(talk, stream)
  } else {
    acceptRole(talk, stream, line)
    const fields = readFields(held, lineEnd + 1, length, true, stream.fieldsBefore)
    const last = { packet: stream.heldPacket, time: stream.heldTime }
    beginMessage(talk, stream, { line, fields, cutBy }, last)
  }
}

/** Of the kind that this direction sends. */
function fits(talk: Conversation, stream: Stream, line: StartLine): boolean {
  if (line.kind === 'request' && line.version === '2.0') return false
  return stream.role === null ? other(talk, stream).role !== line.kind : stream.role === line.kind
}

function acceptRole(talk: Conversation, stream: Stream, line: StartLine): void {
  if (stream.role !== null) return
  stream.role = line.kind
  talk.requestDirection = line.kind === 'request' ? stream.direction : other(talk, stream).direction
}

/** No start line stands where one was expected: another protocol, or the place is lost. */
function refuse(
  talk: Conversation,
  stream: Stream,
  bytes: Uint8Array,
  start: number,
  to: number,
  piece: StreamPiece,
): void {
  const isFirst = stream.role === null
  const found = isFirst ? recognise(bytes, start, to) : 'no'
  stream.position = piece.offset + piece.length
  if (found === 'tls' || found === 'h2') {
    if (talk.protocol === 'unknown') talk.protocol = found
    for (const each of talk.streams) turnAway(each)
  } else if (isFirst && talk.options.fromStart === true && stream.unitFrom === 0) {
    turnAway(stream)
  } else {
    const isDue = !isFirst && !stream.isGuess
    if (isDue) remark(talk, piece.packet, 'bytes between two messages that are neither')
    stayLost(talk, stream)
  }
}

/** After a start line that was a guess the place is lost as it was, also after a message that was cut. */
function stayLost(talk: Conversation, stream: Stream): void {
  if (stream.isGuess) {
    stream.state = 'lost'
    stream.held = null
  } else {
    loseBetween(talk, stream)
  }
}
