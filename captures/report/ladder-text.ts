// A ladder drawn with characters: client left, server right, frame and time in the gutter. Rows in, lines out.
import type { Role } from '../units.ts'
import type { LadderRow, SegmentRow } from './ladder.ts'
import { columnsOf, pad, shorten, wrap } from './layout.ts'
import type { Part, Sentence } from './prose.ts'
import { frame, role, tone } from './prose.ts'
import { moment } from './quantity.ts'

/** Wider arrows are no clearer. */
const maxWidth = 100

/** Columns of the parts of a line: `gutter state │ span │ state`. */
interface Shape {
  readonly frames: number
  readonly times: number
  readonly gutter: number
  readonly client: number
  readonly span: number
}

/** Lines for `width` columns. The states of the ends stand outside the lifelines, where rows have them. */
export function drawLadder(rows: readonly LadderRow[], width: number): Sentence[] {
  if (rows.length === 0) return []
  const shape = shapeOf(rows, width)
  const between = ['  ', ' '].find((text) => haveRoom(rows, text, shape.span - edges)) ?? null
  return [
    heading(shape),
    ...rows.flatMap((row) =>
      row.kind === 'segment' ? drawSegment(row, shape, between) : drawFold(row.text, shape),
    ),
  ]
}

/** Of an arrow, besides its label. */
const edges = 4

/** Whether every arrow has room for its label and its numbers. */
const haveRoom = (rows: readonly LadderRow[], between: string, room: number) =>
  rows.every((row) => row.kind === 'fold' || columnsOf([oneLine(row, between)]) <= room)

const oneLine = ({ label, numbers }: SegmentRow, between: string) =>
  [label, numbers].filter((text) => text !== '').join(between)

function shapeOf(rows: readonly LadderRow[], width: number): Shape {
  const segments = rows.flatMap((row) => (row.kind === 'segment' ? [row] : []))
  const widest = (texts: readonly string[], least: number) =>
    Math.max(least, ...texts.map((text) => text.length))
  const frames = widest(
    segments.map(({ packet }) => String(packet)),
    5,
  )
  const times = widest(
    segments.map(({ time }) => (time === null ? '' : moment(time))),
    7,
  )
  const gutter = 2 + frames + 2 + times + 2
  const stateOf = (side: Role) => {
    const columns = widest(
      segments.map(({ states }) => states?.[side] ?? ''),
      0,
    )
    return columns === 0 ? 0 : columns + 1
  }
  const client = stateOf('client')
  const rest = Math.min(width, maxWidth) - gutter - client - stateOf('server') - 2
  return { frames, times, gutter, client, span: Math.max(22, rest) }
}

function heading({ frames, times, client, span }: Shape): Sentence {
  return [
    '  ',
    ...pad([tone('quiet', 'frame')], frames, 'right'),
    '  ',
    ...pad([tone('quiet', 'time, s')], times, 'right'),
    ' '.repeat(2 + client),
    role('client'),
    ' '.repeat(span + 2 - 'client'.length - 'server'.length),
    role('server'),
  ]
}

/** Numbers that find no room on the arrows of a ladder stand under them, in all of its rows. */
function drawSegment(row: SegmentRow, shape: Shape, between: string | null): Sentence[] {
  const line = [
    '  ',
    ...pad([frame(row.packet)], shape.frames, 'right'),
    '  ',
    ...pad([tone('quiet', row.time === null ? '' : moment(row.time))], shape.times, 'right'),
    '  ',
    ...clientState(row, shape),
    ...arrow(row.by, between === null ? row.label : oneLine(row, between), shape.span),
    ...(row.states === null ? [] : [' ', role('server', row.states.server)]),
  ]
  return between !== null || row.numbers === '' ? [line] : [line, second(row, shape)]
}

const clientState = ({ states }: SegmentRow, { client }: Shape): Sentence =>
  client === 0 ? [] : [...pad([role('client', states?.client ?? '')], client - 1, 'right'), ' ']

/** `│─ SYN seq 0 ─────────▶│`; the label stands at its sender's end. */
function arrow(by: Role, label: string, span: number): Sentence {
  const text = shorten(label, span - edges)
  const line = '─'.repeat(span - edges - columnsOf([text]))
  return bounded(role(by, by === 'client' ? `─ ${text} ${line}▶` : `◀${line} ${text} ─`))
}

const bounded = (...inner: readonly Part[]): Sentence => ['│', ...inner, '│']

/** Numbers that found no room on the arrow. */
function second({ by, numbers }: SegmentRow, { gutter, client, span }: Shape): Sentence {
  const text = [role(by, shorten(numbers, span - edges))]
  const inner = pad(text, span - edges, by === 'client' ? 'left' : 'right')
  return [' '.repeat(gutter + client), ...bounded('  ', ...inner, '  ')]
}

function drawFold(text: Sentence, { gutter, client, span }: Shape): Sentence[] {
  return wrap(text, span - 4).map((line) => [
    ' '.repeat(gutter + client),
    '┆  ',
    ...pad(line.map(quieten), span - 4, 'left'),
    '  ┆',
  ])
}

const quieten = (part: Part): Part => (typeof part === 'string' ? tone('quiet', part) : part)
