// The ladder of a phase as data: arrows between two lifelines, in the order of the frames. Text and page draw the same.
import type { ConnectionAnalysis, TerminationSegment } from '../analysis.ts'
import { type Role, unreachable } from '../units.ts'
import type { Sentence } from './prose.ts'
import { say } from './prose.ts'
import { count, size } from './quantity.ts'

export type LadderRow = SegmentRow | FoldRow

/** One segment. */
export interface SegmentRow {
  readonly kind: 'segment'
  readonly packet: number
  /** Seconds since the first packet; `null`: not in the analysis. */
  readonly time: number | null
  readonly by: Role
  /** What it is, and its numbers: `FIN, ACK`, `seq 9581 ack 20981761`. */
  readonly label: string
  readonly numbers: string
  /** The states of both ends once it has arrived (RFC 9293 §3.3.2); `null`: not told in this phase. */
  readonly states: States | null
}

interface States {
  readonly client: string
  readonly server: string
}

/** What was left out. */
export interface FoldRow {
  readonly kind: 'fold'
  readonly text: Sentence
}

type Arrow = Omit<SegmentRow, 'kind' | 'packet'>

/** No row for a segment that is not captured. */
export const segment = (packet: number | undefined | null, arrow: Arrow): SegmentRow[] =>
  packet === undefined || packet === null ? [] : [{ kind: 'segment', packet, ...arrow }]

export const folded = (text: Sentence): FoldRow => ({ kind: 'fold', text })

/** SYN, SYN+ACK, ACK and their variants. Empty where the handshake is not captured. */
export function initiationLadder(connection: ConnectionAnalysis): LadderRow[] {
  const { initiation, start } = connection
  const [first, second, third, fourth] = initiation.packets
  const { rtt, rttToServer, duration, fastOpenBytes, synRetransmissions } = initiation
  const end = duration === null ? null : start + duration
  const latestSyn = end === null || rtt === null ? start : end - rtt
  const answered = rttToServer === null ? null : latestSyn + rttToServer
  const syn = (server: string) => [
    ...segment(first, {
      time: start,
      by: 'client',
      label: fastOpenBytes > 0 ? `SYN + ${size(fastOpenBytes)}` : 'SYN',
      numbers: 'seq 0',
      states: { client: 'SYN-SENT', server },
    }),
    ...(synRetransmissions > 0
      ? [folded(say`the same SYN again, ${count(synRetransmissions, 'time')}`)]
      : []),
  ]
  const next = 1 + fastOpenBytes
  switch (initiation.kind) {
    case 'handshake':
      return [
        ...syn('SYN-RECEIVED'),
        ...segment(second, {
          time: answered,
          by: 'server',
          label: 'SYN, ACK',
          numbers: `seq 0 ack ${next}`,
          states: { client: 'ESTABLISHED', server: 'SYN-RECEIVED' },
        }),
        ...segment(third, {
          time: end,
          by: 'client',
          label: 'ACK',
          numbers: `seq ${next} ack 1`,
          states: { client: 'ESTABLISHED', server: 'ESTABLISHED' },
        }),
      ]
    case 'refused':
      return [
        ...syn(''),
        ...segment(second, {
          time: answered ?? (connection.lastPacket === second ? connection.end : null),
          by: 'server',
          label: 'RST',
          numbers: '',
          states: { client: 'CLOSED', server: 'CLOSED' },
        }),
      ]
    case 'unanswered':
      return [...syn(''), folded(say`no answer`)]
    case 'unseen':
      return []
    case 'simultaneous':
      return [
        ...syn(''),
        ...segment(second, {
          time: null,
          by: 'server',
          label: initiation.isOtherSynUnseen ? 'SYN, ACK' : 'SYN',
          numbers: initiation.isOtherSynUnseen ? 'seq 0 ack 1' : 'seq 0',
          states: { client: 'SYN-RECEIVED', server: 'SYN-RECEIVED' },
        }),
        ...segment(third, {
          time: null,
          by: 'client',
          label: 'SYN, ACK',
          numbers: 'seq 0 ack 1',
          states: { client: 'SYN-RECEIVED', server: 'ESTABLISHED' },
        }),
        ...segment(fourth, {
          time: end,
          by: 'server',
          label: 'SYN, ACK',
          numbers: 'seq 0 ack 1',
          states: { client: 'ESTABLISHED', server: 'ESTABLISHED' },
        }),
      ]
    default:
      return unreachable(initiation.kind)
  }
}

/** FINs, RSTs and their ACKs, each with the states that it leads to. */
export function terminationLadder({ termination }: ConnectionAnalysis): LadderRow[] {
  return termination.segments.flatMap((one) =>
    segment(one.packet, {
      time: one.time,
      by: one.by,
      label: one.what,
      numbers: numbersOf(one),
      states: { client: one.clientState, server: one.serverState },
    }),
  )
}

function numbersOf({ sequence, length, acknowledgement }: TerminationSegment): string {
  return [
    ...(sequence === null ? [] : [`seq ${sequence}`]),
    ...(length > 0 ? [`len ${length}`] : []),
    ...(acknowledgement === null ? [] : [`ack ${acknowledgement}`]),
  ].join(' ')
}
