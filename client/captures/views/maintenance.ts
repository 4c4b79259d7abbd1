// The second phase in a card: first and last PATCH, all exchanges, keep-alive of both kinds, idle times, losses.
import type { ConnectionAnalysis, ExchangeAnalysis } from '../../../captures/analysis.ts'
import { firstAndLastLadder } from '../../../captures/report/exchange-ladder.ts'
import { firstAndLastOf } from '../../../captures/report/first-and-last.ts'
import type { Sentence } from '../../../captures/report/prose.ts'
import { join, say } from '../../../captures/report/prose.ts'
import { amount, duration, size } from '../../../captures/report/quantity.ts'
import {
  answer,
  exchangeSentences,
  framesOf,
  matter,
  methodOf,
} from '../../../captures/report/sentences/exchange.ts'
import {
  idleGapSentence,
  keepAliveSentences,
} from '../../../captures/report/sentences/keep-alive.ts'
import { lossSentences } from '../../../captures/report/sentences/losses.ts'
import { h } from '../../upload/dom.ts'
import { type Cell, table } from '../table.ts'
import { points } from '../words.ts'
import { card, ladder, titled } from './card.ts'

const mostGaps = 6

export function maintenanceCard(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): HTMLElement {
  const { start, end, transfer, idle, exchanges, patches } = connection.maintenance
  const { payloadBytes, headerBytes } = connection
  return card(
    'Maintenance',
    [start === null || end === null ? '' : duration(end - start)],
    h(
      'p',
      { class: 'facts' },
      ...[
        `exchanges: ${amount(exchanges)}`,
        `PATCHes: ${amount(patches)}`,
        `transfer: ${duration(transfer)}`,
        `idle: ${duration(idle)}`,
        `payload of the client: ${size(payloadBytes.client)}`,
        `of the server: ${size(payloadBytes.server)}`,
        `HTTP heads in it: ${size(headerBytes.client + headerBytes.server)}`,
      ].map((fact) => h('span', {}, fact)),
    ),
    ...firstAndLast(connection, width),
    ...titled('All exchanges', exchangeTable(connection.exchanges)),
    ...titled('Keep-alive, of both kinds', points(keepAliveSentences(connection))),
    ...titled('Idle times', idleTimes(connection)),
    ...titled('Losses, order, windows', points(lossSentences(connection))),
    ...points(doubts, 'points doubts'),
  )
}

/** Ladder and words of the first and the last PATCH; where there is none, of the first and last exchange. */
function firstAndLast(connection: ConnectionAnalysis, width: number): HTMLElement[] {
  const { exchanges } = connection
  const shown = firstAndLastOf(exchanges)
  if (shown === null) return []
  return [
    ...ladder(
      firstAndLastLadder(exchanges, shown.first, shown.last),
      width,
      `Maintenance, first and last ${shown.name}`,
      'maintenance',
    ),
    ...points(
      shown.told.map(([exchange, called]) => join(exchangeSentences(exchange, called, connection))),
    ),
  ]
}

function exchangeTable(exchanges: readonly ExchangeAnalysis[]): HTMLElement[] {
  if (exchanges.length === 0) return []
  return [
    table(
      'All exchanges',
      [
        { heading: '#', isNumber: true },
        { heading: 'method' },
        { heading: 'offsets, or what' },
        { heading: 'frames', isNumber: true },
        { heading: 'request', isNumber: true },
        { heading: 'took', isNumber: true },
        { heading: 'answer' },
      ],
      exchanges.map((exchange): Cell[] => {
        const { start, end, number, requestBytes } = exchange
        return [
          String(number),
          methodOf(exchange),
          matter(exchange),
          framesOf(exchange),
          size(requestBytes),
          start === null || end === null ? '–' : duration(end - start),
          answer(exchange),
        ]
      }),
    ),
  ]
}

/** The longest, in the order of time. */
function idleTimes({ maintenance, protocol }: ConnectionAnalysis): HTMLElement[] {
  const gaps = maintenance.idleGaps
  const longest = [...gaps].sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, mostGaps)
  const rest = gaps.length - longest.length
  const sentences = longest
    .sort((a, b) => a.from - b.from)
    .map((gap) => idleGapSentence(gap, protocol))
  return points(rest > 0 ? [...sentences, say`${rest} shorter ones.`] : sentences)
}
