// A capture while it grows: each packet analysed as it comes, then kept without the bytes of files, within a bound. Pure: no disk, no clock.
import { createPacketAnalyser, type PacketAnalyser } from '../../captures/analyse.ts'
import type { Analysis } from '../../captures/analysis.ts'
import { createCaptureReader } from '../../captures/format/capture-file.ts'
import type { CaptureSummary, Packet } from '../../captures/format/packet.ts'
import { createDecoder } from '../../captures/packet/decode.ts'
import { headersOfOther } from '../../captures/packet/other.ts'
import { createSegment } from '../../captures/packet/segment.ts'
import { labelsOf } from '../../captures/report/labels.ts'
import type { SegmentView } from '../../captures/tcp/observer.ts'
import { createCutter } from '../../captures/trim/cut.ts'
import { createKeptRanges, type KeptRanges } from '../../captures/trim/keep.ts'
import { inMilliseconds, type LeftOut, leaveOut, nothingLeftOut } from './bounds.ts'
import { commented, createStore, readStore, type Store } from './store.ts'

export interface RecorderOptions {
  /** Bytes of packets that are kept; beyond, the older half is thinned. */
  readonly limit: number
}

/** The analysis of exactly those packets that `save` gives, with their numbers. */
export interface Recorded {
  readonly analysis: Analysis
  /** The moment of time 0, ms since 1970. */
  readonly start: number
  readonly packets: number
  readonly bytes: number
  readonly leftOut: LeftOut
  /** Grows when packets were left out: numbers of packets and connections are others then. */
  readonly generation: number
}

export interface Recorder {
  /** The next bytes of dumpcap's output. */
  push(chunk: Uint8Array): void
  /** Packets seen in all. */
  readonly seen: number
  /** `null`: no packet came yet. */
  describe(): Recorded | null
  /** A pcapng file in pieces, with our phases as comments; `null`: no packet came yet. */
  save(): Uint8Array[] | null
}

/** A packet, with what is needed to cut it once the heads in it are known. */
interface Pending {
  readonly packet: Packet
  readonly place: SegmentView | null
  readonly headerLength: number
  readonly available: number
}

/** What analyses the kept packets, from the first one of them on. */
interface Reading {
  readonly analyser: PacketAnalyser
  readonly ranges: KeptRanges
}

/** A head that comes in pieces is known to be one when it has ended: so many packets are kept whole until then. */
const patience = 256

export function createRecorder({ limit }: RecorderOptions): Recorder {
  const decoder = createDecoder()
  const segment = createSegment()
  const cut = createCutter()
  let place: SegmentView | null = null
  let reading = newReading()
  let store: Store | null = null
  let pending: Pending[] = []
  /** To be added to the times of dumpcap's output. */
  let shift = 0
  let count = 0
  let generation = 0
  let leftOut = nothingLeftOut

  const input = createCaptureReader((packet) => {
    const summary = summaryNow()
    store ??= createStore({ interfaces: summary.interfaces, start: summary.start ?? 0n })
    const { start, capturedLength } = packet
    take({
      ...packet,
      time: packet.time + shift,
      bytes: packet.bytes.slice(start, start + capturedLength),
      start: 0,
    })
    if (pending.length > patience) settle(store)
  })

  function summaryNow(): CaptureSummary {
    const summary = input.soFar()
    if (summary === null) throw new Error('a packet came before the head of the capture')
    return summary
  }

  function newReading(): Reading {
    const ranges = createKeptRanges()
    const analyser = createPacketAnalyser({
      onFraming: ranges.add,
      onSegment: (seen) => {
        place = { ...seen }
      },
    })
    return { analyser, ranges }
  }

  function take(packet: Packet): void {
    count += 1
    const numbered = { ...packet, number: count }
    place = null
    reading.analyser.take(numbered)
    const isTcp = decoder.decode(numbered, segment) === 'tcp' && !segment.isReassembled
    pending.push({
      packet: numbered,
      place: isTcp ? place : null,
      headerLength: segment.headerLength,
      available: segment.available,
    })
  }

  /** What is kept of a packet. */
  function kept({ packet, place: at, headerLength, available }: Pending) {
    if (at === null) return { ...packet, capturedLength: headersOfOther(packet) }
    const { connection, direction, offset } = at
    const ranges = reading.ranges.within(connection, direction, offset, offset + available)
    return cut(packet, { headerLength, offset }, ranges)
  }

  function settle(to: Store): void {
    const oldest = pending.shift()
    if (oldest !== undefined) to.write(kept(oldest))
    if (to.bytes <= limit) return
    const left = leaveOut(to, reading.analyser.describe(summaryNow()), limit, leftOut)
    leftOut = left.leftOut
    beginAnew(left.store)
  }

  /** Analyses what is left as if it were all there ever was. */
  function beginAnew(next: Store): void {
    const waiting = pending
    pending = []
    reading = newReading()
    generation += 1
    count = 0
    readStore(next, (packet) => {
      count += 1
      reading.analyser.take(packet)
    })
    const moved = Number((store ?? next).head.start - next.head.start)
    shift += moved
    store = next
    for (const { packet } of waiting) take({ ...packet, time: packet.time + moved })
  }

  return {
    push: input.push,
    get seen() {
      return input.soFar()?.packets ?? 0
    },
    describe() {
      if (store === null) return null
      return {
        analysis: reading.analyser.describe(summaryNow()),
        start: inMilliseconds(store.head.start),
        packets: count,
        bytes: store.bytes,
        leftOut,
        generation,
      }
    },
    save() {
      if (store === null) return null
      const comments = labelsOf(reading.analyser.describe(summaryNow()))
      const copy = commented(store, comments)
      for (const one of pending) copy.write(kept(one), comments.get(one.packet.number))
      return copy.pages()
    },
  }
}
