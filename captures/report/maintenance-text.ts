// What lies between initiation and termination, for a terminal. Analysis in, lines out.
import type { ConnectionAnalysis } from '../analysis.ts'
import { firstAndLastLadder } from './exchange-ladder.ts'
import { exchangeTable } from './exchange-table.ts'
import { firstAndLastOf } from './first-and-last.ts'
import { drawLadder } from './ladder-text.ts'
import { phaseTitle, points, spaced, titled } from './paragraphs.ts'
import type { Sentence } from './prose.ts'
import { join, say } from './prose.ts'
import { amount, duration } from './quantity.ts'
import { exchangeSentences } from './sentences/exchange.ts'
import { idleGapSentence, keepAliveSentences } from './sentences/keep-alive.ts'
import { lossSentences } from './sentences/losses.ts'
import { amountsSentence, workSentence } from './sentences/work.ts'

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
      points([workSentence(connection), amountsSentence(connection)], width),
      ...firstAndLast(connection, width),
      titled('All exchanges', exchangeTable(connection.exchanges, width)),
      titled('Keep-alive, of both kinds', points(keepAliveSentences(connection), width)),
      titled('Idle times', idleTimes(connection, width)),
      titled('Losses, order, windows', points(lossSentences(connection), width)),
      points(doubts, width),
    ),
  ]
}

/** Ladder and words of the first and the last PATCH; where there is none, of the first and last exchange. */
function firstAndLast(connection: ConnectionAnalysis, width: number): Sentence[][] {
  const { exchanges } = connection
  const shown = firstAndLastOf(exchanges)
  if (shown === null) return []
  return [
    drawLadder(firstAndLastLadder(exchanges, shown.first, shown.last), width),
    points(
      shown.told.map(([exchange, called]) => join(exchangeSentences(exchange, called, connection))),
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
