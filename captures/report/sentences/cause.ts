// Why a connection ended, as far as the capture shows it. Analysis in, words out.
import type { ConnectionAnalysis, ExchangeAnalysis } from '../../analysis.ts'
import { isHalfOpen } from '../../rules/half-open.ts'
import { isLegible } from '../../rules/legible.ts'
import { unreachable } from '../../units.ts'
import type { Sentence } from '../prose.ts'
import { role, say, tone } from '../prose.ts'
import { duration } from '../quantity.ts'
import { isOfOldVersion } from './ended.ts'

/** `Cause: the server's idle time-out …`; nothing for a connection that did not end. */
export function causeSentences(connection: ConnectionAnalysis): Sentence[] {
  if (connection.termination.kind === 'open') return []
  return [say`${tone('strong', 'Cause')}: ${cause(connection)}`]
}

/** What cannot be read cannot have been over, nor under way. */
const unread = 'cannot be told, as what was said on it cannot be read here'

function cause(connection: ConnectionAnalysis): Sentence {
  const { termination, maintenance, exchanges } = connection
  const client = role('client')
  const server = role('server')
  const legible = isLegible(connection)
  const after = afterLast(connection)
  switch (termination.cause) {
    case 'server-idle-timeout': {
      const announced = maintenance.idleGaps.findLast((gap) => gap.announcedTimeout !== null)
      const hint = announced
        ? ` It had announced Keep-Alive: timeout=${announced.announcedTimeout}.`
        : ''
      const idle = termination.idleBefore === null ? 'a while' : duration(termination.idleBefore)
      return say`the ${server}'s idle time-out. No request came for ${idle}, and it gave the connection up.${hint}`
    }
    case 'client-close':
      return exchanges.at(-1)?.status === null
        ? say`the ${client} closed while its last request was still unanswered (a pause, a lost page, or a client that gave up).`
        : termination.idleBefore === null && exchanges.length === 0
          ? say`the ${client} closed it ${after}.`
          : say`the ${client} had no more use for the connection, ${after}.`
    case 'server-close':
      return legible
        ? say`the ${server} closed it on its own account, ${after}; no time-out and no Connection: close explains it.`
        : say`the ${server} closed it, ${after}; why ${unread}.`
    case 'connection-close':
      return isOfOldVersion(connection)
        ? say`the last exchange was HTTP/1.0 without keep-alive. Neither side meant to keep the connection.`
        : say`the last exchange said Connection: close. Neither side meant to keep the connection.`
    case 'client-pause':
      return say`the ${client} stopped an upload in the middle of a request (a pause, or a lost page); what its system had already taken over was still sent.`
    case 'reset-in-exchange':
      return say`the reset came while an exchange was under way: its outcome is known to neither side until the offset is asked for.`
    case 'reset-idle':
      return say`the reset came when no exchange was under way, ${afterLast(connection, 'the last one')}: no upload byte was at stake.`
    case 'refused':
      return say`the connection was refused before it came about.`
    case 'early-response':
      return early(exchanges)
    case 'not-ended':
      return say`it did not end within the capture.`
    case 'unknown':
      return termination.kind === 'reset' && !legible
        ? say`the reset came ${after}; whether an exchange was under way then ${unread}.`
        : say`not to be seen in the capture.`
    default:
      return unreachable(termination.cause)
  }
}

/** `6.0 s after the last exchange`; where nothing was sent, so. */
function afterLast(connection: ConnectionAnalysis, exchange = 'the last exchange'): string {
  if (isHalfOpen(connection)) return 'before the handshake was complete'
  const { termination, exchanges, initiation } = connection
  if (exchanges.length === 0 && termination.idleBefore === null)
    return `before any byte was ${initiation.kind === 'unseen' ? 'captured' : 'sent'}`
  const idle = termination.idleBefore === null ? 'a while' : duration(termination.idleBefore)
  return `${idle} after ${exchanges.length > 0 && isLegible(connection) ? exchange : 'the last byte'}`
}

/** Statuses of a server that waited for the rest (RFC 9110 §15.5.9), and of one that may have. */
const waitedOut = 408
const unavailable = 503
/** So long without a byte, and it is the silence that was answered. */
const silenceSeconds = 0.5

/** What the status says of an answer to a request that was not whole. */
function early(exchanges: readonly ExchangeAnalysis[]): Sentence {
  const server = role('server')
  const exchange = exchanges.findLast(
    ({ isRequestComplete, status }) => !isRequestComplete && status !== null,
  )
  const status = exchange?.status ?? null
  if (exchange === undefined || status === null)
    return say`the ${server} answered before the request was whole and closed: the rest of the body was not wanted.`
  const { requestEnd, responseStart } = exchange
  const silence = requestEnd === null || responseStart === null ? 0 : responseStart - requestEnd
  const hasWaited = silence >= silenceSeconds
  if (status === waitedOut || (status === unavailable && hasWaited)) {
    const after = silence > 0 ? `, ${duration(silence)} after the last byte that had come` : ''
    return say`the ${server} gave up waiting for the rest of the request: it answered ${String(status)}${after}, and closed.`
  }
  return status >= 500
    ? say`the ${server} answered ${String(status)} before the request was whole and closed: it could not take the rest of the body.`
    : say`the ${server} answered ${String(status)} before the request was whole and closed: the rest of the body was not wanted.`
}
