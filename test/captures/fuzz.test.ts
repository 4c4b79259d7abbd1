// Damaged files: some thousand here, as many as you like with `npx tsx test/captures/fuzz-run.ts 100000 [FIRST]`.
import { expect, test } from 'vitest'
import type { Analysis } from '../../captures/analysis.ts'
import { damagedFile, fuzz, wholeFiles } from './helpers/fuzz.ts'

const count = 500
const firsts = [0, count, 2 * count, 3 * count]
/** For a file that takes 5 ms when nothing else runs. */
const mostMilliseconds = 2000
const files = wholeFiles(33)

const timeout = 120_000

test.for(firsts)('damaged files from number %i on are told, or refused', { timeout }, (first) => {
  let other: Analysis | null = null
  let refused = 0
  for (let seed = first; seed < first + count; seed++) {
    const { analysis, milliseconds } = fuzz(seed, damagedFile(seed, files), other)
    expect(milliseconds, `file ${seed}`).toBeLessThan(mostMilliseconds)
    if (analysis === null) refused += 1
    else other = analysis
  }
  // Enough of both kinds, or nothing is tested.
  expect(refused).toBeGreaterThan(count / 50)
  expect(refused).toBeLessThan(count / 2)
})
