// `compare`: two analyses in, their figures and an account of the time between them out. Plain data.
import type { Analysis } from '../analysis.ts'
import { apportion } from './budget/apportion.ts'
import { type Budget, budgetOf } from './budget/budget.ts'
import { causeNames, causes, type Ledger } from './budget/causes.ts'
import { type Pace, pacesOf } from './budget/pace.ts'
import { type Work, workOf } from './budget/work.ts'
import { judge, type Scale } from './comparability.ts'
import type { Comparison, Difference, TimeBudget } from './comparison.ts'
import { figureRows } from './figures.ts'
import { plain } from './prose.ts'
import { comparisonVerdict } from './sentences/comparison.ts'
import { limitsOf } from './sentences/quality.ts'

/** `names` are what the captures are called in the text: paths are cut to what tells them apart, from `others` too. */
export function compare(
  a: Analysis,
  b: Analysis,
  names: Comparison['names'],
  others: readonly string[] = [],
): Comparison {
  const called = shortNames(names, others)
  const [workA, workB] = [workOf(a), workOf(b)]
  const { kind, reasons, scale } = judge(
    { analysis: a, work: workA },
    { analysis: b, work: workB },
    called,
  )
  const paces =
    workA !== null && workB !== null && kind !== 'refused'
      ? pacesOf(workA, workB)
      : { a: null, b: null }
  const [budgetA, budgetB] = [measured(workA, paces.a), measured(workB, paces.b)]
  const difference =
    kind === 'refused' || budgetA === null || budgetB === null
      ? null
      : differenceOf(budgetA, scaled(budgetB, scale))
  const comparison: Omit<Comparison, 'verdict'> = {
    version: 1,
    names: called,
    comparability: { kind, reasons: reasons.map(spaced) },
    limits: [...limitsOf(a, called.a), ...limitsOf(b, called.b)].map(spaced),
    figures: figureRows(workA, workB),
    budgets: {
      a: budgetA === null ? null : told(budgetA),
      b: budgetB === null ? null : told(budgetB),
    },
    paces: { a: bytesPerSecond(paces.a), b: bytesPerSecond(paces.b) },
    difference,
    runs: null,
  }
  return { ...comparison, verdict: plain(comparisonVerdict(comparison)) }
}

const measured = (work: Work | null, pace: Pace | null): Budget | null =>
  work === null ? null : budgetOf(work, pace)

const bytesPerSecond = (pace: Pace | null) => (pace === null || pace <= 0 ? null : 1e9 / pace)

/** As words for a document: without no-break spaces. */
const spaced = (text: string) => plain([text])

const seconds = (nanoseconds: number) => nanoseconds / 1e9

function told({ total, ledger }: Budget): TimeBudget {
  return {
    total: seconds(total),
    causes: causeNames.map((cause) => ({ cause, seconds: seconds(ledger[cause]) })),
  }
}

/** B's time for A's work: whole nanoseconds again, so that it still adds up. */
function scaled({ total, ledger }: Budget, { work, roundTrip }: Scale): Budget {
  if (work === 1 && roundTrip === 1) return { total, ledger }
  const exact = causeNames.map(
    (cause) => ledger[cause] * work * (causes[cause].isRoundTrips ? roundTrip : 1),
  )
  const sum = Math.round(exact.reduce((all, one) => all + one, 0))
  const whole = apportion(sum, exact)
  const changed: Ledger = { ...ledger }
  causeNames.forEach((cause, index) => {
    changed[cause] = whole[index] ?? 0
  })
  return { total: sum, ledger: changed }
}

function differenceOf(a: Budget, b: Budget): Difference {
  return {
    terms: causeNames.map((cause) => ({
      cause,
      a: seconds(a.ledger[cause]),
      b: seconds(b.ledger[cause]),
      difference: seconds(b.ledger[cause] - a.ledger[cause]),
    })),
    total: { a: seconds(a.total), b: seconds(b.total), difference: seconds(b.total - a.total) },
  }
}

/** File names without folders, as long as they differ, also from the other ones. */
export function shortNames(
  { a, b }: Comparison['names'],
  others: readonly string[] = [],
): Comparison['names'] {
  const [one, other] = [a.split('/'), b.split('/')]
  const more = others.filter((name) => name !== a && name !== b).map((name) => name.split('/'))
  const longest = Math.max(...[one, other, ...more].map(({ length }) => length))
  for (let parts = 1; parts <= longest; parts += 1) {
    const tail = (folders: string[]) => folders.slice(-parts).join('/')
    const names = { a: tail(one), b: tail(other) }
    const taken = more.map(tail)
    if (names.a !== names.b && !taken.includes(names.a) && !taken.includes(names.b)) return names
  }
  return { a: `${one.at(-1)} (first)`, b: `${other.at(-1)} (second)` }
}
