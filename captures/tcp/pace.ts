// The pace of sending: for what the next data segment of a stream had to wait. Only waits that are longer than the line's own pace.
import type { Segment } from '../packet/segment.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Connection } from './connection.ts'
import { tapRoundTrip } from './handshake.ts'
import { Mark } from './observer.ts'
import type { Stream } from './stream.ts'

/** Kinds of waits, as the third number of each wait in `Stream.waits`. */
export const Wait = {
  /** All that might be sent was on its way; an ACK let it go on: slow start or the congestion window. */
  acknowledgement: 0,
  /** The receiver's window was closed or full. */
  window: 1,
  /** Lost; what ended the wait was a retransmission. */
  retransmission: 2,
  /** The sender had nothing on its way, or no reason to wait: the program behind it was slow. */
  sender: 3,
} as const

/** Numbers in `Stream.waits`; a trace with more waits than that says so by its remainder. */
const maxNumbers = 3 * 100_000
const shortest: Nanoseconds = 1e6

/** To be called for each data segment, before its stream is brought up to date with it. */
export function notePace(
  connection: Connection,
  direction: Direction,
  { time }: Segment,
  marks: number,
): void {
  const stream = connection.streams[direction]
  const from = stream.lastDataTime
  if (time - from < shortest || from < 0 || stream.waits.length >= maxNumbers) return
  const roundTrip = connection.initialRtt
  const least = roundTrip > 2 * shortest ? roundTrip / 2 : shortest
  if (time - from < least) return
  const other = connection.streams[direction === 0 ? 1 : 0]
  const reaction = least + tapRoundTrip(connection, direction)
  stream.waits.push(from, time, kindOf(stream, other, time, marks, reaction))
}

const sentAgain = Mark.retransmission | Mark.fastRetransmission | Mark.spuriousRetransmission

/** An ACK let the sender go on if it came after the last data and no longer before the next than `reaction`. */
function kindOf(
  stream: Stream,
  other: Stream,
  time: Nanoseconds,
  marks: number,
  reaction: Nanoseconds,
): number {
  if ((marks & sentAgain) !== 0) return Wait.retransmission
  if (stream.wasWindowFull || other.lastMarks & Mark.windowUpdate) return Wait.window
  const isReleased =
    stream.acknowledgedAt > stream.lastDataTime && time - stream.acknowledgedAt < reaction
  return isReleased ? Wait.acknowledgement : Wait.sender
}
