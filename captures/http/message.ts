// A message begins with its head, goes on with a body as its framing says, and ends.
import type { Place } from '../tcp/piece.ts'
import { type BodyFraming, lengthRemark, requestFraming, responseFraming } from './body-framing.ts'
import { type Conversation, remark, tellFraming } from './conversation.ts'
import { loseIn, resolveCut, settleCut } from './lost.ts'
import { type Head, newMessage } from './open-message.ts'
import { pairRequest, pairResponse } from './pairing.ts'
import {
  beginChunk,
  type OpenExchange,
  type OpenMessage,
  type Stream,
  settle,
  turnAway,
} from './stream.ts'

/** The head from `unitFrom` to the stream's position is read; `place` brought its last byte. */
export function beginMessage(talk: Conversation, stream: Stream, head: Head, place: Place): void {
  if (stream.cut !== null) leaveCut(talk, stream)
  if (talk.protocol === 'unknown') talk.protocol = 'http'
  const message = newMessage(stream, head, place)
  const exchange =
    message.kind === 'request' ? pairRequest(talk, message) : pairResponse(talk, message)
  tellFraming(talk, stream, stream.position)
  const told = lengthRemark(head.fields)
  if (told !== null) remark(talk, place.packet, told)

  stream.fieldsBefore = head.fields
  stream.message = message
  stream.exchange = exchange
  stream.bodyBefore = 0
  const framing = framingOf(message, exchange)
  if (head.cutBy !== null && framing.kind !== 'tunnel') loseIn(talk, stream, message, exchange)
  else beginBody(talk, stream, message, exchange, framing, place)
}

/** The cut message went up to where the head under way begins. */
function leaveCut(talk: Conversation, stream: Stream): void {
  const { position, unitFrom } = stream
  stream.position = unitFrom
  settleCut(stream, { packet: stream.packetBefore, time: stream.timeBefore })
  resolveCut(talk, stream)
  stream.position = position
  stream.unitFrom = unitFrom
  stream.cut = null
}

function beginBody(
  talk: Conversation,
  stream: Stream,
  message: OpenMessage,
  exchange: OpenExchange,
  framing: BodyFraming,
  place: Place,
): void {
  stream.dataFrom = stream.position
  switch (framing.kind) {
    case 'none':
      message.declaredLength = 0
      finishMessage(talk, stream, place)
      break
    case 'length':
      beginCountedBody(talk, stream, message, exchange, framing.length, place)
      break
    case 'chunked':
      beginChunk(stream, place)
      break
    case 'until-close':
      stream.state = 'until-close'
      break
    case 'tunnel':
      finishMessage(talk, stream, place)
      talk.protocol = 'upgraded'
      for (const each of talk.streams) turnAway(each)
      break
    case 'unknown':
      remark(talk, place.packet, framing.why)
      loseIn(talk, stream, message, exchange)
  }
}

const framingOf = (message: OpenMessage, exchange: OpenExchange): BodyFraming =>
  message.kind === 'request'
    ? requestFraming(message.fields)
    : responseFraming(message.status, exchange.request?.method ?? null, message.fields)

function beginCountedBody(
  talk: Conversation,
  stream: Stream,
  message: OpenMessage,
  exchange: OpenExchange,
  length: number,
  place: Place,
): void {
  message.declaredLength = length
  if (length === 0) {
    finishMessage(talk, stream, place)
    return
  }
  stream.state = 'body'
  stream.mayLackBody =
    message.kind === 'request' ? message.fields.has('expect') : exchange.request === null
  stream.quietUntil = stream.mayLackBody ? stream.position : stream.position + length
}

/** The message's last byte is the one before the stream's position. */
export function finishMessage(talk: Conversation, stream: Stream, place: Place): void {
  const { message, exchange } = stream
  if (message === null || exchange === null) return
  settle(stream)
  message.to = stream.position
  message.last =
    message.headLast.packet === place.packet
      ? message.headLast
      : { packet: place.packet, time: place.time }
  stream.message = null
  stream.exchange = null
  stream.state = 'start'
  if (message.kind === 'request') {
    tellEarlyAnswer(talk, message.last.packet, exchange.response?.first.packet)
    // What follows may be for the tunnel: only the answer tells (RFC 9110 §9.3.6).
    if (message.method === 'CONNECT') loseIn(talk, stream, message, exchange)
  }
}

/** An answer that was captured before the last byte of its request. */
export function tellEarlyAnswer(
  talk: Conversation,
  lastRequestPacket: number,
  responsePacket: number | undefined,
): void {
  if (responsePacket !== undefined && responsePacket < lastRequestPacket) {
    remark(talk, responsePacket, 'a response before its request was complete')
  }
}
