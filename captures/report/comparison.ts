// The comparison document, version 1: what `compare --json` prints, and what text and page are made from. Plain data.
import type { Cause } from './budget/causes.ts'

export interface Comparison {
  readonly version: 1
  readonly names: { readonly a: string; readonly b: string }
  readonly comparability: Comparability
  /** What came out, in one or two sentences. */
  readonly verdict: string
  /** What makes a conclusion uncertain: faults of the captures. */
  readonly limits: readonly string[]
  readonly figures: readonly FigureRow[]
  /** Where the time of each upload went, as measured; `null`: the capture shows no upload. */
  readonly budgets: { readonly a: TimeBudget | null; readonly b: TimeBudget | null }
  /**
   * The best pace of the line, bytes per second, at which sending is priced; what a PATCH took beyond it, it waited for its
   * window. `null`: too few PATCHes to tell, all of it is sending.
   */
  readonly paces: { readonly a: number | null; readonly b: number | null }
  /** The difference accounted for, after normalising; `null` where comparing was refused. */
  readonly difference: Difference | null
  /** Where there are several runs a side: all above is of those with the median time. `null`: one run each. */
  readonly runs: { readonly a: RunsOfSide; readonly b: RunsOfSide } | null
}

/** All runs of one side. */
export interface RunsOfSide {
  readonly captures: readonly string[]
  /** Of these, how many show an upload. */
  readonly counted: number
  /** The one with the median time, which the comparison is made of. */
  readonly chosen: string
  readonly figures: readonly SpreadRow[]
}

/** One figure over the runs of a side; each of the three by itself. */
export interface SpreadRow {
  readonly name: string
  readonly median: number | null
  readonly least: number | null
  readonly most: number | null
}

export interface Comparability {
  /** `same-work` · `normalised`: B was scaled to A's work, as the reasons say · `refused`: no difference is told. */
  readonly kind: 'same-work' | 'normalised' | 'refused'
  readonly reasons: readonly string[]
}

export interface FigureRow {
  readonly name: string
  readonly label: string
  readonly unit: FigureUnit
  readonly a: number | null
  readonly b: number | null
  readonly difference: number | null
}

export type FigureUnit = 'count' | 'bytes' | 'seconds' | 'bytes per second'

/** Seconds, whole nanoseconds each; the causes add up to the total exactly. */
export interface TimeBudget {
  readonly total: number
  readonly causes: readonly { readonly cause: Cause; readonly seconds: number }[]
}

/** Seconds, whole nanoseconds each; every column adds up to its total exactly. */
export interface Difference {
  readonly terms: readonly DifferenceTerm[]
  readonly total: { readonly a: number; readonly b: number; readonly difference: number }
}

export interface DifferenceTerm {
  readonly cause: Cause
  readonly a: number
  readonly b: number
  readonly difference: number
}
