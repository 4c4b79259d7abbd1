// Makes a small capture to share out of a large one: two readings of the file, the first to learn where the HTTP heads are, the second
// to write each packet with no more than its headers and heads. Lengths on the wire stay, so that both read the same.
import { createAnalyser } from '../analyse.ts'
import type { Analysis } from '../analysis.ts'
import { createCaptureReader } from '../format/capture-file.ts'
import type { CaptureSummary } from '../format/packet.ts'
import { type ByteSink, type CaptureWriter, createCaptureWriter } from '../format/pcapng-writer.ts'
import { createDecoder } from '../packet/decode.ts'
import { headersOfOther } from '../packet/other.ts'
import { createSegment, type Segment } from '../packet/segment.ts'
import { createFollower } from '../tcp/follow.ts'
import type { SegmentView } from '../tcp/observer.ts'
import type { StreamConsumer } from '../tcp/piece.ts'
import { createCutter } from './cut.ts'
import { createKeptFragments, type KeptFragments } from './fragments.ts'
import { createKeptRanges, type KeptRanges } from './keep.ts'

/** What the first reading learns. */
export interface Survey {
  readonly analysis: Analysis
  readonly summary: CaptureSummary
  readonly kept: KeptRanges
  readonly fragments: KeptFragments
}

export interface Surveyor {
  push(chunk: Uint8Array): void
  end(): Survey
}

/** The first reading. Throws `CaptureFormatError` as the analysis does. */
export function createSurveyor(): Surveyor {
  const kept = createKeptRanges()
  const fragments = createKeptFragments(kept)
  const analyser = createAnalyser({ onFraming: kept.add, onReassembled: fragments.add })
  return {
    push: analyser.push,
    end: () => ({ analysis: analyser.end(), summary: analyser.summary(), kept, fragments }),
  }
}

export interface Trimmer {
  push(chunk: Uint8Array): void
  /** Packets written, and the bytes of the file that they took. */
  end(): { readonly packets: number; readonly bytes: number }
}

/** Nobody reads the streams a second time. */
const unread: StreamConsumer = {
  data: () => undefined,
  gap: () => undefined,
  end: () => undefined,
  skippable: () => Number.POSITIVE_INFINITY,
}

/** The second reading, of the same bytes. `comments` are put to the packets of those numbers. */
export function createTrimmer(
  { summary, kept, fragments }: Survey,
  comments: ReadonlyMap<number, readonly string[]>,
  sink: ByteSink,
): Trimmer {
  let written = 0
  const writer: CaptureWriter = createCaptureWriter(
    (bytes) => {
      written += bytes.length
      sink(bytes)
    },
    {
      interfaces: summary.interfaces,
      start: summary.start,
      comment: `Trimmed by longhaul: headers and HTTP heads kept, no byte of a file.${timeless(summary)}`,
    },
  )
  const decoder = createDecoder()
  const segment = createSegment()
  const cut = createCutter()
  let view: SegmentView | null = null
  const follower = createFollower({
    consumerOf: () => unread,
    onSegment: (seen) => {
      view = seen
    },
  })
  let packets = 0

  const reader = createCaptureReader((packet) => {
    packets += 1
    view = null
    const isTcp = decoder.decode(packet, segment) === 'tcp'
    if (isTcp) follower.follow(segment)
    const trimmed =
      isTcp && view !== null && !segment.isReassembled
        ? cut(packet, segment, rangesIn(kept, segment, view))
        : (fragments.trimmed(packet, packet.number) ?? {
            ...packet,
            capturedLength: headersOfOther(packet),
          })
    writer.write(trimmed, comments.get(packet.number))
  })

  return {
    push: reader.push,
    end() {
      reader.end()
      writer.end()
      return { packets, bytes: written }
    },
  }
}

/** A block that is cut must have a time, also where the packet had none. */
const timeless = ({ timelessPackets, packets }: CaptureSummary): string =>
  timelessPackets === 0
    ? ''
    : ` ${timelessPackets} of ${packets} packets had no time of their own: here they have that of the one before, or 1970.`

const rangesIn = (kept: KeptRanges, { available }: Segment, seen: SegmentView) =>
  kept.within(seen.connection, seen.direction, seen.offset, seen.offset + available)
