// Follows every TCP connection of a capture: one segment after the other, in the order in which they were captured.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Direction, Nanoseconds } from '../units.ts'
import type { Connection } from './connection.ts'
import { createConnectionTable, directionIn } from './connection-table.ts'
import { createCopyWatch } from './copies.ts'
import { noteCounts } from './counts.ts'
import { noteEnd } from './ending.ts'
import { noteHandshake, scaledWindow } from './handshake.ts'
import { noteGap, noteHistory } from './history.ts'
import { createFinding, type Finding, judge } from './marks.ts'
import { Mark, type SegmentObserver, type SegmentView } from './observer.ts'
import { notePace } from './pace.ts'
import type { StreamConsumer } from './piece.ts'
import { carriesData, createReassembly } from './reassembly.ts'
import { advance, distance } from './sequence.ts'
import { add as addSilence, noteSilence } from './silence.ts'
import { offsetOf, type Stream } from './stream.ts'
import { isUsual, passUsual } from './usual.ts'

export interface FollowOptions {
  /** Makes the reader of a connection's streams when it is first seen. */
  readonly consumerOf: (connection: Connection) => StreamConsumer
  readonly onSegment?: SegmentObserver | undefined
  /** Each time that one side acknowledges more of the stream of the other, in `direction`: up to `acknowledged`, at `acknowledgedAt`. */
  readonly onAcknowledged?: (connection: Connection, direction: Direction) => void
}

export interface Follower {
  /** In the order of their first segments. */
  readonly connections: readonly Connection[]
  /** Gives the connection that the segment belongs to. */
  follow(segment: Segment): Connection
  /** The capture is over: what still waits for its turn is handed on. */
  finish(): void
}

export function createFollower({ consumerOf, onSegment, onAcknowledged }: FollowOptions): Follower {
  const table = createConnectionTable()
  const reassembly = createReassembly(consumer)
  const finding = createFinding()
  const copies = createCopyWatch()
  const view = onSegment === undefined ? null : createView()

  /** Made when it is first asked for. */
  function consumer(connection: Connection): StreamConsumer {
    connection.consumer ??= consumerOf(connection)
    return connection.consumer
  }

  function follow(segment: Segment): Connection {
    const connection = table.find(segment)
    const direction = directionIn(connection, segment)
    const own = connection.streams[direction]
    const other = connection.streams[direction === 0 ? 1 : 0]
    const { flags, length, time, packet } = segment
    connection.packets += 1
    connection.lastPacket = packet
    connection.lastTime = time
    own.packets += 1
    own.wireBytes += segment.wireLength
    const since = copies.since(segment)
    if (since >= 0) noteCopy(connection, segment, since)
    if (view === null && isUsual(segment, connection, own, other)) {
      segment.offset = own.nextOffset
      passUsual(segment, own, other, finding)
    } else judgeFully(connection, segment, own, other, since >= 0)
    const marks = finding.ownMarks
    if (finding.covers) noteRoundTrip(other, segment, finding)

    if (flags & Flag.ack) noteAcknowledged(connection, direction, other, segment)
    if (carriesData(segment) && (marks & Mark.keepAlive) === 0) {
      noteSilence(connection, segment, direction, marks)
      notePace(connection, direction, segment, marks)
      own.dataSegments += 1
      if (length > own.largestSegment) own.largestSegment = length
      if (finding.bytesInFlight > own.maxInFlight) own.maxInFlight = finding.bytesInFlight
      own.lastDataTime = time
      own.wasWindowFull = (marks & Mark.windowFull) !== 0
      if (own.fin === null || segment.offset < own.finOffset)
        reassembly.take(connection, direction, segment)
      connection.lastPayloadTime = time
      connection.lastPayloadPacket = packet
      connection.sawZeroWindow = false
      connection.probesSincePayload = 0
    }
    if ((flags & (Flag.fin | Flag.rst)) !== 0 || connection.endTime >= 0)
      noteEnd(connection, segment, direction)
    if (view !== null && onSegment !== undefined) {
      fill(view, segment, connection, direction, own, marks, finding)
      onSegment(view)
    }
    return connection
  }

  /** Leaves in `finding` what it is, by every rule. */
  function judgeFully(
    connection: Connection,
    segment: Segment,
    own: Stream,
    other: Stream,
    isCopy: boolean,
  ): void {
    const { flags, length } = segment
    setBases(segment, own, other)
    // The data of a SYN stand behind it (RFC 7413).
    const isSyn = (flags & Flag.syn) !== 0
    if (isSyn || connection.handshakeAck === null || connection.initialRtt < 0)
      noteHandshake(connection, segment, own, other, isCopy)
    segment.offset = offsetOf(own, segment.sequence) + (isSyn && length > 0 ? 1 : 0)
    judge(segment, own, other, connection, finding)
    if (connection.isReusedPorts && connection.packets === 1) finding.ownMarks |= Mark.reusedPorts
    if (finding.ownMarks !== 0) noteMarks(connection, own, segment, finding.ownMarks)
    noteHistory(connection, own, segment, finding.ownMarks)
    if (segment.sackBlocks > 0 || other.sackBlocks > 0) noteSack(connection, segment, other)
  }

  function noteAcknowledged(
    connection: Connection,
    direction: Direction,
    other: Stream,
    segment: Segment,
  ): void {
    let acknowledged = offsetOf(other, segment.acknowledgement)
    if (other.fin !== null && acknowledged > other.finOffset) acknowledged = other.finOffset
    if (acknowledged > other.acknowledged) {
      other.acknowledged = acknowledged
      other.acknowledgedAt = segment.time
      onAcknowledged?.(connection, direction === 0 ? 1 : 0)
    }
    if (other.acknowledged <= other.frontier) return
    const missing = other.missingBytes
    reassembly.considerHole(connection, direction === 0 ? 1 : 0, segment)
    if (missing === 0 && other.missingBytes > 0) noteGap(connection, other)
  }

  return {
    connections: table.connections,
    follow,
    finish() {
      for (const connection of table.connections) {
        const place = { packet: connection.lastPacket, time: connection.lastTime }
        if (connection.endTime < 0) addSilence(connection, place, null, 'capture')
        for (const direction of [0, 1] as const) {
          const stream = connection.streams[direction]
          reassembly.finish(connection, direction, place)
          const end = endOf(connection, stream)
          consumer(connection).end(direction, end?.how ?? 'capture', end?.place ?? place)
        }
      }
    },
  }
}

/** How a direction ended: a FIN before the first reset said that all was sent, whatever came after it. */
function endOf({ firstReset }: Connection, { fin }: Stream) {
  if (fin !== null && (firstReset === null || fin.packet < firstReset.packet))
    return { how: 'fin', place: fin } as const
  return firstReset === null ? null : ({ how: 'reset', place: firstReset } as const)
}

/** Where the streams begin: behind the SYN; without one, at what is first sent or acknowledged. */
function setBases(segment: Segment, own: Stream, other: Stream): void {
  if (!own.isBased) {
    own.isBased = true
    own.base = advance(segment.sequence, segment.flags & Flag.syn ? 1 : 0)
  }
  if (!other.isBased && (segment.flags & Flag.ack) !== 0) {
    other.isBased = true
    other.base = segment.acknowledgement
  }
}

/** Data to its ACK, of the newest segment that the ACK covers, unless it was sent again (Karn; RFC 6298 §3). */
function noteRoundTrip(sender: Stream, ack: Segment, finding: Finding): void {
  const start = finding.coveredStart
  if (sender.hasResent && distance(start, sender.resentTo) > 0) return
  const isSynOrFin =
    distance(start, sender.base) > 0 ||
    (sender.fin !== null && offsetOf(sender, start) >= sender.finOffset)
  if (isSynOrFin) return
  const time = ack.time - finding.coveredSentAt
  // A clock that was set back, or two clocks.
  if (time < 0) return
  sender.rttSum = sender.rttSamples === 0 ? time : sender.rttSum + time
  if (sender.rttSamples === 0 || time < sender.rttMin) sender.rttMin = time
  if (time > sender.rttMax) sender.rttMax = time
  sender.rttSamples += 1
}

const sentAgain =
  Mark.retransmission | Mark.fastRetransmission | Mark.spuriousRetransmission | Mark.outOfOrder

function noteMarks(connection: Connection, own: Stream, segment: Segment, marks: number): void {
  noteCounts(connection, marks)
  // Two queues disagree by little either way; by more the clock was set back, and there is no telling.
  const apart = Math.abs(segment.time - own.nextTime)
  if (marks & Mark.outOfOrder && apart < tapReorderingTime) own.lateByLittle += 1
  if ((marks & sentAgain) === 0) return
  const end = advance(segment.sequence, segment.length)
  if (!own.hasResent || distance(own.resentTo, end) > 0) own.resentTo = end
  own.hasResent = true
}

/** What the segment reports of the other side's data by SACK; a D-SACK tells of bytes that came twice (RFC 2883 §4). */
function noteSack(connection: Connection, segment: Segment, other: Stream): void {
  other.sacked = 0
  other.sackBlocks = segment.sackBlocks
  for (let block = 0; block < segment.sackBlocks; block++) {
    const left = segment.sack[2 * block] ?? 0
    const right = segment.sack[2 * block + 1] ?? 0
    const isBelow = distance(segment.acknowledgement, left) < 0
    const isInSecond =
      block === 0 &&
      segment.sackBlocks > 1 &&
      distance(segment.sack[2] ?? 0, left) >= 0 &&
      distance(right, segment.sack[3] ?? 0) >= 0
    if (isBelow || isInSecond) {
      connection.counts.dsacks += 1
      continue
    }
    other.sacked += Math.max(0, distance(left, right))
  }
}

function noteCopy({ copies }: Connection, segment: Segment, since: Nanoseconds): void {
  const isFirst = copies.certain + copies.likely === 0
  if (segment.identification > 0) copies.certain += 1
  else copies.likely += 1
  copies.least = isFirst ? since : Math.min(copies.least, since)
  copies.most = isFirst ? since : Math.max(copies.most, since)
}

/** No network repeats or overtakes so fast: two queues of the recording machine do. */
const tapReorderingTime: Nanoseconds = 100e3

const createView = (): SegmentView => ({
  packet: 0,
  time: 0,
  connection: 0,
  direction: 0,
  flags: 0,
  rawSequence: 0,
  rawAcknowledgement: 0,
  offset: 0,
  length: 0,
  rawWindow: 0,
  window: 0,
  marks: 0,
  acknowledgesPacket: 0,
  acknowledgementTime: -1,
  bytesInFlight: -1,
})

function fill(
  view: SegmentView,
  segment: Segment,
  connection: Connection,
  direction: Direction,
  own: Stream,
  marks: number,
  finding: Finding,
): void {
  view.packet = segment.packet
  view.time = segment.time
  view.connection = connection.number
  view.direction = direction
  view.flags = segment.flags
  view.rawSequence = segment.sequence >>> 0
  view.rawAcknowledgement = segment.acknowledgement >>> 0
  view.offset = segment.offset
  view.length = segment.length
  view.rawWindow = segment.window
  view.window = scaledWindow(segment, own)
  view.marks = marks
  view.acknowledgesPacket = finding.packet
  view.acknowledgementTime = finding.packet === 0 ? -1 : segment.time - finding.sentAt
  view.bytesInFlight = finding.bytesInFlight
}
