// Where our figures differ from tshark's on purpose. Each row has its test in differences.test.ts; all else must be equal.
import { Mark, type SegmentView } from '../../../captures/tcp/observer.ts'
import { type FigureName, hasMark, markNames, type SegmentPacket } from './figures.ts'
import { isHeaderCut, type Past } from './past.ts'

/** One figure of one segment in which the two don't agree. */
export interface Case {
  readonly figure: FigureName
  readonly view: SegmentView
  readonly packet: SegmentPacket
  readonly past: Past
}

export interface Difference {
  readonly name: string
  readonly why: string
  readonly explains: (one: Case) => boolean
}

const has = ({ marks }: SegmentView, mark: number) => (marks & mark) !== 0

const isMark = (figure: FigureName) => markNames.some((name) => name === figure)

const isOf = (figure: FigureName, ...figures: readonly FigureName[]) => figures.includes(figure)

export const differences: readonly Difference[] = [
  {
    name: 'window probe',
    why: 'Linux probes a closed window one byte behind; tshark calls that a keep-alive, we a zero-window probe',
    explains: ({ figure, view, packet }) =>
      (isOf(figure, 'keepAlive', 'zeroWindowProbe') &&
        has(view, Mark.zeroWindowProbe) &&
        hasMark(packet, 'keepAlive')) ||
      (isOf(figure, 'keepAliveAck', 'zeroWindowProbeAck') && has(view, Mark.zeroWindowProbeAck)),
  },
  {
    name: 'ACK behind its FIN',
    why: 'an ACK that the tap saw behind the FIN sent after it stands one byte back, and is no keep-alive',
    explains: ({ figure, view, packet, past }) =>
      figure === 'keepAlive' && past.ownFin && view.length === 0 && hasMark(packet, 'keepAlive'),
  },
  {
    name: 'header cut',
    why: 'tshark gives up where the snapshot cuts the options, and tells nothing of what it found',
    explains: ({ figure, packet, past }) =>
      (isHeaderCut(packet) &&
        (isMark(figure) || isOf(figure, 'acknowledged packet', 'round-trip time'))) ||
      // The blocks of a SACK option that is cut: tshark takes those that it still sees.
      (past.sawCutHeader && figure === 'bytes in flight'),
  },
  {
    name: 'ACK number without its flag',
    why: 'tshark reads the ACK field of a SYN or RST that has no ACK flag (RFC 9293 §3.1: then it means nothing)',
    explains: ({ figure, past }) =>
      past.sawNakedSegment &&
      isOf(figure, 'acknowledged packet', 'round-trip time', 'bytes in flight'),
  },
  {
    name: 'the number 0',
    why: 'tshark keeps 0 for "not seen yet", so a sequence number that wraps to exactly 0 is no number to it',
    explains: ({ past }) => past.sawZeroNumber,
  },
  {
    name: 'D-SACK',
    why: 'tshark takes the block of a D-SACK, which tells of bytes acknowledged before, from the bytes in flight',
    explains: ({ figure, past }) => figure === 'bytes in flight' && past.sawDsack,
  },
  {
    name: 'fourth SACK block',
    why: 'tshark takes no more than three blocks of a SACK option from the bytes in flight; four fit (RFC 2018 §3)',
    explains: ({ figure, past }) => figure === 'bytes in flight' && past.sawFourBlocks,
  },
  {
    name: 'before the start',
    why: 'in a capture that begins in the middle, tshark counts what comes before the first segment as 4 GiB on',
    explains: ({ figure, past }) => figure === 'bytes in flight' && past.sawBeforeStart,
  },
  {
    name: 'ACK of unseen data',
    why: 'tshark notes such an ACK as −1 duplicates, in a number without sign: many, so that a retransmission is a fast one',
    explains: ({ figure, packet, past }) =>
      past.sawAckOfUnseen &&
      hasMark(packet, 'fastRetransmission') &&
      isOf(figure, 'retransmission', 'fastRetransmission', 'outOfOrder'),
  },
  {
    name: 'SYN behind its answer',
    why: 'the other side had declined to scale windows; tshark scales again after a SYN that offers it',
    explains: ({ figure, past }) => past.sawLateSyn && isOf(figure, 'scaled window', 'windowFull'),
  },
  {
    name: 'SYN later in the file',
    why: 'tshark, in its second reading, knows a window scale from a packet further on',
    explains: ({ figure, past }) => past.hasLaterSyn && figure === 'scaled window',
  },
  {
    name: 'SYN+ACK alone',
    why: 'ports are used again and the SYN was not captured: tshark moves the start of the stream that it knows',
    explains: ({ figure, past }) =>
      past.hasForeignSynAck && isOf(figure, 'relative sequence', 'reusedPorts'),
  },
]
