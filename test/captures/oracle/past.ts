// What the deliberate differences depend on: what had happened on the connection before a packet came.
import { Flag } from '../helpers/segment.ts'
import { hasMark, type SegmentPacket } from './figures.ts'

export interface Past {
  /** A segment without the ACK flag came, besides the connection's first one: a SYN or reset of either side. */
  sawNakedSegment: boolean
  /** A sequence or ACK number was exactly 0, or the one before it. */
  sawZeroNumber: boolean
  /** A segment came that lies before the first one seen. */
  sawBeforeStart: boolean
  /** A SACK option had four blocks. */
  sawFourBlocks: boolean
  /** A SACK block told of what was acknowledged already. */
  sawDsack: boolean
  /** The capture cut the options of a packet. */
  sawCutHeader: boolean
  /** An ACK came of what was not captured. */
  sawAckOfUnseen: boolean
  /** A SYN came behind a SYN+ACK. */
  sawLateSyn: boolean
  /** The side of this packet had sent a FIN. */
  ownFin: boolean
  /** A SYN comes later in the file. */
  hasLaterSyn: boolean
  /** Before or after, a SYN+ACK comes with another number than its side began with. */
  hasForeignSynAck: boolean
}

interface Side {
  isn: number
  hasFin: boolean
}

/** One connection on the way through the file. */
interface Progress {
  packets: number
  readonly past: Omit<Past, 'ownFin' | 'hasLaterSyn' | 'hasForeignSynAck'>
  readonly sides: Map<string, Side>
  lastSyn: number
  hasSynAck: boolean
  hasForeignSynAck: boolean
}

/** For each packet with TCP, in the order of the file: the past of its connection, the packet itself included. */
export function pastsOf(packets: readonly SegmentPacket[]): Map<SegmentPacket, Past> {
  const connections = new Map<string, Progress>()
  const passed = packets.map((packet) => {
    const stream = packet['tcp.stream']
    const progress = connections.get(stream) ?? begin()
    connections.set(stream, progress)
    const ownFin = advance(progress, packet)
    return { packet, progress, past: { ...progress.past, ownFin } }
  })
  // tshark reads the file twice, and carries what it learnt at the end into the second time.
  return new Map(
    passed.map(({ packet, progress: { lastSyn, hasForeignSynAck }, past }) => [
      packet,
      { ...past, hasForeignSynAck, hasLaterSyn: lastSyn > Number(packet['frame.number']) },
    ]),
  )
}

const begin = (): Progress => ({
  packets: 0,
  past: {
    sawNakedSegment: false,
    sawZeroNumber: false,
    sawBeforeStart: false,
    sawFourBlocks: false,
    sawDsack: false,
    sawCutHeader: false,
    sawAckOfUnseen: false,
    sawLateSyn: false,
  },
  sides: new Map(),
  lastSyn: 0,
  hasSynAck: false,
  hasForeignSynAck: false,
})

/** Returns whether the side had sent a FIN before. */
function advance(progress: Progress, packet: SegmentPacket): boolean {
  const { past } = progress
  const flags = Number(packet['tcp.flags'])
  const [sequence, ack] = [Number(packet['tcp.seq_raw']), Number(packet['tcp.ack_raw'])]
  const [isSyn, isFin, hasAck] = [Flag.syn, Flag.fin, Flag.ack].map((flag) => (flags & flag) !== 0)
  const end = (sequence + Number(packet['tcp.len']) + (isSyn || isFin ? 1 : 0)) >>> 0

  progress.packets += 1
  if (!hasAck && progress.packets > 1) past.sawNakedSegment = true
  if (sequence === 0 || sequence === 2 ** 32 - 1 || end === 0 || (hasAck && ack === 0))
    past.sawZeroNumber = true
  if (Number(packet['tcp.seq']) >= 2 ** 31) past.sawBeforeStart = true
  if (Number(packet['tcp.options.sack.count']) > 3) past.sawFourBlocks = true
  if (packet['tcp.options.sack.dsack_le'] !== '') past.sawDsack = true
  if (isHeaderCut(packet)) past.sawCutHeader = true
  if (hasMark(packet, 'ackLostSegment')) past.sawAckOfUnseen = true

  const side = sideOf(progress, packet, isSyn ? sequence : sequence - 1)
  const { hasFin } = side
  if (isFin) side.hasFin = true
  if (isSyn) {
    const isForeign = side.isn !== sequence || hasMark(packet, 'reusedPorts')
    if (hasAck && isForeign) progress.hasForeignSynAck = true
    if (hasAck) progress.hasSynAck = true
    else if (progress.hasSynAck) past.sawLateSyn = true
    progress.lastSyn = Number(packet['frame.number'])
  }
  return hasFin
}

function sideOf({ sides }: Progress, packet: SegmentPacket, isn: number): Side {
  const source = `${packet['ip.src']}${packet['ipv6.src']} ${packet['tcp.srcport']}`
  const side = sides.get(source) ?? { isn, hasFin: false }
  sides.set(source, side)
  return side
}

/** tshark tells nothing of its analysis then: it gives up at the options. */
export const isHeaderCut = (
  packet: Pick<SegmentPacket, 'frame.cap_len' | 'frame.len' | 'tcp.len'>,
): boolean =>
  Number(packet['frame.cap_len']) < Number(packet['frame.len']) - Number(packet['tcp.len'])
