// Where the reading of one connection stands: both streams, and what was found in them.
import type { StreamOffset } from '../tcp/piece.ts'
import type { Direction } from '../units.ts'
import type { HttpReader, HttpReaderOptions, MissedTime, Remark } from './exchange.ts'
import { newStream, type OpenExchange, type Stream } from './stream.ts'

export interface Conversation {
  readonly options: HttpReaderOptions
  readonly streams: readonly [Stream, Stream]
  readonly exchanges: OpenExchange[]
  readonly remarks: Remark[]
  readonly framingBytes: [number, number]
  readonly missed: MissedTime[]
  requestDirection: Direction | null
  protocol: HttpReader['protocol']
  /** The first exchange whose answer is still to come; from here on the next response is placed. */
  unanswered: number
  /** Exchanges before this one may have been answered where the capture has a gap. */
  doubtful: number
  /** The n-th request belongs to the n-th exchange: nothing was missed so far. */
  isAligned: boolean
  requests: number
}

export function newConversation(options: HttpReaderOptions): Conversation {
  return {
    options,
    streams: [newStream(0, options), newStream(1, options)],
    exchanges: [],
    remarks: [],
    framingBytes: [0, 0],
    missed: [],
    requestDirection: null,
    protocol: 'unknown',
    unanswered: 0,
    doubtful: 0,
    isAligned: options.fromStart === true,
    requests: 0,
  }
}

export const other = (talk: Conversation, stream: Stream): Stream =>
  talk.streams[stream.direction === 0 ? 1 : 0]

/** Each text once: what is out of order on a connection is so many times. */
export function remark(talk: Conversation, packet: number, text: string): void {
  if (!talk.remarks.some((known) => known.text === text)) talk.remarks.push({ packet, text })
}

/** The head or framing that began at `unitFrom` goes up to here. */
export function tellFraming(talk: Conversation, stream: Stream, to: StreamOffset): void {
  const from = stream.unitFrom
  if (to <= from) return
  talk.framingBytes[stream.direction] += to - from
  talk.options.onFraming?.({ direction: stream.direction, from, to })
  stream.unitFrom = to
}
