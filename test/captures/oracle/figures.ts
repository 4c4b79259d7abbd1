// What is compared of each segment: where it stands in our view, and where in tshark's fields.
import { Mark, type MarkName, type SegmentView } from '../../../captures/tcp/observer.ts'
import type { TsharkPacket } from './tshark.ts'

const markFields = {
  retransmission: 'tcp.analysis.retransmission',
  fastRetransmission: 'tcp.analysis.fast_retransmission',
  spuriousRetransmission: 'tcp.analysis.spurious_retransmission',
  outOfOrder: 'tcp.analysis.out_of_order',
  lostSegment: 'tcp.analysis.lost_segment',
  ackLostSegment: 'tcp.analysis.ack_lost_segment',
  keepAlive: 'tcp.analysis.keep_alive',
  keepAliveAck: 'tcp.analysis.keep_alive_ack',
  duplicateAck: 'tcp.analysis.duplicate_ack_num',
  windowUpdate: 'tcp.analysis.window_update',
  windowFull: 'tcp.analysis.window_full',
  zeroWindow: 'tcp.analysis.zero_window',
  zeroWindowProbe: 'tcp.analysis.zero_window_probe',
  zeroWindowProbeAck: 'tcp.analysis.zero_window_probe_ack',
  reusedPorts: 'tcp.analysis.reused_ports',
} as const satisfies Record<MarkName, string>

export const markNames = Object.keys(markFields).filter(
  (name): name is MarkName => name in markFields,
)

export const segmentFields = [
  'frame.number',
  'frame.len',
  'frame.cap_len',
  'frame.protocols',
  'ip.src',
  'ipv6.src',
  'tcp.srcport',
  'tcp.stream',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.seq',
  'tcp.len',
  'tcp.window_size_value',
  'tcp.window_size',
  'tcp.options.sack.dsack_le',
  'tcp.options.sack.count',
  'tcp.analysis.acks_frame',
  'tcp.analysis.ack_rtt',
  'tcp.analysis.bytes_in_flight',
  'tcp.analysis.initial_rtt',
  ...Object.values(markFields),
] as const

export type SegmentField = (typeof segmentFields)[number]
export type SegmentPacket = TsharkPacket<SegmentField>

export type FigureName =
  | MarkName
  | 'connection'
  | 'flags'
  | 'sequence'
  | 'acknowledgement'
  | 'relative sequence'
  | 'length'
  | 'window'
  | 'scaled window'
  | 'acknowledged packet'
  | 'round-trip time'
  | 'bytes in flight'

export interface Figure {
  readonly name: FigureName
  /** Both as text; empty: nothing to tell. */
  readonly ours: (view: SegmentView) => string
  readonly theirs: (packet: SegmentPacket) => string
}

const field = (
  name: FigureName,
  from: SegmentField,
  ours: (view: SegmentView) => number | null,
): Figure => ({
  name,
  ours: (view) => String(ours(view) ?? ''),
  theirs: (packet) => packet[from],
})

const mark = (name: MarkName): Figure => ({
  name,
  ours: (view) => ((view.marks & Mark[name]) === 0 ? '' : 'yes'),
  theirs: (packet) => (hasMark(packet, name) ? 'yes' : ''),
})

export function hasMark(packet: SegmentPacket, name: MarkName): boolean {
  const isSet = packet[markFields[name]] !== ''
  // tshark sets the plain one too where a retransmission is fast or spurious.
  if (name !== 'retransmission') return isSet
  return (
    isSet && !hasMark(packet, 'fastRetransmission') && !hasMark(packet, 'spuriousRetransmission')
  )
}

export const figures: readonly Figure[] = [
  field('connection', 'tcp.stream', (view) => view.connection),
  {
    name: 'flags',
    ours: (view) => String(view.flags),
    // Less the three bits that are reserved.
    theirs: (packet) => String(Number(packet['tcp.flags']) & 0x1ff),
  },
  field('sequence', 'tcp.seq_raw', (view) => view.rawSequence),
  field('acknowledgement', 'tcp.ack_raw', (view) => view.rawAcknowledgement),
  {
    name: 'relative sequence',
    // Ours is that of the first data byte, which stands behind a SYN.
    ours: ({ offset, flags, length }) =>
      String((offset + 1 - (flags & 2 && length > 0 ? 1 : 0)) >>> 0),
    theirs: (packet) => packet['tcp.seq'],
  },
  field('length', 'tcp.len', (view) => view.length),
  field('window', 'tcp.window_size_value', (view) => view.rawWindow),
  field('scaled window', 'tcp.window_size', (view) => view.window),
  field(
    'acknowledged packet',
    'tcp.analysis.acks_frame',
    (view) => view.acknowledgesPacket || null,
  ),
  {
    name: 'round-trip time',
    // tshark doesn't show a time of 0.
    ours: ({ acknowledgementTime: time }) => (time <= 0 ? '' : String(time)),
    theirs: (packet) => nanoseconds(packet['tcp.analysis.ack_rtt']),
  },
  // tshark doesn't show that there are none.
  field('bytes in flight', 'tcp.analysis.bytes_in_flight', ({ bytesInFlight }) =>
    bytesInFlight <= 0 ? null : bytesInFlight,
  ),
  ...markNames.map(mark),
]

/** `0.000123000` to `123000`, without a float between. */
export function nanoseconds(seconds: string): string {
  if (seconds === '') return ''
  const [whole = '0', fraction = ''] = seconds.split('.')
  return String(Number(`${whole}${fraction.padEnd(9, '0').slice(0, 9)}`))
}
