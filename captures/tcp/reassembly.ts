// Puts the payload of each direction in order and hands it on, each byte once; keeps what comes before its turn.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Connection } from './connection.ts'
import type { Place, StreamConsumer, StreamOffset, StreamPiece } from './piece.ts'
import type { EarlyPiece, Stream } from './stream.ts'

/** So much may wait for its turn, in a direction and in all; what comes beyond is counted without its bytes. */
const maxEarlyPieces = 4096
const maxEarlyBytes = 4 * 2 ** 20
const maxEarlyBytesInAll = 64 * 2 ** 20
/** With one side of a connection captured nobody acknowledges: after so many pieces a hole is taken to stay. */
const maxEarlyPiecesOneSided = 64
/**
 * A byte that was acknowledged but is not there may still come, where the tap saw packets out of order. It is given up
 * after so long, or so many packets of the connection.
 */
const patience: Nanoseconds = 10e6
const patiencePackets = 8
/** A hole at the end of the capture that nobody acknowledged is passed over up to this size; beyond, the number was damaged. */
const maxUnseenHole = 64 * 2 ** 20

export interface Reassembly {
  /** Takes the payload of a segment; its `offset` says where it belongs. */
  take(connection: Connection, direction: Direction, segment: Segment): void
  /** To be called for each packet of the connection while `acknowledged` of the stream is beyond its `frontier`. */
  considerHole(connection: Connection, direction: Direction, place: Place): void
  /** The connection is over, or the capture: hands on what is left. */
  finish(connection: Connection, direction: Direction, place: Place): void
}

type Fillable<T> = { -readonly [Name in keyof T]: T[Name] }

const none = new Uint8Array(0)

/** One for all connections; `consumerOf` gives the reader of a connection's streams. */
export function createReassembly(
  consumerOf: (connection: Connection) => StreamConsumer,
): Reassembly {
  /** Bytes that wait for their turn, in all. */
  let waiting = 0
  // One object for every piece: a million allocations saved.
  const piece: Fillable<StreamPiece> = {
    direction: 0,
    offset: 0,
    length: 0,
    available: 0,
    bytes: none,
    start: 0,
    packet: 0,
    time: -0.5,
  }

  function hand(
    consumer: StreamConsumer,
    direction: Direction,
    stream: Stream,
    from: EarlyPiece,
  ): void {
    const skip = stream.frontier - from.offset
    if (skip >= from.length) return
    piece.direction = direction
    piece.offset = stream.frontier
    piece.length = from.length - skip
    piece.available = Math.max(0, from.available - skip)
    piece.bytes = from.bytes
    piece.start = Math.min(skip, from.bytes.length)
    piece.packet = from.packet
    piece.time = from.time
    stream.frontier = from.offset + from.length
    consumer.data(piece)
  }

  /**
   * Hands on whatever has its turn, of both streams in the order in which it was captured. `forced` is handed on though the other stream
   * lacks what it answers.
   */
  function drain(
    consumer: StreamConsumer,
    streams: Connection['streams'],
    forced: Direction | null = null,
  ): void {
    const done: [number, number] = [0, 0]
    const turn = (direction: Direction): EarlyPiece | null => {
      const stream = streams[direction]
      const early = stream.early[done[direction]]
      if (early === undefined || early.offset > stream.frontier) return null
      const answered = streams[direction === 0 ? 1 : 0]
      return direction === forced || !isHeld(answered, early.answers) ? early : null
    }
    for (;;) {
      const [first, second] = [turn(0), turn(1)]
      const direction = second === null || (first !== null && first.packet < second.packet) ? 0 : 1
      const next = direction === 0 ? first : second
      if (next === null) break
      const stream = streams[direction]
      hand(consumer, direction, stream, next)
      stream.earlyBytes -= next.bytes.length
      waiting -= next.bytes.length
      done[direction] += 1
    }
    for (const direction of [0, 1] as const) {
      const stream = streams[direction]
      if (done[direction] > 0) stream.early.splice(0, done[direction])
      if (stream.acknowledged <= stream.frontier) stream.missingPackets = 0
    }
  }

  /** Bytes of a stream of which the FIN was said not to be captured: if they are new, that was one of them. */
  function reconsiderFin(
    consumer: StreamConsumer,
    direction: Direction,
    stream: Stream,
    segment: Segment,
  ): void {
    const at = stream.unseenFin
    if (segment.offset + segment.length <= at) return
    stream.unseenFin = -0.5
    if (segment.offset <= at) {
      stream.frontier = at
      return
    }
    stream.missingBytes += 1
    stream.uniqueBytes += 1
    consumer.gap(direction, at, at + 1, segment)
  }

  /** Takes the bytes from the frontier to `to` as never captured; those that were acknowledged were sent for sure. */
  function giveUp(
    consumer: StreamConsumer,
    streams: Connection['streams'],
    direction: Direction,
    to: StreamOffset,
    place: Place,
  ): void {
    const stream = streams[direction]
    const from = stream.frontier
    if (to > from) {
      const missing = Math.max(0, Math.min(to, stream.acknowledged) - from)
      stream.missingBytes += missing
      stream.uniqueBytes += missing
      stream.frontier = to
      consumer.gap(direction, from, to, place)
    }
    drain(consumer, streams, to > from ? null : direction)
  }

  /** Keeps the parts of the segment that no early piece has yet. */
  function keep(
    consumer: StreamConsumer,
    direction: Direction,
    streams: Connection['streams'],
    segment: Segment,
  ): void {
    const stream = streams[direction]
    const answers = streams[direction === 0 ? 1 : 0].acknowledged
    const { offset } = segment
    const end = offset + segment.length
    let from = Math.max(offset, stream.frontier)
    let at = stream.early.length
    while (at > 0 && (stream.early[at - 1]?.offset ?? 0) > from) at -= 1
    if (at > 0) {
      const before = stream.early[at - 1]
      if (before !== undefined) from = Math.max(from, before.offset + before.length)
    }
    let fresh = 0
    while (from < end) {
      const next = stream.early[at]
      const to = next === undefined ? end : Math.min(end, next.offset)
      if (to > from) {
        stream.early.splice(at, 0, copyOf(consumer, direction, stream, segment, from, to, answers))
        fresh += to - from
        at += 1
      }
      if (next === undefined) break
      from = Math.max(from, next.offset + next.length)
      at += 1
    }
    stream.uniqueBytes += fresh
    stream.retransmittedBytes += segment.length - fresh
  }

  function copyOf(
    consumer: StreamConsumer,
    direction: Direction,
    stream: Stream,
    segment: Segment,
    from: StreamOffset,
    to: StreamOffset,
    answers: StreamOffset,
  ): EarlyPiece {
    const { offset } = segment
    const wanted = Math.max(0, Math.min(to - offset, segment.available) - (from - offset))
    const isNeeded =
      to > consumer.skippable(direction) &&
      stream.earlyBytes + wanted <= maxEarlyBytes &&
      waiting + wanted <= maxEarlyBytesInAll
    const start = segment.start + (from - offset)
    const bytes = isNeeded ? segment.bytes.slice(start, start + wanted) : none
    stream.earlyBytes += bytes.length
    waiting += bytes.length
    return {
      offset: from,
      length: to - from,
      available: bytes.length,
      bytes,
      packet: segment.packet,
      time: segment.time,
      answers,
    }
  }

  return {
    take(connection, direction, segment) {
      const consumer = consumerOf(connection)
      const stream = connection.streams[direction]
      const { streams } = connection
      const other = streams[direction === 0 ? 1 : 0]
      const { length, offset } = segment
      if (stream.unseenFin >= 0) reconsiderFin(consumer, direction, stream, segment)
      const ahead = offset - stream.frontier
      if (ahead === 0 && stream.early.length === 0 && !isHeld(other, other.acknowledged)) {
        stream.frontier = offset + length
        stream.uniqueBytes += length
        piece.direction = direction
        piece.offset = offset
        piece.length = length
        piece.available = segment.available
        piece.bytes = segment.bytes
        piece.start = segment.start
        piece.packet = segment.packet
        piece.time = segment.time
        consumer.data(piece)
        if (other.early.length > 0) drain(consumer, streams)
        return
      }
      if (ahead + length <= 0) {
        stream.retransmittedBytes += length
        return
      }
      keep(consumer, direction, streams, segment)
      drain(consumer, streams)
      const limit = other.packets === 0 ? maxEarlyPiecesOneSided : maxEarlyPieces
      if (stream.early.length > limit)
        giveUp(consumer, streams, direction, firstEarly(stream), segment)
    },
    considerHole(connection, direction, place) {
      const stream = connection.streams[direction]
      if (stream.missingPackets === 0) stream.missingSince = place.time
      stream.missingPackets += 1
      const isPatient =
        stream.missingPackets <= patiencePackets && place.time - stream.missingSince < patience
      if (isPatient) return
      const isLast = stream.fin === null && stream.early.length === 0
      if (isLast && stream.acknowledged - stream.frontier === 1) {
        stream.unseenFin = stream.frontier
        stream.frontier = stream.acknowledged
        drain(consumerOf(connection), connection.streams)
        return
      }
      const to = Math.min(firstEarly(stream), stream.acknowledged)
      giveUp(consumerOf(connection), connection.streams, direction, to, place)
    },
    finish(connection, direction, place) {
      const consumer = consumerOf(connection)
      const { streams } = connection
      const stream = streams[direction]
      // One acknowledged byte beyond the end is a FIN that was not captured.
      while (stream.acknowledged - stream.frontier > 1) {
        const to = Math.min(firstEarly(stream), stream.acknowledged)
        giveUp(consumer, streams, direction, to, place)
      }
      while (stream.early.length > 0 && firstEarly(stream) - stream.frontier < maxUnseenHole)
        giveUp(consumer, streams, direction, firstEarly(stream), place)
      waiting -= stream.earlyBytes
      stream.early = []
      stream.earlyBytes = 0
    },
  }
}

/** What answers bytes of this stream that are not here yet waits for them: the recorder saw packets out of order. */
const isHeld = (answered: Stream, upTo: StreamOffset): boolean =>
  upTo > answered.frontier && answered.packets > 0

const firstEarly = (stream: Stream): StreamOffset =>
  stream.early[0]?.offset ?? Number.POSITIVE_INFINITY

/** Whether a segment carries bytes of the stream: what a RST brings is for people to read (RFC 9293 §3.10.7.4). */
export const carriesData = (segment: Segment): boolean =>
  segment.length > 0 && (segment.flags & Flag.rst) === 0
