// What a segment is, judged by what came before it on its connection. The rules are those of Wireshark 4's TCP analysis, in its
// order, so that our words and its agree; where ours differ on purpose, `ownMarks` says so. See docs/analysis.md.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Nanoseconds } from '../units.ts'
import type { Connection } from './connection.ts'
import { Mark } from './observer.ts'
import { advance, distance } from './sequence.ts'
import type { Stream } from './stream.ts'
import { type Acknowledged, acknowledge, add, span } from './unacknowledged.ts'

const synFinRst = Flag.syn | Flag.fin | Flag.rst
/** Duplicate ACKs bring a fast retransmission within so long. */
const fastRetransmissionTime: Nanoseconds = 20e6
/** A segment so late is out of order rather than sent again, where no round-trip time is known. */
const reorderingTime: Nanoseconds = 3e6

/** Of a connection what the judgement needs: the handshake's round trip, −1 if it was not seen. */
type RoundTrip = Pick<Connection, 'initialRtt'>

/** In the place of the count of duplicate ACKs: an ACK beyond what was captured has been told already. */
const holeIsTold = -1

/** What the judgement finds beside the marks. */
export interface Finding extends Acknowledged {
  /** Wireshark's marks. */
  marks: number
  /** Ours. */
  ownMarks: number
  /** −1: not known. */
  bytesInFlight: number
}

export const createFinding = (): Finding => ({
  packet: 0,
  sentAt: -0.5,
  coveredStart: 0,
  coveredSentAt: -0.5,
  covers: false,
  marks: 0,
  ownMarks: 0,
  bytesInFlight: -1,
})

/**
 * Judges the segment and brings both streams up to date: `own` is the one that it belongs to.  The bases of both must be known (`follow.ts`).
 */
export function judge(
  segment: Segment,
  own: Stream,
  other: Stream,
  connection: RoundTrip,
  finding: Finding,
): void {
  let marks = judgeWindowAndOrder(segment, own, other)
  const { sequence, acknowledgement, flags, length, time } = segment
  const hasAck = (flags & Flag.ack) !== 0

  if (!hasAck || !own.hasAck || acknowledgement !== own.lastAck) own.duplicateAcks = 0
  if (hasAck && other.hasContiguous && distance(other.contiguous, acknowledgement) > 0) {
    // Told once for each hole; later ACKs beyond it say nothing new until the other side sends again.
    if (distance(other.contiguous, other.next) > 0) {
      other.contiguous = other.next
      marks |= Mark.ackLostSegment
    } else {
      if (other.duplicateAcks === 0) marks |= Mark.ackLostSegment
      other.duplicateAcks = holeIsTold
    }
  }

  const synOrFin = flags & (Flag.syn | Flag.fin)
  if ((length > 0 || synOrFin !== 0) && (marks & Mark.keepAlive) === 0)
    marks |= judgeRepetition(segment, own, other, connection)

  const end = advance(sequence, length + (synOrFin === 0 ? 0 : 1))
  if (length > 0 || synOrFin !== 0) {
    add(own.unacknowledged, segment, end)
    if (other.hasAck && distance(sequence, other.lastAck) > 0) own.hasStale = true
  }
  const isProbe = (marks & Mark.zeroWindowProbe) !== 0
  if (!isProbe && (!own.hasNext || distance(own.next, end) > 0)) {
    own.nextOffset = own.hasNext
      ? own.nextOffset + distance(own.next, end)
      : distance(own.base, end)
    own.next = end
    own.hasNext = true
    own.nextTime = time
  }
  if (!isProbe && (!own.hasContiguous || sequence === own.contiguous)) {
    own.contiguous = own.next
    own.hasContiguous = true
  }

  const isNewAck = !own.hasAck || own.lastAck !== acknowledgement
  own.window = segment.window
  own.lastAck = acknowledgement
  own.hasAck = hasAck
  own.lastAckTime = time
  finding.packet = 0
  finding.covers = false
  if (hasAck && (isNewAck || other.hasStale)) {
    acknowledge(other.unacknowledged, acknowledgement, finding)
    other.hasStale = false
  }
  if (hasAck) {
    other.knowsInFlight = true
    if ((flags & Flag.syn) === 0) own.isFirstAck = false
  }
  // A SYN or FIN takes a sequence number, but is no byte on its way.
  finding.bytesInFlight =
    length > 0 && own.knowsInFlight
      ? span(own.unacknowledged) - own.sacked - (synOrFin === 0 ? 0 : 1)
      : -1
  finding.marks = marks
  finding.ownMarks = ownMarks(marks, segment, own, other)
  own.lastMarks = marks
  own.lastOwnMarks = finding.ownMarks
}

/** The rules about the window, probes and duplicate ACKs. */
function judgeWindowAndOrder(segment: Segment, own: Stream, other: Stream): number {
  const { sequence, acknowledgement, flags, length, window } = segment
  const isNext = own.hasNext && sequence === own.next
  if (length === 1 && isNext && other.window === 0) return Mark.zeroWindowProbe
  const isPlain = (flags & synFinRst) === 0
  let marks = 0
  if (window === 0 && isPlain) marks |= Mark.zeroWindow
  if (own.hasNext && (flags & Flag.rst) === 0 && distance(own.next, sequence) > 0) {
    marks |= Mark.lostSegment
    own.knowsInFlight = false
  }
  if (!isPlain) return marks
  if (length <= 1 && own.hasNext && sequence === advance(own.next, -1)) marks |= Mark.keepAlive
  if (length > 0) return isWindowFull(segment, own, other) ? marks | Mark.windowFull : marks

  const repeatsAck = isNext && own.hasAck && acknowledgement === own.lastAck
  if (!repeatsAck) return marks
  if (window !== own.window) return window === 0 ? marks : marks | Mark.windowUpdate
  if (window === 0)
    return other.lastMarks & Mark.zeroWindowProbe ? marks | Mark.zeroWindowProbeAck : marks
  if (other.lastMarks & Mark.keepAlive) return marks | Mark.keepAliveAck
  own.duplicateAcks = own.duplicateAcks === holeIsTold ? 1 : own.duplicateAcks + 1
  return marks | Mark.duplicateAck
}

/** The data reaches exactly to the edge of the window that the other side announced (RFC 9293 §3.8.6). */
function isWindowFull(segment: Segment, own: Stream, other: Stream): boolean {
  if (other.scale === -1 || other.window < 0) return false
  const shift = other.isFirstAck || other.scale < 0 ? 0 : other.scale
  const edge = advance(other.hasAck ? other.lastAck : own.base - 1, other.window << shift)
  return advance(segment.sequence, segment.length) === edge
}

/** Which kind of repetition, if any, a segment with data, SYN or FIN is. */
function judgeRepetition(
  segment: Segment,
  own: Stream,
  other: Stream,
  { initialRtt: roundTrip }: RoundTrip,
): number {
  const { sequence, flags, length, time } = segment
  const end = advance(sequence, length)
  if (length > 0 && other.hasAck && distance(end, other.lastAck) >= 0)
    return Mark.spuriousRetransmission
  const behind = own.hasNext ? distance(sequence, own.next) : 0
  // One byte behind is what follows a window probe.
  if (behind <= 0 || (behind === 1 && length > 1)) return 0
  const sinceAck = time - other.lastAckTime
  if (other.duplicateAcks >= 2 && other.lastAck === sequence && sinceAck < fastRetransmissionTime)
    return Mark.fastRetransmission
  const whole = advance(end, (flags & (Flag.syn | Flag.fin)) === 0 ? 0 : 1)
  const late = time - own.nextTime
  if (late < (roundTrip >= 0 ? roundTrip : reorderingTime) && own.next !== whole)
    return Mark.outOfOrder
  return Mark.retransmission
}

/**
 * Where we say otherwise than Wireshark: a probe of Linux stands one byte behind while the window is closed, and is no
 * keep-alive (RFC 9293 §3.8.6.1 against RFC 1122 §4.2.3.6); neither is an ACK from before the sender's own FIN that the tap saw after it.
 */
function ownMarks(marks: number, segment: Segment, own: Stream, other: Stream): number {
  if (marks & Mark.keepAlive) {
    if (other.window === 0) return (marks & ~Mark.keepAlive) | Mark.zeroWindowProbe
    if (own.fin !== null && segment.length === 0) return marks & ~Mark.keepAlive
  }
  if ((marks & Mark.keepAliveAck) !== 0 && other.lastOwnMarks & Mark.zeroWindowProbe)
    return (marks & ~Mark.keepAliveAck) | Mark.zeroWindowProbeAck
  if (
    segment.window === 0 &&
    segment.length === 0 &&
    other.lastOwnMarks & Mark.zeroWindowProbe &&
    !(other.lastMarks & Mark.zeroWindowProbe)
  )
    return marks | Mark.zeroWindowProbeAck
  return marks
}
