// Several runs a side: the run with the median time stands for its side, and the spread of all of them is told beside it. Analyses
// in, a comparison out.
import type { Analysis } from '../analysis.ts'
import { type Work, workOf } from './budget/work.ts'
import { compare, shortNames } from './compare.ts'
import type { Comparison, RunsOfSide, SpreadRow } from './comparison.ts'
import { figureRows } from './figures.ts'
import { plain } from './prose.ts'
import { count, median, size } from './quantity.ts'
import { comparisonVerdict } from './sentences/comparison.ts'

export interface Run {
  /** What the capture is called. */
  readonly name: string
  readonly analysis: Analysis
}

/** As `compare`, of the median runs; `runs` tells of all. One run a side is the plain comparison. Neither list is empty. */
export function compareRuns(a: readonly Run[], b: readonly Run[]): Comparison {
  const sides = { a: chosenOf(a), b: chosenOf(b) }
  const all = [...a, ...b].map(({ name }) => name)
  const names = { a: sides.a.median.name, b: sides.b.median.name }
  const compared = compare(sides.a.median.analysis, sides.b.median.analysis, names, all)
  if (a.length === 1 && b.length === 1) return compared
  const { comparability, limits } = compared
  const comparison = {
    ...compared,
    comparability: {
      ...comparability,
      reasons: [...comparability.reasons, ...unlike(sides.a, 'A'), ...unlike(sides.b, 'B')],
    },
    limits: [...limits, ...leftOut(sides.a, 'A'), ...leftOut(sides.b, 'B')],
    runs: { a: toldOf(sides.a, all), b: toldOf(sides.b, all) },
  }
  return { ...comparison, verdict: plain(comparisonVerdict(comparison)) }
}

interface Measured extends Run {
  readonly work: Work | null
}

interface Side {
  readonly runs: readonly Measured[]
  /** Those that show an upload, the fastest first. */
  readonly counted: readonly (Measured & { readonly work: Work })[]
  readonly median: Run
}

const timeOf = ({ work: { from, to } }: { readonly work: Work }) => to - from

function chosenOf(runs: readonly Run[]): Side {
  const measured = runs.map((run): Measured => ({ ...run, work: workOf(run.analysis) }))
  const counted = measured
    .flatMap(({ work, ...run }) => (work === null ? [] : [{ ...run, work }]))
    .sort((one, other) => timeOf(one) - timeOf(other))
  // Of an even number the faster of the two in the middle: one that was really recorded.
  const chosen = counted[Math.floor((counted.length - 1) / 2)] ?? runs[0]
  if (chosen === undefined) throw new Error('a side without a run')
  return { runs: measured, counted, median: chosen }
}

function unlike({ counted }: Side, side: string): string[] {
  const bytes = counted.map(({ work }) => work.bytes)
  const [least, most] = [Math.min(...bytes), Math.max(...bytes)]
  return least === most || bytes.length === 0
    ? []
    : [plain([`the runs of ${side} carry different amounts, ${size(least)} to ${size(most)}`])]
}

function leftOut({ runs, counted }: Side, side: string): string[] {
  const missing = runs.length - counted.length
  if (missing === 0 || counted.length === 0) return []
  return [plain([`${count(missing, 'run')} of ${side} without an upload: left out`])]
}

function toldOf({ runs, counted, median: chosen }: Side, all: readonly string[]): RunsOfSide {
  const called = ({ name }: Run) => shortNames({ a: name, b: '' }, all).a
  const works = counted.map(({ work }) => figureRows(work, null))
  const names = works[0]?.map(({ name }) => name) ?? []
  return {
    captures: runs.map(called),
    counted: counted.length,
    chosen: called(chosen),
    figures: names.map((name, index) =>
      spreadOf(
        name,
        works.flatMap((rows) => rows[index]?.a ?? []),
      ),
    ),
  }
}

const spreadOf = (name: string, values: readonly number[]): SpreadRow => ({
  name,
  median: values.length === 0 ? null : median(values),
  least: values.length === 0 ? null : Math.min(...values),
  most: values.length === 0 ? null : Math.max(...values),
})
