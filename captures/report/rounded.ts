// A difference in figures short enough to read, which still add up: every column is rounded as a whole.
import { roundToSum } from './budget/apportion.ts'
import type { Cause } from './budget/causes.ts'
import type { Difference, TimeBudget } from './comparison.ts'

/** Whole steps of one size. */
export interface RoundedTerm {
  readonly cause: Cause
  readonly a: number
  readonly b: number
  readonly difference: number
}

export interface Rounded {
  readonly terms: readonly RoundedTerm[]
  readonly total: Omit<RoundedTerm, 'cause'>
  /** `6.45 s` of a number of steps, without sign. */
  readonly format: (steps: number) => string
}

/** As many digits as a person compares: two decimals of seconds, one of milliseconds. */
export function rounded({ terms, total }: Difference): Rounded {
  const { step, format } = scaleOf(Math.max(total.a, total.b))
  const column = (of: (term: Difference['terms'][number]) => number, sum: number) =>
    roundToSum(
      terms.map((term) => of(term) / step),
      Math.round(sum / step),
    )
  const [a, b] = [column((term) => term.a, total.a), column((term) => term.b, total.b)]
  const sums = { a: Math.round(total.a / step), b: Math.round(total.b / step) }
  return {
    terms: terms.map(({ cause }, index) => {
      const [one, other] = [a[index] ?? 0, b[index] ?? 0]
      return { cause, a: one, b: other, difference: other - one }
    }),
    total: { ...sums, difference: sums.b - sums.a },
    format,
  }
}

/** One capture's own budget, in the same way; what takes no time is left out. */
export function roundedBudget({
  total,
  causes,
}: TimeBudget): { readonly cause: Cause; readonly told: string }[] {
  const { step, format } = scaleOf(total)
  const steps = roundToSum(
    causes.map(({ seconds }) => seconds / step),
    Math.round(total / step),
  )
  return causes.map(({ cause }, index) => ({ cause, told: format(steps[index] ?? 0) }))
}

function scaleOf(seconds: number): { step: number; format: (steps: number) => string } {
  const space = '\u00a0'
  if (seconds >= 0.995)
    return { step: 1e-2, format: (steps) => `${(Math.abs(steps) / 100).toFixed(2)}${space}s` }
  if (seconds >= 0.00995)
    return { step: 1e-4, format: (steps) => `${(Math.abs(steps) / 10).toFixed(1)}${space}ms` }
  return { step: 1e-6, format: (steps) => `${(Math.abs(steps) / 1000).toFixed(3)}${space}ms` }
}
