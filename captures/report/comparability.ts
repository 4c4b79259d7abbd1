// Whether two captures show the same work, and how the second is scaled to the first where they don't.
import type { Analysis } from '../analysis.ts'
import type { Work } from './budget/work.ts'
import type { Comparability } from './comparison.ts'
import { roundTrip } from './figures.ts'
import { count, duration, size } from './quantity.ts'

/** What B's times are multiplied with: all of them, and those that consist of round trips. */
export interface Scale {
  readonly work: number
  readonly roundTrip: number
}

export interface Judgement extends Comparability {
  readonly scale: Scale
}

interface Names {
  readonly a: string
  readonly b: string
}

/** Beyond, scaling says nothing: what an upload costs once weighs too much. */
const mostScale = 4
/** Round trips that differ less are alike. */
const sameRoundTrip = 1.25
const smallRoundTrip = 1e-3

export function judge(a: Side, b: Side, names: Names): Judgement {
  const missing = [...refusal(a, names.a), ...refusal(b, names.b)]
  if (a.work === null || b.work === null || missing.length > 0) return refused(missing)
  const amounts = amountScale(a.work, b.work, names)
  const trips = tripScale(a.work, b.work, names)
  const reasons = [
    ...incomplete(a.analysis, names.a),
    ...incomplete(b.analysis, names.b),
    ...amounts.reasons,
    ...trips.reasons,
  ]
  if (outOfReach(amounts.factor) || outOfReach(trips.factor)) return refused(reasons)
  const isSame = amounts.factor === 1 && trips.factor === 1
  return {
    kind: isSame ? 'same-work' : 'normalised',
    reasons: [...reasons, ...chunks(a.work, b.work, names)],
    scale: { work: amounts.factor, roundTrip: trips.factor },
  }
}

export interface Side {
  readonly analysis: Analysis
  readonly work: Work | null
}

const refused = (reasons: readonly string[]): Judgement => ({
  kind: 'refused',
  reasons,
  scale: { work: 1, roundTrip: 1 },
})

const outOfReach = (factor: number) => factor > mostScale || factor < 1 / mostScale

function refusal({ work }: Side, name: string): string[] {
  if (work === null) return [`${name} shows no upload`]
  if (work.bytes === 0) return [`${name} shows no byte of a file being uploaded`]
  return []
}

function incomplete({ uploads }: Analysis, name: string): string[] {
  const open = uploads.filter(({ complete }) => !complete)
  const [first] = open
  if (first === undefined) return []
  if (open.length > 1) return [`${count(open.length, 'upload')} of ${name} are not complete`]
  const of = first.length === null ? '' : ` of ${size(first.length)}`
  return [`the upload of ${name} is not complete: ${size(first.offset)}${of}`]
}

function amountScale(a: Work, b: Work, names: Names): { factor: number; reasons: string[] } {
  if (a.bytes === b.bytes) return { factor: 1, reasons: [] }
  const factor = a.bytes / b.bytes
  const differ = `${names.a} carries ${size(a.bytes)} of the file, ${names.b} ${size(b.bytes)}`
  return outOfReach(factor)
    ? { factor, reasons: [`${differ}: too different to be scaled to one another`] }
    : { factor, reasons: [`${differ}: the times of ${names.b} are scaled by ${factor.toFixed(3)}`] }
}

function tripScale(a: Work, b: Work, names: Names): { factor: number; reasons: string[] } {
  const [one, other] = [roundTrip(a), roundTrip(b)]
  if (one === null || other === null) {
    const name = one === null ? names.a : names.b
    return {
      factor: 1,
      reasons: [
        `the round trip of ${name} is not captured: whether the paths are alike cannot be told`,
      ],
    }
  }
  const ratio = Math.max(one, other) / Math.min(one, other)
  if (!(ratio > sameRoundTrip) || Math.abs(one - other) < smallRoundTrip)
    return { factor: 1, reasons: [] }
  const factor = one / other
  const differ = `the round trip is ${duration(one)} in ${names.a}, ${duration(other)} in ${names.b}`
  return outOfReach(factor)
    ? { factor, reasons: [`${differ}: the paths are too different`] }
    : {
        factor,
        reasons: [
          `${differ}: what consists of round trips is scaled by ${factor.toFixed(3)} in ${names.b}`,
        ],
      }
}

/** No obstacle: it may be what is compared. */
function chunks(a: Work, b: Work, names: Names): string[] {
  if (a.patches === b.patches) return []
  return [
    `${names.a} sends the file in ${count(a.patches, 'PATCH', 'PATCHes')}, ${names.b} in ${count(b.patches, 'PATCH', 'PATCHes')}`,
  ]
}
