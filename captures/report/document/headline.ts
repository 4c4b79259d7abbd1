// The picture at the head of the report: one kept connection above, one for each request below, on one time axis.
// Analyses in, picture out.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import { type Axis, axisMarks, timeAxis } from '../pictures/axis.ts'
import { titleOf } from '../pictures/gantt.ts'
import {
  line,
  link,
  type Mark,
  type Picture,
  part,
  rect,
  text,
  toConnection,
  toFrame,
  widthOf,
} from '../pictures/picture.ts'
import { plain } from '../prose.ts'
import { count, duration, greatest } from '../quantity.ts'
import { answer, matter, methodOf } from '../sentences/exchange.ts'

const width = 880
const left = 34
const right = 34
const top = 38
const titleHeight = 28
const between = 22
/** The kept connection is what to look at. */
const keptRow = { height: 40, bar: 28 }
const closedRow = { height: 17, bar: 10 }

interface Row {
  /** Of the row's middle. */
  readonly y: number
  readonly bar: number
}

export function headlinePicture(kept: Analysis, closed: Analysis): Picture {
  const ends = (analysis: Analysis) => greatest(analysis.connections.map(({ end }) => end))
  const axis = timeAxis({ from: 0, to: Math.max(ends(kept), ends(closed)) }, width - left - right)
  const keptTop = top + titleHeight
  const keptBottom = keptTop + kept.connections.length * keptRow.height
  const closedTop = keptBottom + between + titleHeight
  const bottom = closedTop + closed.connections.length * closedRow.height + 4
  const done = left + axis.at(ends(kept))
  return {
    title: 'One connection kept alive, and the same upload without',
    description: `${summary('Kept alive', kept)} ${summary('Closed after each request', closed)} Each bar is a TCP connection, each blue block in it a PATCH.`,
    width,
    height: bottom + 26,
    marks: [
      ...legend(),
      ...axis.ticks.map(({ at }) => line([left + at, keptTop, left + at, keptBottom], 'line')),
      ...axisMarks(axis, left, closedTop, bottom),
      text(left, top + 16, `Kept alive: ${figures(kept.connections)}`, 'text', { isStrong: true }),
      ...kept.connections.flatMap((connection, index) =>
        bar(connection, axis, {
          y: keptTop + (index + 0.5) * keptRow.height,
          bar: keptRow.bar,
        }),
      ),
      text(
        left,
        closedTop - titleHeight + 16,
        `Closed after each request: ${figures(closed.connections)}`,
        'text',
        { isStrong: true },
      ),
      line([done, closedTop, done, bottom], 'soft', { isDashed: true }),
      text(done + 8, closedTop + 11, 'the kept one was done here', 'soft', { isSmall: true }),
      ...closed.connections.flatMap((connection, index) =>
        bar(connection, axis, {
          y: closedTop + (index + 0.5) * closedRow.height,
          bar: closedRow.bar,
        }),
      ),
    ],
  }
}

function bar(connection: ConnectionAnalysis, axis: Axis, row: Row): Mark[] {
  const { number, start, end, initiation, termination, exchanges } = connection
  const x = (time: number) => left + axis.at(time)
  const name = text(left - 8, row.y + 4, String(number), 'soft', { isSmall: true, anchor: 'end' })
  const closing = termination.segments[0]?.time
  return [
    link(titleOf(connection), toConnection(number), [
      name,
      rect([x(start), row.y - row.bar / 2, x(end) - x(start), row.bar], 'track'),
    ]),
    ...exchanges.map((exchange) => block(exchange, x, row)),
    ...(initiation.duration === null
      ? []
      : [
          part(
            `handshake, ${duration(initiation.duration)}`,
            toFrame(initiation.packets[0]),
            handshake(x(start), x(start + initiation.duration), row),
          ),
        ]),
    ...(closing === undefined
      ? []
      : [part('the first FIN', toFrame(termination.packets[0]), [cap(x(closing), row)])]),
  ]
}

const handshake = (from: number, to: number, { y, bar: height }: Row): Mark[] => [
  line([from, y - height / 2 - 1, from, y + height / 2 + 1], 'text', { width: 1.6 }),
  rect([from, y - 2, to - from, 4], 'text'),
]

const cap = (x: number, { y, bar: height }: Row): Mark =>
  rect([x - 1.5, y - height / 2 - 2.5, 3, height + 5], 'text')

/** A PATCH from its first byte to its answer; the answer itself as an edge. */
function block(exchange: ExchangeAnalysis, x: (time: number) => number, { y, bar: height }: Row) {
  const { start, end, responsePacket } = exchange
  const from = x(start ?? 0)
  // A little air sets neighbours apart.
  const own = Math.max(1.2, x(end ?? start ?? 0) - from - 1)
  const title = `${methodOf(exchange)} ${matter(exchange)}, answered ${plain(answer(exchange))}`
  const box = (at: number, wide: number, tall: number) => [at, y - tall / 2, wide, tall] as const
  return part(
    title.replaceAll('\u00a0', ' '),
    toFrame(exchange.requestPacket),
    isPatch(exchange)
      ? [
          rect(box(from, own, height), 'client'),
          ...(responsePacket === null ? [] : [rect(box(from + own - 1.6, 1.6, height), 'server')]),
        ]
      : [rect(box(from, own, height * 0.5), 'other')],
  )
}

function figures(connections: readonly ConnectionAnalysis[]): string {
  const patches = connections.reduce((sum, { maintenance }) => sum + maintenance.patches, 0)
  const handshakes = connections.filter(({ initiation }) => initiation.kind === 'handshake').length
  const took = greatest(connections.map(({ end }) => end))
  return [
    count(connections.length, 'TCP connection'),
    count(handshakes, 'handshake'),
    count(patches, 'PATCH', 'PATCHes'),
    duration(took),
  ].join(' · ')
}

const summary = (name: string, { connections }: Analysis) =>
  `${name}: ${figures(connections).replaceAll(' · ', ', ')}.`.replaceAll('\u00a0', ' ')

/** What the marks are. */
function legend(): Mark[] {
  const y = 14
  const row: Row = { y, bar: 12 }
  const entries: readonly (readonly [words: string, draw: (x: number) => Mark[]])[] = [
    ['handshake', (x) => handshake(x, x + 16, row)],
    ['creation (POST)', (x) => [rect([x, y - 3, 16, 6], 'other')]],
    [
      'PATCH, first byte to answer',
      (x) => [rect([x, y - 6, 16, 12], 'client'), rect([x + 14.4, y - 6, 1.6, 12], 'server')],
    ],
    ['open, nothing under way', (x) => [rect([x, y - 6, 16, 12], 'track')]],
    ['first FIN', (x) => [cap(x + 8, row)]],
  ]
  let x = left
  return entries.flatMap(([words, draw]) => {
    const marks = [...draw(x), text(x + 22, y + 4, words, 'soft', { isSmall: true })]
    x += 22 + widthOf(words, true) + 24
    return marks
  })
}
