// `longhaul compare A B`: what differs between two captures of the same work, priced; of several runs a side, of the median ones.
import type { Run } from '../report/runs.ts'
import { analyseFile } from './analyse-file.ts'
import { print, printJson, terminalStyle } from './output.ts'

export interface CompareOptions {
  readonly json?: boolean
  /** The other side, where there are several runs of one. */
  readonly with?: readonly string[]
}

/** How it was called makes no sense; the message says what does. */
class CompareUsageError extends Error {
  override readonly name = 'CompareUsageError'
  readonly exitStatus = 2
}

/** Throws an error with an exit status of 2 for captures that can't be read or paired. */
export async function runCompare(
  captures: readonly string[],
  options: CompareOptions,
): Promise<void> {
  const [a, b] = sidesOf(captures, options.with)
  const sides = [await analyse(a), await analyse(b)] as const
  const { compareRuns } = await import('../report/runs.ts')
  const comparison = compareRuns(...sides)
  if (options.json === true) {
    await printJson(comparison)
    return
  }
  const { compareText } = await import('../report/compare-text.ts')
  await print(compareText(comparison, terminalStyle()))
}

function sidesOf(
  captures: readonly string[],
  others: readonly string[] | undefined,
): readonly [readonly string[], readonly string[]] {
  if (others !== undefined) return [captures, others]
  const [a, b, ...more] = captures
  if (a === undefined || b === undefined || more.length > 0) {
    throw new CompareUsageError(
      'two captures are held against each other: compare A B. Of several runs a side: compare A1 A2 A3 --with B1 B2 B3',
    )
  }
  return [[a], [b]]
}

/** One after the other: each may need a great deal of memory. */
async function analyse(files: readonly string[]): Promise<Run[]> {
  const runs: Run[] = []
  for (const name of files) runs.push({ name, analysis: await analyseFile(name) })
  return runs
}
