// Our view of a capture beside tshark's, figure by figure: what is equal, what differs on purpose, what must not differ.
import type { SegmentView } from '../../../captures/tcp/observer.ts'
import { differences } from './differences.ts'
import { type FigureName, figures, type SegmentPacket } from './figures.ts'
import { type Past, pastsOf } from './past.ts'

export interface Score {
  /** Segments of which both say the same; and of these, where it is more than "nothing to tell". */
  equal: number
  told: number
  breaches: number
  /** By the name of the difference. */
  readonly onPurpose: Map<string, number>
}

export interface SegmentAgreement {
  readonly scores: ReadonlyMap<FigureName, Score>
  /** `packet 7, retransmission: "" here, "yes" there` */
  readonly breaches: readonly string[]
}

export function compareSegments(
  views: readonly SegmentView[],
  packets: readonly SegmentPacket[],
): SegmentAgreement {
  const scores = new Map(figures.map(({ name }) => [name, newScore()]))
  const breaches: string[] = []
  const ours = new Map(views.map((view) => [view.packet, view]))
  const segments = packets.filter((packet) => packet['tcp.len'] !== '' && !isQuoted(packet))
  for (const [packet, past] of pastsOf(segments)) {
    const number = Number(packet['frame.number'])
    const view = ours.get(number)
    if (view === undefined) breaches.push(`packet ${number}: no segment here`)
    else breaches.push(...compareSegment(view, packet, past, scores))
    ours.delete(number)
  }
  for (const number of ours.keys()) breaches.push(`packet ${number}: a segment here only`)
  return { scores, breaches }
}

/** An ICMP error quotes the segment that it is about: that one was not sent. */
const isQuoted = (packet: SegmentPacket) => packet['frame.protocols'].includes('icmp')

const newScore = (): Score => ({ equal: 0, told: 0, breaches: 0, onPurpose: new Map() })

function compareSegment(
  view: SegmentView,
  packet: SegmentPacket,
  past: Past,
  scores: ReadonlyMap<FigureName, Score>,
): string[] {
  const breaches: string[] = []
  for (const figure of figures) {
    const score = scores.get(figure.name) ?? newScore()
    const [own, other] = [figure.ours(view), figure.theirs(packet)]
    if (own === other) {
      score.equal += 1
      if (own !== '') score.told += 1
      continue
    }
    const one = { figure: figure.name, view, packet, past }
    const difference = differences.find(({ explains }) => explains(one))
    if (difference === undefined) {
      score.breaches += 1
      breaches.push(`packet ${view.packet}, ${figure.name}: "${own}" here, "${other}" there`)
    } else {
      const { name } = difference
      score.onPurpose.set(name, (score.onPurpose.get(name) ?? 0) + 1)
    }
  }
  return breaches
}

/** One line a figure: `retransmission 1234/1240 equal (57 told), 6 × header cut`. */
export function tellScores(agreements: readonly SegmentAgreement[]): string {
  return figures
    .map(({ name }) => {
      const scores = agreements.flatMap((agreement) => agreement.scores.get(name) ?? [])
      const sum = (count: (score: Score) => number) =>
        scores.reduce((total, score) => total + count(score), 0)
      const onPurpose = differences
        .map((difference) => ({
          name: difference.name,
          count: sum((score) => score.onPurpose.get(difference.name) ?? 0),
        }))
        .filter(({ count }) => count > 0)
      const equal = sum((score) => score.equal)
      const all = onPurpose.reduce((total, { count }) => total + count, equal)
      const told = sum((score) => score.told)
      const reasons = onPurpose.map((difference) => `, ${difference.count} × ${difference.name}`)
      return `${name.padEnd(22)} ${equal}/${all + sum((score) => score.breaches)} equal (${told} told)${reasons.join('')}`
    })
    .join('\n')
}
