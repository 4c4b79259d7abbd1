// The usual segment of an established connection: new data in order, or an ACK of something new, and nothing else to say of it. Nearly
// all of a capture is of this kind, and passes here; `judge` comes to the same for it, and a test holds one against the other.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Connection } from './connection.ts'
import type { Finding } from './marks.ts'
import { advance, distance } from './sequence.ts'
import type { Stream } from './stream.ts'
import { acknowledge, add, span } from './unacknowledged.ts'

/** What was told of a stream's history (history.ts): a bare ACK, data. */
const toldBareAck = 4
const toldData = 8

/** Whether no rule of `marks.ts`, `handshake.ts`, `history.ts` or `ending.ts` has anything to say of the segment. */
export function isUsual(
  { sequence, acknowledgement, flags, length, window, sackBlocks }: Segment,
  connection: Connection,
  own: Stream,
  other: Stream,
): boolean {
  if ((flags & ~Flag.psh) !== Flag.ack) return false
  if (sequence !== own.next || sequence !== own.contiguous) return false
  if (window === 0 || other.window <= 0 || length === 1) return false
  if (sackBlocks !== 0 || other.sackBlocks !== 0) return false
  if (!own.hasNext || !own.hasAck || !other.hasContiguous) return false
  if (connection.endTime >= 0 || connection.initialRtt < 0 || connection.handshakeAck === null)
    return false
  // An ACK of nothing new may be a duplicate, one of too much tells of a hole.
  const isNewAck = acknowledgement !== own.lastAck
  if (distance(other.contiguous, acknowledgement) > 0) return false
  if (length === 0) return isNewAck && (own.historyLetters & toldBareAck) !== 0
  if ((own.historyLetters & toldData) === 0 || other.scale === -1) return false
  // Not what was acknowledged already, and not to the very edge of the window.
  const end = advance(sequence, length)
  const edge = advance(other.lastAck, other.window << (other.scale < 0 ? 0 : other.scale))
  return other.hasAck && !other.isFirstAck && end !== edge && distance(sequence, other.lastAck) <= 0
}

/** Brings both streams up to date with such a segment. */
export function passUsual(segment: Segment, own: Stream, other: Stream, finding: Finding): void {
  const { acknowledgement, length, time } = segment
  finding.marks = 0
  finding.ownMarks = 0
  finding.packet = 0
  finding.covers = false
  finding.bytesInFlight = -1
  own.lastMarks = 0
  own.lastOwnMarks = 0
  own.window = segment.window
  own.lastAckTime = time
  own.isFirstAck = false
  other.knowsInFlight = true
  if (acknowledgement !== own.lastAck || other.hasStale) {
    if (acknowledgement !== own.lastAck) own.duplicateAcks = 0
    own.lastAck = acknowledgement
    acknowledge(other.unacknowledged, acknowledgement, finding)
    other.hasStale = false
  }
  if (length === 0) return
  const end = advance(segment.sequence, length)
  add(own.unacknowledged, segment, end)
  own.next = end
  own.contiguous = end
  own.nextOffset += length
  own.nextTime = time
  if (own.knowsInFlight) finding.bytesInFlight = span(own.unacknowledged) - own.sacked
}
