// How a connection ended, as the clause of a verdict. Analysis in, words out.
import type { ConnectionAnalysis } from '../../analysis.ts'
import { unreachable } from '../../units.ts'
import type { Sentence } from '../prose.ts'
import { role, say } from '../prose.ts'
import { duration } from '../quantity.ts'

/** `closed by the server after 6.0 s idle`: the clause of the verdict. With `isOnly` it tells the figures of this one. */
export function closedBy(connection: ConnectionAnalysis, isOnly: boolean): Sentence {
  const { termination } = connection
  const by = termination.by === null ? say`one side` : say`the ${role(termination.by)}`
  switch (termination.kind) {
    case 'fin':
      return say`closed by ${by}${after(connection, isOnly)}`
    case 'half-closed':
      return say`half-closed: only ${by} closed`
    case 'reset':
      return say`reset by ${by}${after(connection, isOnly)}`
    case 'open':
      return say`still open when the capture ended`
    default:
      return unreachable(termination.kind)
  }
}

/** Its last exchange closed it without a word: so HTTP/1.0 has it. */
export const isOfOldVersion = ({ exchanges }: ConnectionAnalysis): boolean =>
  exchanges.findLast(({ connectionCloseBy }) => connectionCloseBy !== null)?.connectionCloseBy ===
  'version'

function after(connection: ConnectionAnalysis, isOnly: boolean): Sentence {
  const { cause, idleBefore } = connection.termination
  switch (cause) {
    case 'connection-close':
      return say`${isOfOldVersion(connection) ? ' (HTTP/1.0)' : ' (Connection: close)'}`
    case 'client-pause':
      return say` in a pause of the upload`
    case 'reset-in-exchange':
      return say` in the middle of an exchange`
    case 'early-response':
      return say` after an answer that came before the request was whole`
    case 'server-idle-timeout':
    case 'client-close':
    case 'server-close':
    case 'reset-idle':
    case 'refused':
    case 'not-ended':
    case 'unknown':
      if (cause === 'server-idle-timeout' && !isOnly) return say` when idle too long`
      return isOnly && idleBefore !== null && idleBefore >= 0.001
        ? say` after ${duration(idleBefore)} idle`
        : []
    default:
      return unreachable(cause)
  }
}
