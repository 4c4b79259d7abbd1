// All connections in one table: what each was for, what it carried, how it ended. Hundreds of alike ones are folded.
import type { ConnectionAnalysis } from '../analysis.ts'
import { unreachable } from '../units.ts'
import { alikeRuns } from './alike.ts'
import type { Column, Row } from './layout.ts'
import { fold, table } from './layout.ts'
import type { Sentence } from './prose.ts'
import { connectionPart, role, say, tone } from './prose.ts'
import { amount, count, duration, median, size } from './quantity.ts'
import { purposeInShort } from './sentences/purpose.ts'

/** As many are shown without folding. */
const most = 24

export function overview(connections: readonly ConnectionAnalysis[], width: number): Sentence[] {
  if (connections.length === 0) return []
  const ports = portColumn(connections)
  const columns: Column[] = [
    { heading: '#', align: 'right' },
    { heading: ports.heading, align: 'right' },
    { heading: 'why', align: 'left', shrinks: true },
    { heading: 'start', align: 'right' },
    { heading: 'lasted', align: 'right' },
    { heading: 'req.', align: 'right' },
    { heading: 'PATCHes', align: 'right' },
    { heading: 'payload', align: 'right' },
    { heading: 'ended', align: 'left' },
  ]
  const rows = foldedConnections(connections).map(
    (item): Row =>
      'folded' in item ? { across: foldedSentence(item.folded) } : row(item, ports.of),
  )
  return table(columns, rows, width, '  ')
}

interface PortColumn {
  readonly heading: string
  readonly of: (connection: ConnectionAnalysis) => string
}

/** The server's port is told once where all connections share it. */
function portColumn(connections: readonly ConnectionAnalysis[]): PortColumn {
  return isOnePair(connections)
    ? { heading: 'port', of: ({ client }) => String(client.port) }
    : { heading: 'ports', of: ({ client, server }) => `${client.port} → ${server.port}` }
}

/** One client address and one server endpoint. */
export function isOnePair(connections: readonly ConnectionAnalysis[]): boolean {
  const [first] = connections
  return connections.every(
    ({ client, server }) =>
      client.address === first?.client.address &&
      server.address === first.server.address &&
      server.port === first.server.port,
  )
}

/** Connections to show one by one, and runs of others. */
export type Item = ConnectionAnalysis | { readonly folded: readonly ConnectionAnalysis[] }

export function foldedConnections(connections: readonly ConnectionAnalysis[]): Item[] {
  if (connections.length <= most) return [...connections]
  const items = alikeRuns(connections).flatMap((run): Item[] => {
    const { head, folded, tail } = fold(run, 3, 3)
    return folded.length < 3 ? run : [...head, { folded }, ...tail]
  })
  const { head, folded, tail } = fold(items, 20, 10)
  if (folded.length === 0) return items
  return [
    ...head,
    { folded: folded.flatMap((item) => ('folded' in item ? item.folded : [item])) },
    ...tail,
  ]
}

function foldedSentence(run: readonly ConnectionAnalysis[]): Sentence {
  const [first] = run
  if (first === undefined || alikeRuns(run).length > 1) {
    return say`${tone('quiet', '…')} ${amount(run.length)} more of several kinds`
  }
  const { patches, exchanges } = first.maintenance
  const handshakes = run.flatMap(({ initiation }) => initiation.duration ?? [])
  const took = handshakes.length > 0 ? `, handshake ${duration(median(handshakes))}` : ''
  const work = patches > 0 ? count(patches, 'PATCH', 'PATCHes') : count(exchanges, 'request')
  return say`${tone('quiet', '…')} ${amount(run.length)} more alike: ${work} each${took}, ended: ${ending(first)}`
}

function row(connection: ConnectionAnalysis, portOf: PortColumn['of']): Sentence[] {
  const { number, purpose, start, end, exchanges, maintenance, payloadBytes } = connection
  return [
    [connectionPart(number)],
    [portOf(connection)],
    [purposeInShort(purpose)],
    [`${start.toFixed(3)}\u00a0s`],
    [duration(end - start)],
    [exchanges.length === 0 ? '–' : amount(exchanges.length)],
    maintenance.patches === 0 ? ['–'] : [tone('strong', amount(maintenance.patches))],
    [size(payloadBytes.client + payloadBytes.server)],
    ending(connection),
  ]
}

/** `FIN, server`, `open`: with the word in the colour of who did it. */
export function ending({ termination, initiation }: ConnectionAnalysis): Sentence {
  if (initiation.kind === 'refused') return say`${tone('warning', 'refused')}`
  if (initiation.kind === 'unanswered') return say`${tone('warning', 'no answer')}`
  const by = termination.by === null ? [] : [' ', role(termination.by)]
  switch (termination.kind) {
    case 'fin':
      return ['FIN', ...by]
    case 'half-closed':
      return ['half', ...by]
    case 'reset':
      return [tone('damage', 'RST'), ...by]
    case 'open':
      return ['open']
    default:
      return unreachable(termination.kind)
  }
}
