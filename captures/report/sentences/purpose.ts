// What a connection was opened for. Analysis in, words out.
import type { ConnectionAnalysis, ConnectionPurpose } from '../../analysis.ts'
import { unreachable } from '../../units.ts'
import type { Sentence } from '../prose.ts'
import { connections, say } from '../prose.ts'

/** For a table: `close on 7`. */
export function purposeInShort({ reason, connection }: ConnectionPurpose): string {
  const it = connection === null ? '' : ` ${connection}`
  switch (reason) {
    case 'first':
      return 'first'
    case 'parallel':
      return `beside${it || ' others'}`
    case 'after-fin':
      return `FIN${it && ` of${it}`}`
    case 'after-reset':
      return `RST${it && ` of${it}`}`
    case 'after-pause':
      return `pause${it && ` on${it}`}`
    case 'connection-close':
      return `close${it && ` on${it}`}`
    case 'preconnect':
      return 'unused'
    case 'retry':
      return `retry${it && ` of${it}`}`
    case 'unknown':
      return '–'
    default:
      return unreachable(reason)
  }
}

/** Why the client opened it; nothing where the capture doesn't show it. */
export function purposeSentence({ purpose, exchanges }: ConnectionAnalysis): Sentence {
  const it =
    purpose.connection === null ? say`an earlier connection` : connections([purpose.connection])
  switch (purpose.reason) {
    case 'first':
      return say`The first connection between the two.`
    case 'parallel':
      return say`Opened beside ${it}, which was busy with a request.`
    case 'after-fin':
      return say`Opened because ${it} had been closed.`
    case 'after-reset':
      return say`Opened because ${it} had been reset.`
    case 'after-pause':
      return say`Opened after a pause: the client had given up ${it} with a request under way.`
    case 'connection-close':
      return say`Opened because ${it} could not be used again: it was to be closed after its exchange.`
    case 'preconnect':
      return exchanges.length === 0
        ? say`Never used: no byte was sent on it. Browsers open connections in advance (preconnect); whoever looks whether a port is open does the same.`
        : say`Opened in advance by the client (preconnect), before it had a request to send.`
    case 'retry':
      return say`Opened to try again after ${it}, which was not established.`
    case 'unknown':
      return []
    default:
      return unreachable(purpose.reason)
  }
}
