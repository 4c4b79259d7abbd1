// P2: the ladder of a phase, client left, server right. Rows of `ladder.ts` in, picture out.
// Arrows are flat: with one place of capture, when a segment arrived at the other end is not known.
import type { Role } from '../../units.ts'
import type { FoldRow, LadderRow, SegmentRow } from '../ladder.ts'
import { plain } from '../prose.ts'
import { moment } from '../quantity.ts'
import {
  fitted,
  line,
  link,
  type Mark,
  type Picture,
  shape,
  text,
  toFrame,
  wrapped,
} from './picture.ts'

/** Columns: frame, time, state of the client, lifelines, state of the server. */
interface Columns {
  readonly width: number
  readonly hasTimes: boolean
  readonly client: number
  readonly server: number
  /** States stand outside the lifelines, else under the arrow. */
  readonly hasStates: boolean
  readonly areStatesOutside: boolean
}

const arrowHeight = 36
const stateHeight = 13
const foldLine = 15
const frameColumn = 42
const timeColumn = 62
const stateColumn = 86
const headHeight = 24

export function ladderPicture(
  rows: readonly LadderRow[],
  { width, title }: { readonly width: number; readonly title: string },
): Picture {
  const columns = columnsOf(rows, width)
  const marks: Mark[] = []
  let y = headHeight
  for (const row of rows) {
    const drawn = row.kind === 'segment' ? segment(row, columns, y) : fold(row, columns, y)
    marks.push(...drawn.marks)
    y += drawn.height
  }
  const segments = rows.filter(({ kind }) => kind === 'segment').length
  return {
    title,
    description: `${segments} segments between client and server, in the order of their frames; each arrow leads to its frame.`,
    width,
    height: y + 6,
    marks: [...heads(columns, y + 4), ...marks],
  }
}

function columnsOf(rows: readonly LadderRow[], width: number): Columns {
  const hasStates = rows.some((row) => row.kind === 'segment' && row.states !== null)
  const hasTimes = width >= 420
  const areStatesOutside = hasStates && width >= 500
  const gutter = frameColumn + (hasTimes ? timeColumn : 0)
  const state = areStatesOutside ? stateColumn : 0
  return {
    width,
    hasTimes,
    hasStates,
    areStatesOutside,
    client: gutter + state + (areStatesOutside ? 8 : 22),
    server: width - state - (areStatesOutside ? 8 : 24),
  }
}

function heads({ client, server, hasTimes }: Columns, bottom: number): Mark[] {
  return [
    text(frameColumn - 6, 13, 'frame', 'soft', { isSmall: true, anchor: 'end' }),
    ...(hasTimes
      ? [
          text(frameColumn + timeColumn - 4, 13, 'time, s', 'soft', {
            isSmall: true,
            anchor: 'end',
          }),
        ]
      : []),
    text(client, 13, 'client', 'client', { anchor: 'middle', isStrong: true }),
    text(server, 13, 'server', 'server', { anchor: 'middle', isStrong: true }),
    line([client, headHeight - 5, client, bottom], 'client', { width: 1.5 }),
    line([server, headHeight - 5, server, bottom], 'server', { width: 1.5 }),
  ]
}

interface Drawn {
  readonly marks: readonly Mark[]
  readonly height: number
}

function segment(row: SegmentRow, columns: Columns, top: number): Drawn {
  const { client, server, hasTimes, hasStates, areStatesOutside } = columns
  const y = top + 21
  const [from, to] = row.by === 'client' ? [client, server] : [server, client]
  const room = server - client - 16
  const { above, below } = words(row, room)
  const isReset = row.label.startsWith('RST')
  const marks: Mark[] = [
    text(frameColumn - 6, y + 4, String(row.packet), 'soft', { isSmall: true, anchor: 'end' }),
    ...(hasTimes && row.time !== null
      ? [
          text(frameColumn + timeColumn - 4, y + 4, moment(row.time), 'soft', {
            isSmall: true,
            anchor: 'end',
          }),
        ]
      : []),
    ...arrow(from, to, y, row.by, isReset),
    text((client + server) / 2, y - 5, above, 'text', { anchor: 'middle', isStrong: false }),
    ...(below === ''
      ? []
      : [text((client + server) / 2, y + 12, below, 'soft', { anchor: 'middle', isSmall: true })]),
    ...(row.states === null ? [] : states(row.states, columns, y)),
  ]
  const isUnder = hasStates && !areStatesOutside && row.states !== null
  const height = arrowHeight + (isUnder ? stateHeight : 0)
  const told = `frame ${row.packet}: ${row.label}${row.numbers === '' ? '' : `, ${row.numbers}`}, sent by the ${row.by}`
  return {
    height,
    marks: [link(told, toFrame(row.packet), [hit(columns, top, height), ...marks])],
  }
}

/** The whole row can be hit, not its strokes only. */
const hit = ({ width }: Columns, top: number, height: number): Mark => ({
  kind: 'rect',
  x: 0,
  y: top,
  width,
  height,
  tone: 'track',
  fill: 'none',
})

/** Label and numbers on one line where both fit. */
function words({ label, numbers }: SegmentRow, room: number) {
  const both = numbers === '' ? label : `${label}   ${numbers}`
  const fits = both.length * 6.7 <= room
  return fits
    ? { above: both, below: '' }
    : { above: fitted(label, room), below: fitted(numbers, room, true) }
}

function states(
  { client, server }: { client: string; server: string },
  columns: Columns,
  y: number,
) {
  const [left, right] = [columns.client, columns.server]
  return columns.areStatesOutside
    ? [
        text(left - 8, y + 4, client, 'client', { isSmall: true, anchor: 'end' }),
        text(right + 8, y + 4, server, 'server', { isSmall: true }),
      ]
    : [
        text(left + 6, y + 24, client, 'client', { isSmall: true }),
        text(right - 6, y + 24, server, 'server', { isSmall: true, anchor: 'end' }),
      ]
}

function arrow(from: number, to: number, y: number, by: Role, isReset: boolean): Mark[] {
  const way = to > from ? 1 : -1
  const tip = to - way * 2
  return [
    line([from, y, tip - way * 6, y], by, { width: 1.5, isDashed: isReset }),
    shape(`M${tip} ${y}l${-way * 9} -4.5v9z`, by),
  ]
}

/** What is left out, between two breaks of the lifelines. */
function fold({ text: told }: FoldRow, columns: Columns, top: number): Drawn {
  const { client, server } = columns
  const lines = wrapped(plain(told), server - client - 20, true)
  const height = lines.length * foldLine + 12
  const middle = (client + server) / 2
  return {
    height,
    marks: [
      ...[client, server].flatMap((x) => [
        line([x, top + 3, x, top + height - 3], 'page', { width: 3 }),
        line([x, top + 3, x, top + height - 3], 'soft', { width: 1.5, isDashed: true }),
      ]),
      ...lines.map((words, index) =>
        text(middle, top + 6 + (index + 0.75) * foldLine, words, 'soft', {
          anchor: 'middle',
          isSmall: true,
        }),
      ),
    ],
  }
}
