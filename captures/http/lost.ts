// A stream whose place is lost: where the next message may be found, and what that tells of the one that was cut.
import type { Place } from '../tcp/piece.ts'
import { isBodiless } from './body-framing.ts'
import { type Conversation, other, tellFraming } from './conversation.ts'
import { doubtAnswers, isInterim } from './pairing.ts'
import { type Cut, type OpenExchange, type OpenMessage, type Stream, settle } from './stream.ts'

/** What a head may still have had where it was not captured. */
const longestRest = 16_384

/** Between messages: whole ones may have gone unseen. */
export function loseBetween(talk: Conversation, stream: Stream): void {
  if (stream.role !== 'request') doubtAnswers(talk)
  lose(talk, stream, null)
}

/** In a message: in its head, or where the framing of its body is not known. */
export function loseIn(
  talk: Conversation,
  stream: Stream,
  message: OpenMessage,
  exchange: OpenExchange,
): void {
  const isOver = message.isHeadCut && isEmpty(message, exchange)
  const leastBody = message.isHeadCut && !isOver ? (message.declaredLength ?? 0) : 0
  lose(talk, stream, {
    message,
    exchange,
    isOver,
    notBefore: stream.position + leastBody,
    otherPosition: other(talk, stream).position,
  })
}

function lose(talk: Conversation, stream: Stream, cut: Cut | null): void {
  settle(stream)
  if (stream.role !== 'response')
    talk.missed.push({ from: Math.min(stream.timeBefore, stream.lastTime), to: stream.lastTime })
  talk.isAligned = false
  stream.state = 'lost'
  stream.message = null
  stream.exchange = null
  stream.held = null
  stream.cut = cut
  stream.quietUntil = cut === null ? stream.position : cut.notBefore
}

/**
 * Whether a start line at the stream's position would be a message. Body bytes may look like one: after a message that was
 * cut, the length that it told must be over and the other side must have gone on.
 */
export function mayResume(talk: Conversation, stream: Stream): boolean {
  const { cut } = stream
  if (cut === null || cut.isOver) return true
  if (stream.position < cut.notBefore) return false
  const { message, exchange } = cut
  const opposite = other(talk, stream)
  if (opposite.state === 'lost' && opposite.position > cut.otherPosition) return true
  return message.kind === 'request'
    ? exchange.response !== null
    : isInterim(message) || talk.unanswered < talk.exchanges.length
}

/** What was cut, as far as its bytes went: up to the stream's position, which `last` brought. */
export function settleCut(stream: Stream, last: Place): void {
  const { cut } = stream
  if (cut === null || cut.message.to !== null) return
  const { message, isOver } = cut
  message.last = last
  if (!message.isHeadCut) return
  const rest = isOver ? 0 : stream.position - message.headEnd
  message.bodyLength = Math.min(rest, message.declaredLength ?? rest)
}

/** The cut message ends where the stream stands: with its length known, so is the end of its head. */
export function resolveCut(talk: Conversation, stream: Stream): void {
  const { cut } = stream
  if (cut === null || cut.message.to !== null) return
  const { message, exchange, isOver } = cut
  if (message.kind === 'request' && talk.exchanges.at(-1) !== exchange) return
  if (message.isHeadCut) {
    const length = isOver ? 0 : message.declaredLength
    const headEnd = stream.position - (length ?? 0)
    if (headEnd < message.headEnd) return
    if (length !== null) {
      if (headEnd > message.headEnd + longestRest) return
      stream.unitFrom = message.headEnd
      tellFraming(talk, stream, headEnd)
      message.headEnd = headEnd
      message.bodyLength = length
    }
  }
  message.to = stream.position
}

/** No more bytes will come: where what is known of the cut message says that it ends here, it does. */
export function endCut(talk: Conversation, stream: Stream, how: 'fin' | 'reset' | 'capture'): void {
  const { cut } = stream
  if (cut === null) return
  settleCut(stream, { packet: stream.lastPacket, time: stream.lastTime })
  const { message, exchange, isOver } = cut
  const isAnswered = message.kind === 'request' && exchange.response !== null
  const isCounted = message.declaredLength !== null && (isAnswered || how === 'fin')
  if (isOver || (message.isHeadCut && isCounted)) resolveCut(talk, stream)
}

/** No body, as far as the part of the head tells that is there. */
function isEmpty(message: OpenMessage, exchange: OpenExchange): boolean {
  return message.kind === 'request'
    ? message.declaredLength === null && /^(?:GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(message.method)
    : isBodiless(message.status, exchange.request?.method ?? null)
}
