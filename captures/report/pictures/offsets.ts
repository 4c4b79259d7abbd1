// P3 from the analysis alone: each PATCH as a stroke from its first to its last byte, in time and in the file. Analysis in, picture out.
import type { Analysis, ConnectionAnalysis, UploadAnalysis } from '../../analysis.ts'
import { count, size } from '../quantity.ts'
import { methodOf } from '../sentences/exchange.ts'
import { axisMarks, type Span, timeAxis } from './axis.ts'
import { levels } from './levels.ts'
import { line, type Mark, type Picture, part, shape, type Tone, text, toFrame } from './picture.ts'

export interface OffsetsOptions {
  readonly width: number
  readonly height?: number
  /** By default the time of the upload. */
  readonly span?: Span
  /** From where the axis counts, seconds. */
  readonly zero?: number
}

const left = 66
const right = 14
const top = 10
const bottom = 24

export function offsetsPicture(
  { connections }: Analysis,
  upload: UploadAnalysis,
  { width, height = 260, span, zero = 0 }: OffsetsOptions,
): Picture {
  const whole = span ?? { from: upload.start, to: upload.end }
  const axis = timeAxis(whole, width - left - right, zero)
  const length = Math.max(1, upload.length ?? upload.offset)
  const floor = height - bottom
  const y = (offset: number) => floor - (offset / length) * (floor - top)
  const carriers = connections.filter(({ number }) => upload.connections.includes(number))
  return {
    title: `Upload offset over time, ${upload.filename ?? upload.url}`,
    description: `${count(upload.patches, 'PATCH', 'PATCHes')} ${upload.patches === 1 ? 'brings' : 'bring'} the file from 0 to ${size(upload.offset)} on ${count(carriers.length, 'connection')}. A thin line behind each lasts until its last byte is acknowledged (TCP); a diamond is an offset that the server told (HTTP).`,
    width,
    height,
    marks: [
      ...axisMarks(axis, left, top, floor),
      ...levels(length).flatMap((offset) => [
        line([left, y(offset), width - right, y(offset)], 'line'),
        text(left - 8, y(offset) + 4, size(offset), 'soft', { isSmall: true, anchor: 'end' }),
      ]),
      ...carriers.flatMap((connection, index) =>
        strokes(connection, upload.url, index, {
          x: (time) => left + axis.at(time),
          y,
          from: left,
          to: left + axis.width,
        }),
      ),
    ],
  }
}

interface Sheet {
  readonly x: (time: number) => number
  readonly y: (offset: number) => number
  /** Drawing units: what lies outside belongs to a time that isn't shown. */
  readonly from: number
  readonly to: number
}

function strokes(
  { exchanges, number }: ConnectionAnalysis,
  url: string,
  index: number,
  { x, y, from, to: end }: Sheet,
): Mark[] {
  const stroke = (ends: Ends, tone: Tone, more: Parameters<typeof line>[2] = {}): Mark[] => {
    const seen = cut(ends, from, end)
    return seen === null ? [] : [line(seen, tone, more)]
  }
  const answer = (time: number, offset: number) =>
    x(time) < from || x(time) > end ? [] : [diamond(x(time), y(offset))]
  return exchanges.flatMap((exchange) => {
    const { start, requestEnd, requestAcknowledged, responseStart, upload } = exchange
    if (upload === null || upload.url !== url || upload.from === null || start === null) return []
    const to = upload.to ?? upload.from
    const answered = upload.answeredOffset
    const marks = [
      ...stroke([x(start), y(upload.from), x(requestEnd ?? start), y(to)], 'client', {
        width: 2.2,
        isDashed: index % 2 === 1,
      }),
      ...(requestEnd === null || requestAcknowledged === null
        ? []
        : stroke([x(requestEnd), y(to), x(requestAcknowledged), y(to)], 'server')),
      ...upload.progress.flatMap(({ time, offset }) => answer(time, offset)),
      ...(answered === null || responseStart === null ? [] : answer(responseStart, answered)),
    ]
    return marks.length === 0
      ? []
      : [
          part(
            `${methodOf(exchange)} from ${upload.from} to ${to} on connection ${number}`,
            toFrame(exchange.requestPacket),
            marks,
          ),
        ]
  })
}

type Ends = readonly [x1: number, y1: number, x2: number, y2: number]

/** What of a stroke lies between two places of the axis. */
function cut([x1, y1, x2, y2]: Ends, from: number, to: number): Ends | null {
  if (x2 < from || x1 > to) return null
  const at = (x: number) => y1 + ((x - x1) / (x2 - x1)) * (y2 - y1)
  const [low, high] = [Math.max(x1, from), Math.min(x2, to)]
  return [low, low === x1 ? y1 : at(low), high, high === x2 ? y2 : at(high)]
}

const diamond = (x: number, y: number): Mark =>
  shape(`M${Math.round(x * 10) / 10} ${Math.round((y - 4) * 10) / 10}l4 4l-4 4l-4 -4z`, 'server')
