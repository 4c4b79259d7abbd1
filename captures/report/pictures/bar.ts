// One connection as a bar: handshake, requests, idle times, ending. Connection and axis in, marks out.
import type { ConnectionAnalysis, ExchangeAnalysis } from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import { plain } from '../prose.ts'
import { count, duration } from '../quantity.ts'
import { answer, bringsBytes, matter, methodOf } from '../sentences/exchange.ts'
import type { Axis } from './axis.ts'
import { line, type Mark, part, rect, shape, type Tone, toFrame } from './picture.ts'

export interface BarPlace {
  readonly left: number
  readonly top: number
  /** Of the row. */
  readonly height: number
}

/** Narrower blocks are drawn as one with their neighbours. */
const narrow = 3

interface Sheet {
  /** Drawing units, cut to the axis. */
  readonly x: (time: number) => number
  readonly isIn: (time: number) => boolean
  readonly middle: number
  /** Half of the bar's height. */
  readonly half: number
}

/** What belongs to the connection as a whole: its bar. */
export function bodyMarks({ start, end }: ConnectionAnalysis, axis: Axis, place: BarPlace): Mark[] {
  if (axis.at(end) < 0 || axis.at(start) > axis.width) return []
  const { x, middle, half } = sheetOf(axis, place)
  return [rect([x(start), middle - half, Math.max(1, x(end) - x(start)), 2 * half], 'track')]
}

/** What lies in it, each with its own frame. */
export function partMarks(connection: ConnectionAnalysis, axis: Axis, place: BarPlace): Mark[] {
  const { start, end } = connection
  if (axis.at(end) < 0 || axis.at(start) > axis.width) return []
  const sheet = sheetOf(axis, place)
  return [
    ...idleTimes(connection, sheet),
    ...blocks(connection.exchanges, sheet),
    ...opening(connection, sheet),
    ...closing(connection, sheet),
  ]
}

const sheetOf = (axis: Axis, place: BarPlace): Sheet => ({
  x: (time) => place.left + Math.min(axis.width, Math.max(0, axis.at(time))),
  isIn: (time) => axis.at(time) >= -0.5 && axis.at(time) <= axis.width + 0.5,
  middle: place.top + place.height / 2,
  half: Math.max(1.2, Math.min(8, place.height * 0.36)),
})

/** Where no exchange was under way and the connection was kept. */
function idleTimes({ maintenance }: ConnectionAnalysis, { x, middle, half }: Sheet): Mark[] {
  return maintenance.idleGaps
    .filter(({ kind, from, to }) => kind === 'http-idle' && x(to) - x(from) >= narrow)
    .map(({ from, to, fromPacket, probes }) =>
      part(
        `idle, kept open, ${duration(to - from)}${probes > 0 ? `, ${count(probes, 'TCP keep-alive probe')} in it` : ''}`,
        toFrame(fromPacket),
        [rect([x(from), middle - half, x(to) - x(from), 2 * half], 'soft', 'hatched')],
      ),
    )
}

function blocks(exchanges: readonly ExchangeAnalysis[], sheet: Sheet): Mark[] {
  const marks: Mark[] = []
  let crowd: ExchangeAnalysis[] = []
  let reach = Number.NEGATIVE_INFINITY
  const flush = () => {
    const [first] = crowd
    if (first !== undefined)
      marks.push(crowd.length === 1 ? block(first, sheet) : together(crowd, sheet))
    crowd = []
  }
  for (const exchange of exchanges) {
    const [from, to] = [startOf(exchange), endOf(exchange)]
    if (from === null || to === null || !(sheet.isIn(from) || sheet.isIn(to))) continue
    const [left, right] = [sheet.x(from), sheet.x(to)]
    const joins =
      right - left < narrow && left - reach < 1.5 && crowd.length > 0 && isAlike(crowd[0], exchange)
    if (!joins) flush()
    crowd.push(exchange)
    if (right - left >= narrow) flush()
    reach = right
  }
  flush()
  return marks
}

const isAlike = (a: ExchangeAnalysis | undefined, b: ExchangeAnalysis) =>
  a !== undefined && bringsBytes(a) === bringsBytes(b)
const startOf = ({ start, responseStart }: ExchangeAnalysis) => start ?? responseStart
const endOf = (one: ExchangeAnalysis) => one.end ?? one.responseStart ?? one.requestEnd ?? one.start

function together(exchanges: readonly ExchangeAnalysis[], { x, middle, half }: Sheet): Mark {
  const [first] = exchanges
  const last = exchanges.at(-1)
  const isWork = first !== undefined && bringsBytes(first)
  const from = x((first && startOf(first)) ?? 0)
  const to = x((last && endOf(last)) ?? 0)
  const what = exchanges.every(isPatch)
    ? count(exchanges.length, 'PATCH', 'PATCHes')
    : count(exchanges.length, 'request')
  const height = isWork ? half : half * 0.6
  return part(
    `${what}, the first in frame ${first?.requestPacket ?? '?'}`,
    toFrame(first?.requestPacket),
    [
      rect(
        [from, middle - height, Math.max(1.2, to - from), 2 * height],
        isWork ? 'client' : 'other',
      ),
    ],
  )
}

/** Request bytes, wait, response: where there is room for that. */
function block(exchange: ExchangeAnalysis, { x, middle, half }: Sheet): Mark {
  const from = x(startOf(exchange) ?? 0)
  const whole = Math.max(1.2, x(endOf(exchange) ?? 0) - from)
  // A little air sets neighbours apart.
  const width = whole > 6 ? whole - 1 : whole
  const isWork = bringsBytes(exchange)
  const height = isWork ? half : half * 0.6
  const box = (left: number, right: number): [number, number, number, number] => [
    left,
    middle - height,
    Math.max(0.8, right - left),
    2 * height,
  ]
  const sent =
    exchange.requestEnd === null ? from + width : Math.min(from + width, x(exchange.requestEnd))
  const answered =
    exchange.responseStart === null
      ? from + width
      : Math.min(from + width, x(exchange.responseStart))
  // An early answer ends before its request does.
  const received =
    exchange.responseEnd === null
      ? from + width
      : Math.max(from + 1.5, Math.min(from + width, x(exchange.responseEnd)))
  return part(titleOf(exchange), toFrame(exchange.requestPacket ?? exchange.responsePacket), [
    ...(!isWork
      ? [rect(box(from, from + width), 'other')]
      : width < 8
        ? [rect(box(from, from + width), 'client')]
        : [
            rect(box(from, from + width), 'client-soft'),
            rect(box(from, Math.max(from + 1, sent)), 'client'),
            ...(exchange.responseStart === null
              ? []
              : [
                  rect(box(Math.max(from, Math.min(answered, received - 1.5)), received), 'server'),
                ]),
          ]),
    ...(isFault(exchange) ? [cross(from + width / 2, middle - half - 4, 3)] : []),
  ])
}

const isFault = ({ status, upload }: ExchangeAnalysis) =>
  (status !== null && status >= 400) || upload?.isConsistent === false

function titleOf(exchange: ExchangeAnalysis): string {
  const { start, end } = exchange
  const took = start === null || end === null ? '' : `, ${duration(end - start)}`
  return `${methodOf(exchange)} ${matter(exchange)}, answered ${plain(answer(exchange))}${took}`.replaceAll(
    '\u00a0',
    ' ',
  )
}

/** The handshake as wide as it took, with a stem at the first SYN. */
function opening(
  { initiation, start }: ConnectionAnalysis,
  { x, isIn, middle, half }: Sheet,
): Mark[] {
  if (initiation.kind === 'unseen' || !isIn(start)) return []
  const from = x(start)
  const to = initiation.duration === null ? from : x(start + initiation.duration)
  const took = initiation.duration === null ? 'not complete' : duration(initiation.duration)
  return [
    part(`handshake, ${took}`.replaceAll('\u00a0', ' '), toFrame(initiation.packets[0]), [
      ...(to - from > 1.5
        ? [rect([from, middle - half * 0.35, to - from, half * 0.7], 'soft')]
        : []),
      line([from, middle - half * 1.2, from, middle + half * 1.2], 'soft', { width: 1.6 }),
    ]),
  ]
}

function closing(connection: ConnectionAnalysis, sheet: Sheet): Mark[] {
  const { termination, initiation, end } = connection
  const { x, isIn, middle, half } = sheet
  const time = termination.segments[0]?.time ?? end
  if (!isIn(time)) return []
  const at = x(time)
  const to = toFrame(termination.packets[0] ?? connection.lastPacket)
  if (initiation.kind === 'refused' || initiation.kind === 'unanswered') {
    return [part(initiation.kind, to, [cross(at + 5, middle, 4, 'warning')])]
  }
  switch (termination.kind) {
    case 'reset':
      return [
        part(`reset by the ${termination.by ?? 'network'}`, to, [
          cross(at, middle, Math.max(3, half - 1)),
        ]),
      ]
    case 'open':
      return [
        part('still open at the end of the capture', to, [
          shape(
            `M${fixed(at)} ${fixed(middle - half)}l${fixed(half)} ${fixed(half)}l${fixed(-half)} ${fixed(half)}`,
            'soft',
            false,
          ),
        ]),
      ]
    case 'fin':
    case 'half-closed': {
      const height = termination.kind === 'fin' ? half * 1.3 : half
      const thick = Math.max(2, half * 0.45)
      const top = termination.kind === 'fin' ? middle - height : middle
      return [
        part(`FIN of the ${termination.by ?? 'other'}`, to, [
          rect(
            [at - thick / 2, top, thick, termination.kind === 'fin' ? 2 * height : height],
            termination.by ?? 'soft',
          ),
        ]),
      ]
    }
  }
}

function cross(x: number, y: number, size: number, tone: Tone = 'damage'): Mark {
  const [left, right, top, bottom] = [x - size, x + size, y - size, y + size].map(fixed)
  return shape(`M${left} ${top}L${right} ${bottom}M${right} ${top}L${left} ${bottom}`, tone, false)
}

const fixed = (value: number) => String(Math.round(value * 10) / 10)
