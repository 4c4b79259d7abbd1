// The ladder of a phase as data: arrows between two lifelines, in the order of the frames. Text and page draw the same.
import type {
  ConnectionAnalysis,
  Initiation,
  InitiationSegment,
  TerminationSegment,
} from '../analysis.ts'
import type { Role } from '../units.ts'
import { playing } from './opening.ts'
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

/** SYN, SYN+ACK, ACK and their variants, as they stand in the file. Empty where the handshake is not captured. */
export function initiationLadder({ initiation }: ConnectionAnalysis): LadderRow[] {
  const { kind, segments } = initiation
  if (kind === 'unseen') return []
  let states: States = { client: '', server: '' }
  const rows = segments.flatMap((one) => {
    states = statesAfter(states, one, kind)
    return [
      ...segment(one.packet, {
        time: one.time,
        by: one.by,
        label: one.length > 0 ? `${labelOf[one.part]} + ${size(one.length)}` : labelOf[one.part],
        numbers: numbersOf(one),
        states,
      }),
      ...again(one, initiation),
    ]
  })
  return [...rows, ...absent(initiation)]
}

const labelOf: Readonly<Record<InitiationSegment['part'], string>> = {
  syn: 'SYN',
  'syn-ack': 'SYN, ACK',
  ack: 'ACK',
  reset: 'RST',
}

/** By the part that it plays, not by its place: recorders put segments out of order. */
function statesAfter(
  before: States,
  { part, by }: InitiationSegment,
  kind: Initiation['kind'],
): States {
  if (part === 'reset') return { client: 'CLOSED', server: 'CLOSED' }
  if (part === 'ack') return { client: 'ESTABLISHED', server: 'ESTABLISHED' }
  if (kind === 'handshake') {
    if (part === 'syn-ack') return { client: 'ESTABLISHED', server: 'SYN-RECEIVED' }
    return { client: 'SYN-SENT', server: 'SYN-RECEIVED' }
  }
  if (part === 'syn' && by === 'client') return { client: 'SYN-SENT', server: '' }
  if (part === 'syn') return { client: 'SYN-RECEIVED', server: 'SYN-RECEIVED' }
  // Simultaneous: who gets the other's SYN+ACK is ESTABLISHED (RFC 9293 §3.5, figure 7).
  const own = before[by] === 'ESTABLISHED' ? 'ESTABLISHED' : 'SYN-RECEIVED'
  return by === 'client'
    ? { client: own, server: 'ESTABLISHED' }
    : { client: 'ESTABLISHED', server: own }
}

/** Copies are not drawn one by one. */
function again(
  { part, by }: InitiationSegment,
  { kind, synRetransmissions, synAckRetransmissions }: Initiation,
): FoldRow[] {
  if (part === 'syn' && by === 'client' && synRetransmissions > 0)
    return [folded(say`the same SYN again, ${count(synRetransmissions, 'time')}`)]
  if (part === 'syn-ack' && kind === 'handshake' && synAckRetransmissions > 0)
    return [folded(say`the same SYN, ACK again, ${count(synAckRetransmissions, 'time')}`)]
  return []
}

function absent(initiation: Initiation): FoldRow[] {
  if (initiation.kind === 'unanswered') return [folded(say`no answer`)]
  if (initiation.kind !== 'handshake') return []
  return [
    ...(playing(initiation, 'syn-ack') === null ? [folded(say`no SYN, ACK in the file`)] : []),
    ...(playing(initiation, 'ack') === null ? [folded(say`no ACK in the file`)] : []),
  ]
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

function numbersOf({
  sequence,
  length,
  acknowledgement,
}: TerminationSegment | InitiationSegment): string {
  return [
    ...(sequence === null ? [] : [`seq ${sequence}`]),
    ...(length > 0 ? [`len ${length}`] : []),
    ...(acknowledgement === null ? [] : [`ack ${acknowledgement}`]),
  ].join(' ')
}
