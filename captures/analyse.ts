// The whole way of a capture on one screen: bytes of the file in, the analysis document out. Pure: no disk, no clock, no Node.
import type { Analysis } from './analysis.ts'
import { createCaptureReader } from './format/capture-file.ts'
import type { CaptureSummary, Packet } from './format/packet.ts'
import type { FramingRange, HttpReader } from './http/exchange.ts'
import { createHttpReader } from './http/http-reader.ts'
import { createDecoder, type Decoded } from './packet/decode.ts'
import type { FragmentPlace } from './packet/fragments.ts'
import { linkTypes } from './packet/link.ts'
import { createSegment } from './packet/segment.ts'
import { createClockWatch } from './phases/clock-steps.ts'
import type { Followed } from './phases/connection.ts'
import { droppedPackets, judgeQuality } from './phases/quality.ts'
import { describeUploads } from './phases/uploads.ts'
import { directionIn } from './tcp/connection-table.ts'
import { createFollower } from './tcp/follow.ts'
import type { SegmentObserver } from './tcp/observer.ts'
import type { StreamOffset } from './tcp/piece.ts'
import { type Direction, inSeconds, type Nanoseconds } from './units.ts'

export interface AnalyserOptions {
  /** Told of every TCP segment, with what it was found to be. */
  readonly onSegment?: SegmentObserver
  /** Told of every stretch of a stream that holds heads or chunk framing; `connection` as in the document. */
  readonly onFraming?: (connection: number, range: FramingRange) => void
  /** Told of every segment that was put together from IP fragments, once it has its place in its stream. */
  readonly onReassembled?: (segment: ReassembledSegment) => void
}

/** In a datagram's payload stand the TCP header, and behind it the bytes of the stream from `offset` on. */
export interface ReassembledSegment {
  readonly fragments: readonly FragmentPlace[]
  readonly connection: number
  readonly direction: Direction
  readonly offset: StreamOffset
  readonly headerLength: number
  readonly length: number
}

/** Of packets, where they come one by one: from a file, or from a wire that is listened to now. */
export interface PacketAnalyser {
  /** In the order of capture, with numbers and times as `Packet` says. */
  take(packet: Packet): void
  /** No more will come: what still waits for its turn is handed on. To be called once. */
  finish(): void
  /** What is known by now; as often as one likes, also while packets come. */
  describe(summary: CaptureSummary): Analysis
}

export interface Analyser {
  /** The next bytes of the file, of any length. Throws `CaptureFormatError` if it is no capture. */
  push(chunk: Uint8Array): void
  /** To be called once. Throws `CaptureFormatError` if it is no capture. */
  end(): Analysis
  /** What the file says of itself; once `end` was called. */
  summary(): CaptureSummary
}

export function createPacketAnalyser({
  onSegment,
  onFraming,
  onReassembled,
}: AnalyserOptions): PacketAnalyser {
  const decoder = createDecoder()
  const segment = createSegment()
  const followed: Followed[] = []
  const decoded: Record<Decoded, number> = { tcp: 0, other: 0, fragment: 0, unreadable: 0, link: 0 }
  const clock = createClockWatch()
  let lastTime: Nanoseconds = 0
  /** Packets by link type that is not read here. */
  const unknownLinks = new Map<number, number>()
  let leastKept = Number.POSITIVE_INFINITY
  let mostKept = -1

  const follower = createFollower({
    onSegment,
    consumerOf(connection) {
      const [first, second] = connection.streams
      const http: HttpReader = createHttpReader({
        fromStart: first.syn !== null || second.syn !== null,
        ...(onFraming === undefined
          ? {}
          : { onFraming: (range: FramingRange) => onFraming(connection.number, range) }),
      })
      followed[connection.number] = { connection, http, acknowledged: new Map(), awaited: 0 }
      return http
    },
    onAcknowledged({ number, streams }, direction) {
      const one = followed[number]
      if (one === undefined || one.http.requestDirection !== direction) return
      const { exchanges } = one.http
      for (; one.awaited < exchanges.length; one.awaited++) {
        const exchange = exchanges[one.awaited]
        const to = exchange?.request?.to ?? null
        const { acknowledged, acknowledgedAt } = streams[direction]
        if (exchange === undefined || to === null || to > acknowledged) return
        one.acknowledged.set(exchange.number, acknowledgedAt)
      }
    },
  })

  return {
    take(packet) {
      if (packet.time > lastTime) lastTime = packet.time
      clock.watch(packet)
      if (packet.capturedLength < packet.originalLength) {
        leastKept = Math.min(leastKept, packet.capturedLength)
        mostKept = Math.max(mostKept, packet.capturedLength)
      }
      const what = decoder.decode(packet, segment)
      decoded[what] += 1
      if (what === 'tcp') {
        const connection = follower.follow(segment)
        if (segment.isReassembled)
          onReassembled?.({
            fragments: decoder.fragments(),
            connection: connection.number,
            direction: directionIn(connection, segment),
            offset: segment.offset,
            headerLength: segment.start,
            length: segment.available,
          })
      } else if (what === 'link')
        unknownLinks.set(packet.linkType, (unknownLinks.get(packet.linkType) ?? 0) + 1)
    },
    finish: follower.finish,
    describe(summary) {
      const { told, connections, uploads } = describeUploads(followed, decoder.addresses)
      return {
        version: 1,
        file: describeFile(summary, lastTime, {
          tcpPackets: decoded.tcp + decoder.joined(),
          truncatedTo: mostKept < 0 ? null : { least: leastKept, most: mostKept },
        }),
        connections,
        uploads,
        quality: judgeQuality(
          summary,
          told,
          { fragments: decoded.fragment - decoder.joined(), unreadable: decoded.unreadable },
          clock.steps(),
        ),
        warnings: [
          ...fileWarnings(summary, decoded, unknownLinks),
          ...told.flatMap(({ remarks }) => remarks),
        ],
      }
    },
  }
}

export function createAnalyser(options: AnalyserOptions = {}): Analyser {
  const packets = createPacketAnalyser(options)
  const reader = createCaptureReader(packets.take)
  let ended: CaptureSummary | null = null
  return {
    push: reader.push,
    summary() {
      if (ended === null) throw new Error('the capture has not been read to its end')
      return ended
    },
    end() {
      ended = reader.end()
      packets.finish()
      return packets.describe(ended)
    },
  }
}

function describeFile(
  summary: CaptureSummary,
  lastTime: Nanoseconds,
  { tcpPackets, truncatedTo }: Pick<Analysis['file'], 'tcpPackets' | 'truncatedTo'>,
): Analysis['file'] {
  const types = new Set(summary.interfaces.map(({ linkType }) => linkType))
  return {
    format: summary.format,
    packets: summary.packets,
    bytes: summary.bytes,
    truncatedPackets: summary.truncatedPackets,
    truncatedTo,
    start: summary.start === null ? null : isoTime(summary.start),
    duration: inSeconds(lastTime),
    linkTypes: [...types].map((type) => linkTypes[type]?.name ?? String(type)),
    snapshotLength: Math.max(0, ...summary.interfaces.map(({ snapshotLength }) => snapshotLength)),
    dropped: droppedPackets(summary),
    writtenBy: summary.writtenBy,
    tcpPackets,
    otherPackets: summary.packets - tcpPackets,
  }
}

/** ISO 8601 to the nanosecond; `null` beyond what a date can hold. */
function isoTime(nanoseconds: bigint): string | null {
  const billion = 1_000_000_000n
  const rest = ((nanoseconds % billion) + billion) % billion
  const date = new Date(Number((nanoseconds - rest) / billion) * 1000)
  if (Number.isNaN(date.getTime())) return null
  return date.toISOString().replace(/\.\d+Z$/, `.${String(rest).padStart(9, '0')}Z`)
}

function fileWarnings(
  { damage, packets }: CaptureSummary,
  decoded: Readonly<Record<Decoded, number>>,
  unknownLinks: ReadonlyMap<number, number>,
): Analysis['warnings'] {
  const warnings: { packet: number | null; text: string }[] = []
  if (damage !== null)
    warnings.push({ packet: null, text: `damaged at byte ${damage.byte}: ${damage.text}` })
  for (const [type, count] of unknownLinks) {
    warnings.push({
      packet: null,
      text: `${count} of ${packets} packets have link type ${type}, which is not read here`,
    })
  }
  if (decoded.unreadable > 0) {
    warnings.push({
      packet: null,
      text: `${decoded.unreadable} TCP packets have a header that is cut or senseless, and were left out`,
    })
  }
  return warnings
}
