// The connections as bars on one time line, with their PATCHes inside. Analysis in, lines out.
import type { ConnectionAnalysis } from '../analysis.ts'
import { fold } from './layout.ts'
import { ending, foldedConnections, type Item } from './overview.ts'
import type { Part, Sentence } from './prose.ts'
import { connectionPart, tone } from './prose.ts'
import { amount, greatest } from './quantity.ts'
import { bringsBytes } from './sentences/exchange.ts'

const maxBar = 100
/** More rows are no picture any more. */
const maxRows = 24

/** `█▓` PATCHes, in turn where there is room to tell them apart · `▄` other exchanges · `─` open, nothing under way. */
export function timeline(connections: readonly ConnectionAnalysis[], width: number): Sentence[] {
  if (connections.length === 0) return []
  const items = rowsOf(connections)
  const from = connections.reduce(
    (least, { start }) => Math.min(least, start),
    Number.POSITIVE_INFINITY,
  )
  const to = connections.reduce((most, { end }) => Math.max(most, end), Number.NEGATIVE_INFINITY)
  if (!(to > from) || connections.every(({ exchanges }) => exchanges.length === 0)) return []
  const label = String(greatest(connections.map(({ number }) => number))).length
  const bar = Math.min(maxBar, width - label - 4 - 14)
  const indent = ' '.repeat(label + 4)
  return [
    ...items.map(
      (item): Sentence =>
        'folded' in item
          ? [indent, tone('quiet', `┆ ${amount(item.folded.length)} more`)]
          : [
              '  ',
              ' '.repeat(label - String(item.number).length),
              connectionPart(item.number),
              '  ',
              ...cells(item, from, to, bar),
              '  ',
              ...ending(item),
            ],
    ),
    axis(from, to, bar, indent),
    [indent, tone('quiet', '├ SYN   █▓ PATCHes   ▄ other requests   ─ nothing under way   ┤ end')],
  ]
}

/** As in the table above, or fewer. */
function rowsOf(connections: readonly ConnectionAnalysis[]): Item[] {
  const items = foldedConnections(connections)
  if (items.length <= maxRows) return items
  const { head, folded, tail } = fold(items, maxRows - 8, 7)
  return [
    ...head,
    { folded: folded.flatMap((item) => ('folded' in item ? item.folded : [item])) },
    ...tail,
  ]
}

function cells(connection: ConnectionAnalysis, from: number, to: number, bar: number): Part[] {
  const scale = bar / (to - from)
  const column = (time: number) => Math.min(bar - 1, Math.max(0, Math.floor((time - from) * scale)))
  const [first, last] = [column(connection.start), column(connection.end)]
  const row: string[] = Array.from({ length: bar }, (_, index) =>
    index < first || index > last ? ' ' : '─',
  )
  const appends = connection.exchanges.filter(bringsBytes)
  const room = column(appends.at(-1)?.start ?? to) - column(appends[0]?.start ?? from)
  const isDense = room < 1.5 * appends.length
  let patches = 0
  for (const exchange of connection.exchanges) {
    const { start, end } = exchange
    const isOne = bringsBytes(exchange)
    if (isOne) patches += 1
    if (start === null) continue
    const mark = isOne ? (isDense || patches % 2 === 1 ? '█' : '▓') : '▄'
    for (let index = column(start); index <= column(end ?? start); index += 1) {
      if (isOne || row[index] === '─' || row[index] === ' ') row[index] = mark
    }
  }
  if (last - first > 1) {
    if (connection.initiation.kind !== 'unseen') row[first] = '├'
    if (connection.termination.kind !== 'open') row[last] = '┤'
  }
  return coloured(row)
}

/** PATCHes in the client's colour, as they are its bytes. */
function coloured(row: readonly string[]): Part[] {
  return (row.join('').match(/[█▓]+|[^█▓]+/g) ?? []).map((run) =>
    /[█▓]/.test(run) ? tone('client', run) : run,
  )
}

function axis(from: number, to: number, bar: number, indent: string): Sentence {
  const decimals = to - from < 1 ? 6 : 3
  const start = `${from.toFixed(decimals)}\u00a0s`
  const end = `${to.toFixed(decimals)}\u00a0s`
  const gap = ' '.repeat(Math.max(1, bar - start.length - end.length))
  return [indent, tone('quiet', `${start}${gap}${end}`)]
}
