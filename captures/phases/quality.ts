// The capture itself, before any conclusion from it: what it lacks, and what in it is the recorder's doing, not the network's.
import type { ConnectionAnalysis, QualityNote } from '../analysis.ts'
import type { CaptureSummary } from '../format/packet.ts'
import type { Connection } from '../tcp/connection.ts'
import { inSeconds, type Nanoseconds } from '../units.ts'
import type { Roles } from './roles.ts'

/** One connection as followed and as told. */
export interface Told {
  readonly followed: Connection
  readonly roles: Roles
  readonly analysis: ConnectionAnalysis
  readonly hasCutHeads: boolean
}

/** Where the times of the packets of one interface go back. */
export interface ClockSteps {
  readonly count: number
  /** The furthest, ns; and the first packet behind one. */
  readonly furthest: Nanoseconds
  readonly packet: number
}

export interface Undecoded {
  /** Fragments of datagrams that never became whole, and TCP of which the header was cut or senseless. */
  readonly fragments: number
  readonly unreadable: number
}

/** The gravest first. */
export function judgeQuality(
  summary: CaptureSummary,
  told: readonly Told[],
  undecoded: Undecoded,
  clock: ClockSteps,
): QualityNote[] {
  const notes = [
    damaged(summary),
    dropped(summary),
    ...touching(told, missingSegments),
    ...touching(told, oneSided),
    ...touching(told, lateStart),
    ...touching(told, missingEnd),
    ...touching(told, truncatedHeads),
    withoutTimes(summary),
    wentBack(clock),
    fragments(undecoded),
    ...touching(told, twoPlaces),
    ...touching(told, duplicates),
    ...touching(told, reorderedByTap),
    ...touching(told, offload),
  ].filter((note) => note !== null)
  return notes.sort((a, b) => Number(a.weight === 'note') - Number(b.weight === 'note'))
}

/** What all packets that carry data of one kind of trouble have in common, told once. */
interface Trouble {
  readonly kind: QualityNote['kind']
  readonly weight: QualityNote['weight']
  readonly has: (told: Told) => boolean
  readonly text: (touched: readonly Told[]) => string
}

function touching(told: readonly Told[], { kind, weight, has, text }: Trouble): QualityNote[] {
  const touched = told.filter(has)
  if (touched.length === 0) return []
  const connections = touched.map(({ analysis }) => analysis.number)
  return [{ kind, weight, text: text(touched), connections }]
}

const sum = (told: readonly Told[], figure: (one: ConnectionAnalysis) => number): number =>
  told.reduce((total, { analysis }) => total + figure(analysis), 0)

function damaged({ damage, packets }: CaptureSummary): QualityNote | null {
  if (damage === null) return null
  return {
    kind: 'damaged',
    weight: 'limits',
    text: `The file is damaged at byte ${damage.byte}: ${damage.text}. The ${packets} packets before it were read.`,
    connections: [],
  }
}

function dropped(summary: CaptureSummary): QualityNote | null {
  const count = droppedPackets(summary)
  if (count === null || count === 0) return null
  return {
    kind: 'dropped',
    weight: 'limits',
    text: `The recorder lost ${count} packets, as the file itself says. Record with a larger buffer or a smaller snapshot length.`,
    connections: [],
  }
}

/** Packets that the recording side says it lost; `null`: it doesn't say. */
export function droppedPackets({
  interfaces,
  droppedBetweenPackets,
}: CaptureSummary): number | null {
  const told = interfaces.flatMap(({ droppedByInterface, droppedBySystem }) =>
    [droppedByInterface, droppedBySystem].filter((count) => count !== null),
  )
  if (told.length === 0 && droppedBetweenPackets === 0) return null
  return Math.max(
    told.reduce((total, count) => total + count, 0),
    droppedBetweenPackets,
  )
}

const missingSegments: Trouble = {
  kind: 'missing-segments',
  weight: 'limits',
  has: ({ analysis: { missingBytes } }) => missingBytes.client + missingBytes.server > 0,
  text: (touched) => {
    const missing = sum(touched, ({ missingBytes }) => missingBytes.client + missingBytes.server)
    return missing === 1
      ? '1 byte was acknowledged but is not in the file: the recorder missed its segment.'
      : `${missing} bytes were acknowledged but are not in the file: the recorder missed their segments.`
  },
}

const oneSided: Trouble = {
  kind: 'one-sided',
  weight: 'limits',
  // Where nobody answers a SYN there is nothing to capture.
  has: ({ followed: { streams, packets }, analysis: { initiation } }) =>
    packets > 3 &&
    initiation.kind !== 'unanswered' &&
    (streams[0].packets === 0 || streams[1].packets === 0),
  text: () => 'Only one direction was captured: what the other side sent is not known.',
}

const lateStart: Trouble = {
  kind: 'late-start',
  weight: 'limits',
  has: ({ analysis }) => analysis.initiation.kind === 'unseen',
  text: () =>
    'The recording began after the connection: its handshake is not captured, so window scaling is unknown and the first request may be missing.',
}

const missingEnd: Trouble = {
  kind: 'missing-end',
  weight: 'note',
  has: ({ analysis: { termination, initiation } }) =>
    termination.kind === 'open' && initiation.kind !== 'unanswered',
  text: () => 'The recording ended before the connection: its termination is not captured.',
}

const truncatedHeads: Trouble = {
  kind: 'truncated-heads',
  weight: 'limits',
  has: ({ hasCutHeads }) => hasCutHeads,
  text: () =>
    'Some HTTP heads are cut by the snapshot length: record with at least 1024 bytes a packet.',
}

/** Without identifications a sender that repeats within a tick of its clock looks the same: most must be there twice. */
function copiesOf({ copies, streams }: Connection): number {
  const segments = streams[0].dataSegments + streams[1].dataSegments
  const areAll = copies.certain > 0 || 3 * copies.likely >= segments
  return areAll ? copies.certain + copies.likely : 0
}

/** The queues of one machine are no further apart. */
const sameMachine: Nanoseconds = 1e6

const isRecordedTwice = ({ followed }: Told) => copiesOf(followed) > 0
const isFromTwoPlaces = (told: Told) =>
  isRecordedTwice(told) && told.followed.copies.most >= sameMachine

const copies = (touched: readonly Told[]) =>
  touched.reduce((total, { followed }) => total + copiesOf(followed), 0)

const duplicates: Trouble = {
  kind: 'duplicates',
  weight: 'limits',
  has: (told) => isRecordedTwice(told) && !isFromTwoPlaces(told),
  text: (touched) =>
    `${copies(touched)} packets were captured twice (the same in all they say, within a millisecond): they look like retransmissions and are none. Record on one interface, or remove them with editcap -d.`,
}

const twoPlaces: Trouble = {
  kind: 'duplicates',
  weight: 'limits',
  has: isFromTwoPlaces,
  text: (touched) => {
    const least = Math.min(...touched.map(({ followed }) => followed.copies.least))
    const most = Math.max(...touched.map(({ followed }) => followed.copies.most))
    const apart = [...new Set([least, most].map((time) => (time / 1e6).toFixed(1)))].join(' to ')
    return `The file holds ${copies(touched)} packets twice, from two places: the copies lie ${apart} ms apart. They look like retransmissions and are none, and times run between two clocks. Explain the two captures one by one.`
  },
}

/** Data overtook data before a round trip could have repeated it, and was asked for by nobody. */
const reorderedByTap: Trouble = {
  kind: 'reordered-by-tap',
  weight: 'note',
  has: ({ followed: { streams } }) => streams[0].lateByLittle + streams[1].lateByLittle > 0,
  text: (touched) =>
    `${touched.reduce((total, { followed: { streams } }) => total + streams[0].lateByLittle + streams[1].lateByLittle, 0)} segments are in the file out of the order in which they were sent, by less than a tenth of a millisecond: the recorder saw two processors' queues, the network did nothing.`,
}

const offload: Trouble = {
  kind: 'offload',
  weight: 'note',
  has: ({ analysis: { maintenance, initiation } }) => {
    const { client, server } = maintenance.largestSegment
    return client > (initiation.server?.mss ?? 9000) || server > (initiation.client?.mss ?? 9000)
  },
  text: (touched) => {
    const largest = Math.max(
      ...touched.map(({ analysis: { maintenance } }) =>
        Math.max(maintenance.largestSegment.client, maintenance.largestSegment.server),
      ),
    )
    return `Segments of up to ${largest} bytes are several in one: the network card cuts or joins them (segmentation offload). Counts of segments are those of the recorder, not of the wire.`
  },
}

function withoutTimes({ timelessPackets }: CaptureSummary): QualityNote | null {
  if (timelessPackets === 0) return null
  return {
    kind: 'no-times',
    weight: 'limits',
    text: `${timelessPackets} packets have no time (pcapng's Simple Packet Block): they stand at the time of the one before, and durations are uncertain.`,
    connections: [],
  }
}

function wentBack({ count, furthest, packet }: ClockSteps): QualityNote | null {
  if (count === 0) return null
  const times = count === 1 ? 'once' : `${count} times`
  return {
    kind: 'clock',
    weight: 'limits',
    text: `The recorder's clock goes back ${times}, by up to ${inSeconds(furthest).toFixed(6)} s, the first time at packet ${packet}: times across such a place are too short, or negative. A clock that was set forward cannot be told from silence.`,
    connections: [],
  }
}

function fragments({ fragments: count }: Undecoded): QualityNote | null {
  if (count === 0) return null
  return {
    kind: 'fragments',
    weight: 'limits',
    text: `${count} packets are IP fragments of datagrams that are not complete in the file.`,
    connections: [],
  }
}
