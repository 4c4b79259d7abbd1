// The kinds of frames that one may want to see alone, and the words for what the analysis found of a segment.
import { Mark, type MarkName } from '../../../captures/tcp/observer.ts'
import type { FrameClass } from './protocol.ts'

/** In the order of the bits. */
export const markWords: Readonly<Record<MarkName, string>> = {
  retransmission: 'retransmission',
  fastRetransmission: 'fast retransmission',
  spuriousRetransmission: 'needless retransmission',
  outOfOrder: 'out of order',
  lostSegment: 'segment before it not captured',
  ackLostSegment: 'acknowledges what was not captured',
  keepAlive: 'TCP keep-alive probe',
  keepAliveAck: 'answer to a keep-alive probe',
  duplicateAck: 'duplicate ACK',
  windowUpdate: 'window update',
  windowFull: 'window full',
  zeroWindow: 'zero window',
  zeroWindowProbe: 'zero-window probe',
  zeroWindowProbeAck: 'answer to a zero-window probe',
  reusedPorts: 'ports used again',
}

/** Bits of `SegmentView.flags`. */
export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const

const words = Object.entries(markWords)
const bits: Readonly<Record<string, number>> = Mark

export function wordsOf(marks: number): string[] {
  if (marks === 0) return []
  return words.filter(([name]) => marks & (bits[name] ?? 0)).map(([, word]) => word)
}

const names = [
  [Flag.syn, 'SYN'],
  [Flag.fin, 'FIN'],
  [Flag.rst, 'RST'],
  [Flag.psh, 'PSH'],
  [Flag.ack, 'ACK'],
  [Flag.urg, 'URG'],
] as const

export const flagsOf = (flags: number): string =>
  names
    .filter(([bit]) => flags & bit)
    .map(([, name]) => name)
    .join(', ')

/** Sent again or out of its place: what a picture must never leave out. */
export const lossMarks =
  Mark.retransmission | Mark.fastRetransmission | Mark.spuriousRetransmission | Mark.outOfOrder

const allLosses = lossMarks | Mark.lostSegment | Mark.ackLostSegment | Mark.duplicateAck
const windowMarks =
  Mark.windowUpdate |
  Mark.windowFull |
  Mark.zeroWindow |
  Mark.zeroWindowProbe |
  Mark.zeroWindowProbeAck

/** What a frame is judged by. */
export interface Judged {
  readonly flags: number
  readonly marks: number
  readonly length: number
  readonly isLabelled: boolean
}

export const isIn: Readonly<Record<FrameClass, (frame: Judged) => boolean>> = {
  all: () => true,
  ends: ({ flags }) => (flags & (Flag.syn | Flag.fin | Flag.rst)) !== 0,
  data: ({ length }) => length > 0,
  heads: ({ isLabelled }) => isLabelled,
  losses: ({ marks }) => (marks & allLosses) !== 0,
  window: ({ marks }) => (marks & windowMarks) !== 0,
  probes: ({ marks }) => (marks & (Mark.keepAlive | Mark.keepAliveAck)) !== 0,
}
