// Why a connection ended, as far as the capture shows it. Analysis in, words out.
import type { ConnectionAnalysis } from '../../analysis.ts'
import { unreachable } from '../../units.ts'
import type { Sentence } from '../prose.ts'
import { role, say, tone } from '../prose.ts'
import { duration } from '../quantity.ts'

/** `Cause: the server's idle time-out …`; nothing for a connection that did not end. */
export function causeSentences(connection: ConnectionAnalysis): Sentence[] {
  if (connection.termination.kind === 'open') return []
  return [say`${tone('strong', 'Cause')}: ${cause(connection)}`]
}

function cause({ termination, maintenance, exchanges }: ConnectionAnalysis): Sentence {
  const idle =
    termination.idleBefore === null ? say`a while` : say`${duration(termination.idleBefore)}`
  const last = exchanges.length > 0 ? 'the last exchange' : 'the last byte'
  const client = role('client')
  const server = role('server')
  switch (termination.cause) {
    case 'server-idle-timeout': {
      const announced = maintenance.idleGaps.findLast((gap) => gap.announcedTimeout !== null)
      const hint = announced
        ? ` It had announced Keep-Alive: timeout=${announced.announcedTimeout}.`
        : ''
      return say`the ${server}'s idle time-out. No request came for ${idle}, and it gave the connection up.${hint}`
    }
    case 'client-close':
      return exchanges.at(-1)?.status === null
        ? say`the ${client} closed while its last request was still unanswered (a pause, a lost page, or a client that gave up).`
        : say`the ${client} had no more use for the connection, ${idle} after ${last}.`
    case 'server-close':
      return say`the ${server} closed it on its own account, ${idle} after ${last}; no time-out and no Connection: close explains it.`
    case 'connection-close':
      return say`the last exchange said Connection: close. Neither side meant to keep the connection.`
    case 'client-pause':
      return say`the ${client} stopped an upload in the middle of a request (a pause, or a lost page); what its system had already taken over was still sent.`
    case 'reset-in-exchange':
      return say`the reset came while an exchange was under way: its outcome is known to neither side until the offset is asked for.`
    case 'reset-idle':
      return say`the reset came when no exchange was under way, ${idle} after the last one: no upload byte was at stake.`
    case 'refused':
      return say`the connection was refused before it came about.`
    case 'early-response':
      return say`the ${server} answered before the request was whole and closed: the rest of the body was not wanted.`
    case 'not-ended':
      return say`it did not end within the capture.`
    case 'unknown':
      return say`not to be seen in the capture.`
    default:
      return unreachable(termination.cause)
  }
}
