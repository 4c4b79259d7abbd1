// What lies between initiation and termination, for a terminal. Analysis in, lines out.
import type { ConnectionAnalysis, ExchangeAnalysis } from '../analysis.ts'
import { firstAndLastLadder } from './exchange-ladder.ts'
import { exchangeTable } from './exchange-table.ts'
import { drawLadder } from './ladder-text.ts'
import { phaseTitle, points, spaced, titled } from './paragraphs.ts'
import type { Sentence } from './prose.ts'
import { join, role, say } from './prose.ts'
import { amount, count, duration, size } from './quantity.ts'
import { exchangeSentences, isPatch } from './sentences/exchange.ts'
import { idleGapSentence, keepAliveSentences } from './sentences/keep-alive.ts'
import { lossSentences } from './sentences/losses.ts'

const mostGaps = 6

export function maintenanceText(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): Sentence[] {
  const { maintenance } = connection
  const { start, end } = maintenance
  const facts: Sentence[] = start === null || end === null ? [] : [[duration(end - start)]]
  return [
    phaseTitle('Maintenance', facts),
    ...spaced(
      points([work(connection), amounts(connection)], width),
      ...firstAndLast(connection, width),
      titled('All exchanges', exchangeTable(connection.exchanges, width)),
      titled('Keep-alive, of both kinds', points(keepAliveSentences(connection), width)),
      titled('Idle times', idleTimes(connection, width)),
      titled('Losses, order, windows', points(lossSentences(connection), width)),
      points(doubts, width),
    ),
  ]
}

function work({
  maintenance: { exchanges, patches, transfer, idle },
}: ConnectionAnalysis): Sentence {
  if (exchanges === 0) return say`No HTTP request is to be seen on it.`
  const of = patches === 0 ? '' : `, ${patchesAmong(patches, exchanges)}`
  return say`${count(exchanges, 'exchange')}${of}. ${duration(transfer)} with an exchange under way, ${duration(idle)} without.`
}

function patchesAmong(patches: number, exchanges: number): string {
  if (exchanges === 1) return 'a PATCH'
  if (patches === exchanges) return 'all of them PATCHes'
  return `${amount(patches)} of them ${patches === 1 ? 'a PATCH' : 'PATCHes'}`
}

function amounts({ payloadBytes, headerBytes, wireBytes, protocol }: ConnectionAnalysis): Sentence {
  const heads = headerBytes.client + headerBytes.server
  const http = heads > 0 ? `, ${size(heads)} of it HTTP heads` : ''
  const other = {
    http: '',
    tls: ' It is encrypted (TLS): what it carries cannot be read.',
    h2: ' It is HTTP/2, whose requests are not told apart here.',
    upgraded: ' It was upgraded to another protocol, which is not read here.',
    unknown: ' No HTTP/1.1 was recognised in it.',
  }[protocol]
  return say`Payload: ${role('client')} ${size(payloadBytes.client)}, ${role('server')} ${size(payloadBytes.server)}${http}; ${size(wireBytes.client + wireBytes.server)} on the wire with the heads of all layers.${other}`
}

/** Ladder and words of the first and the last PATCH; where there is none, of the first and last exchange. */
function firstAndLast({ exchanges, ...rest }: ConnectionAnalysis, width: number): Sentence[][] {
  const patches = exchanges.filter(isPatch)
  const shown = patches.length > 0 ? patches : exchanges
  const name = patches.length > 0 ? 'PATCH' : 'exchange'
  const [first] = shown
  const last = shown.at(-1)
  if (first === undefined || last === undefined) return []
  const told: [ExchangeAnalysis, string][] =
    first === last
      ? [[first, `The only ${name}`]]
      : [
          [first, `The first ${name}`],
          [last, `The last ${name}`],
        ]
  const connection = { exchanges, ...rest }
  return [
    drawLadder(firstAndLastLadder(exchanges, first, last), width),
    points(
      told.map(([exchange, called]) => join(exchangeSentences(exchange, called, connection))),
      width,
    ),
  ]
}

/** The longest, in the order of time. */
function idleTimes(
  { maintenance: { idleGaps: gaps }, protocol }: ConnectionAnalysis,
  width: number,
): Sentence[] {
  const longest = [...gaps].sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, mostGaps)
  const rest = gaps.length - longest.length
  const sentences = longest
    .sort((a, b) => a.from - b.from)
    .map((gap) => idleGapSentence(gap, protocol))
  return points(rest > 0 ? [...sentences, say`${amount(rest)} shorter ones.`] : sentences, width)
}
