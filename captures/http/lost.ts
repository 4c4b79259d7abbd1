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
  const notBefore = stream.position + (message.isHeadCut ? smallestBody(message, exchange) : 0)
  lose(talk, stream, { message, exchange, notBefore, otherPosition: other(talk, stream).position })
}

function lose(talk: Conversation, stream: Stream, cut: Cut | null): void {
  settle(stream)
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
  if (cut === null) return true
  if (stream.position < cut.notBefore) return false
  const { message, exchange } = cut
  if (message.isHeadCut && isEmpty(message, exchange)) return true
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
  const { message, exchange } = cut
  message.last = last
  if (!message.isHeadCut) return
  const rest = stream.position - message.headEnd
  const most = message.declaredLength ?? (isEmpty(message, exchange) ? 0 : rest)
  message.bodyLength = Math.min(rest, most)
}

/** The cut message ends where the stream stands: with its length known, so is the end of its head. */
export function resolveCut(talk: Conversation, stream: Stream): void {
  const { cut } = stream
  if (cut === null || cut.message.to !== null) return
  const { message, exchange } = cut
  if (message.kind === 'request' && talk.exchanges.at(-1) !== exchange) return
  if (message.isHeadCut) {
    const length = isEmpty(message, exchange) ? 0 : message.declaredLength
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
  const { message, exchange } = cut
  const isAnswered = message.kind === 'request' && exchange.response !== null
  const isCounted = message.declaredLength !== null && (isAnswered || how === 'fin')
  if (message.isHeadCut && (isCounted || isEmpty(message, exchange))) resolveCut(talk, stream)
}

const smallestBody = (message: OpenMessage, exchange: OpenExchange): number =>
  isEmpty(message, exchange) ? 0 : (message.declaredLength ?? 0)

/** No body, as far as the part of the head tells that is there. */
function isEmpty(message: OpenMessage, exchange: OpenExchange): boolean {
  return message.kind === 'request'
    ? message.declaredLength === null && /^(?:GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(message.method)
    : isBodiless(message.status, exchange.request?.method ?? null)
}
