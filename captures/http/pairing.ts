// Which response answers which request: the first one that waits (RFC 9112 §9.3.2), however many are on their way.
import type { Conversation } from './conversation.ts'
import type { Request, Response } from './exchange.ts'
import type { OpenExchange } from './stream.ts'

/** The exchange of a request that begins. Its answer may be there already where the capture has both in the wrong order. */
export function pairRequest(talk: Conversation, request: Request): OpenExchange {
  const early = talk.isAligned ? talk.exchanges[talk.requests] : undefined
  talk.requests += 1
  const exchange = early ?? newExchange(talk)
  exchange.request = request
  return exchange
}

/** The exchange that the response which begins now belongs to. */
export function pairResponse(talk: Conversation, response: Response): OpenExchange {
  // Of requests that may have been answered where nothing was captured, and one that was sent later, the later one waits:
  // clients seldom pipeline.
  if (talk.unanswered < talk.doubtful && talk.doubtful < talk.exchanges.length) {
    talk.unanswered = talk.doubtful
  }
  const exchange = talk.exchanges[talk.unanswered] ?? newExchange(talk)
  if (isInterim(response)) {
    exchange.interim.push(response)
  } else {
    exchange.response = response
    talk.unanswered += 1
  }
  return exchange
}

/** Not the answer yet (RFC 9110 §15.2); 101 is the last one of HTTP. */
export const isInterim = (response: Response): boolean =>
  response.status < 200 && response.status !== 101

/** Bytes of the responses were missed: whatever waits may have been answered in them. */
export function doubtAnswers(talk: Conversation): void {
  talk.doubtful = talk.exchanges.length
}

function newExchange(talk: Conversation): OpenExchange {
  const number = talk.exchanges.length + 1
  const exchange: OpenExchange = { number, request: null, interim: [], response: null }
  talk.exchanges.push(exchange)
  return exchange
}
