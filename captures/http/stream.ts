// Where the reading of one direction stands: plain state, which the other files of this folder move on.
import type { Place, StreamOffset } from '../tcp/piece.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Fields, HttpReaderOptions, Request, Response } from './exchange.ts'
import { noFields } from './fields.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export type OpenMessage = Mutable<Request> | Mutable<Response>

export interface OpenExchange {
  readonly number: number
  request: Request | null
  readonly interim: Response[]
  response: Response | null
}

/** What the next byte of a stream belongs to. */
export type StreamState =
  | 'start'
  | 'head'
  | 'body'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'lost'
  | 'opaque'

/** A message after which the place in the stream is not known, and from where on the next one may begin. */
export interface Cut {
  readonly message: OpenMessage
  readonly exchange: OpenExchange
  /** Its head was cut, and what is there of it tells that no body follows. */
  readonly isOver: boolean
  readonly notBefore: StreamOffset
  /** How far the other stream was. */
  readonly otherPosition: StreamOffset
}

/** One direction. Numbers stay numbers (never `null`): they are written for every piece, and must not be allocated. */
export interface Stream {
  readonly direction: Direction
  role: 'request' | 'response' | null
  state: StreamState
  /** The next byte; −1 before the first one. */
  position: StreamOffset
  /** Nothing before this needs a look. */
  quietUntil: StreamOffset
  /** Of the latest piece; and of the one before it, or before the head under way. */
  lastPacket: number
  lastTime: Nanoseconds
  packetBefore: number
  timeBefore: Nanoseconds
  /** The message whose body is under way, and its exchange. */
  message: OpenMessage | null
  exchange: OpenExchange | null
  /** The body: where its current run of bytes begins, and how many came in chunks before it. */
  dataFrom: StreamOffset
  bodyBefore: number
  /** The body may be missing, whatever the head says: the next piece tells. */
  mayLackBody: boolean
  /** The head or framing under way: where it begins, and the packet. */
  unitFrom: StreamOffset
  unitPacket: number
  unitTime: Nanoseconds
  /** Its bytes, where one piece didn't have all of them. */
  held: Uint8Array | null
  heldLength: number
  /** The piece that brought the last of them. */
  heldPacket: number
  heldTime: Nanoseconds
  /** Of a head: the LF of its start line, from `unitFrom`; −1: not there yet. */
  startLineEnd: number
  /** The line that is under way: 1 empty so far, 2 only a CR, 0 more. */
  blank: 0 | 1 | 2
  /** A chunk-size line: the number so far, −1 without a digit; and whether its digits are over. */
  chunkSize: number
  isExtension: boolean
  /** Of the latest head. */
  fieldsBefore: Fields
  /** While the place is lost, and after which message. */
  cut: Cut | null
  /** The start line under way stands where the place was lost: it may be none. */
  isGuess: boolean
  hasEnded: boolean
  /** What is walked through is in no packet. */
  isInGap: boolean
}

export function newStream(direction: Direction, options: HttpReaderOptions): Stream {
  return {
    direction,
    role: null,
    state: 'start',
    position: options.fromStart === true ? 0 : -1,
    quietUntil: -1,
    lastPacket: 0,
    lastTime: 0,
    packetBefore: 0,
    timeBefore: 0,
    message: null,
    exchange: null,
    dataFrom: 0,
    bodyBefore: 0,
    mayLackBody: false,
    unitFrom: 0,
    unitPacket: 0,
    unitTime: 0,
    held: null,
    heldLength: 0,
    heldPacket: 0,
    heldTime: 0,
    startLineEnd: -1,
    blank: 0,
    chunkSize: -1,
    isExtension: false,
    fieldsBefore: noFields,
    cut: null,
    isGuess: false,
    hasEnded: false,
    isInGap: false,
  }
}

/** A head or framing begins at the stream's position, which lies in this packet. */
export function beginUnit(stream: Stream, place: Place): void {
  stream.unitFrom = stream.position
  stream.unitPacket = place.packet
  stream.unitTime = place.time
}

/** A chunk-size line begins at the stream's position. */
export function beginChunk(stream: Stream, place: Place): void {
  beginUnit(stream, place)
  stream.state = 'chunk-size'
  stream.chunkSize = -1
  stream.isExtension = false
}

/** The message under way, as far as the piece before went. */
export function settle(stream: Stream): void {
  const { message } = stream
  if (message === null) return
  message.bodyLength = stream.bodyBefore
  if (stream.state === 'body' || stream.state === 'chunk-data' || stream.state === 'until-close') {
    message.bodyLength += stream.position - stream.dataFrom
  }
  message.last = { packet: stream.lastPacket, time: stream.lastTime }
}

/** From here on the stream is nobody's business. */
export function turnAway(stream: Stream): void {
  settle(stream)
  stream.state = 'opaque'
  stream.quietUntil = Number.POSITIVE_INFINITY
  stream.held = null
  stream.message = null
  stream.exchange = null
  stream.cut = null
}
