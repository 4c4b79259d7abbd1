// All exchanges of a connection in a table; when there are many, the first, the last and those that stand out.
import type { ExchangeAnalysis } from '../analysis.ts'
import { runSentence } from './exchange-run.ts'
import type { Column, Row } from './layout.ts'
import { fold, table } from './layout.ts'
import type { Sentence } from './prose.ts'
import { tone } from './prose.ts'
import { duration, size } from './quantity.ts'
import { answer, framesOf, matter, methodOf } from './sentences/exchange.ts'

const columns: readonly Column[] = [
  { heading: '#', align: 'right' },
  { heading: 'method', align: 'left' },
  { heading: 'offsets, or what', align: 'left', shrinks: true },
  { heading: 'frames', align: 'right' },
  { heading: 'request', align: 'right' },
  { heading: 'took', align: 'right' },
  { heading: 'answer', align: 'left' },
]

/** More are folded. */
const most = 40
/** Exceptions are shown among the folded ones, as long as they are few. */
const mostExceptions = 12

export function exchangeTable(exchanges: readonly ExchangeAnalysis[], width: number): Sentence[] {
  if (exchanges.length === 0) return []
  return table(columns, rows(exchanges), width, '  ')
}

function rows(exchanges: readonly ExchangeAnalysis[]): Row[] {
  if (exchanges.length <= most) return exchanges.map(row)
  const { head, folded, tail } = fold(exchanges, 5, 5)
  return [...head.map(row), ...foldedRows(folded), ...tail.map(row)]
}

/** Runs of ordinary exchanges as one line, exceptional ones between them whole. */
function foldedRows(exchanges: readonly ExchangeAnalysis[]): Row[] {
  const exceptional = new Set(exchanges.filter(isExceptional).slice(0, mostExceptions))
  const found: Row[] = []
  let run: ExchangeAnalysis[] = []
  const close = () => {
    if (run.length > 0) found.push(runRow(run))
    run = []
  }
  for (const exchange of exchanges) {
    if (!exceptional.has(exchange)) run.push(exchange)
    else {
      close()
      found.push(row(exchange))
    }
  }
  close()
  return found
}

const isExceptional = ({
  status,
  upload,
  isRequestComplete,
  isResponseComplete,
}: ExchangeAnalysis) =>
  status === null ||
  status >= 400 ||
  upload?.isConsistent === false ||
  !isRequestComplete ||
  !isResponseComplete

function runRow(run: readonly ExchangeAnalysis[]): Row {
  return { across: [tone('quiet', '… '), ...runSentence(run)] }
}

function row(exchange: ExchangeAnalysis): Sentence[] {
  const { start, end } = exchange
  return [
    [String(exchange.number)],
    [methodOf(exchange)],
    [matter(exchange)],
    framesOf(exchange),
    [size(exchange.requestBytes)],
    [start === null || end === null ? '–' : duration(end - start)],
    answer(exchange),
  ]
}
