// What became of each row in this run, as the test runner itself tells it.
import { stripVTControlCharacters } from 'node:util'
import type { RunnerTestCase } from 'vitest'
import type { Row } from './row.ts'

/** `pass`, or a sentence that says why not. */
export type Outcome = 'pass' | `fails: ${string}` | `not checked: ${string}`

/** The name of a row's test; its id comes first. */
export function testName({ id, level, statement, defects }: Row): string {
  return `${id} ${level}${defects === undefined ? '' : ` (${defects.join(', ')})`}: ${statement}`
}

/** The outcome of each row by its id. A row of which no test ran to its end never passes. */
export function outcomesOf(
  rows: readonly Row[],
  tests: readonly Pick<RunnerTestCase, 'name' | 'result'>[],
): Map<string, Outcome> {
  return new Map(
    rows.map((row) => {
      if ('reason' in row) return [row.id, `not checked: ${row.reason}`]
      const found = tests.filter(({ name }) => name === testName(row))
      return [row.id, outcomeOf(found)]
    }),
  )
}

function outcomeOf(found: readonly Pick<RunnerTestCase, 'result'>[]): Outcome {
  const [test] = found
  if (test === undefined || found.length > 1) return 'fails: it has not one test'
  const { result } = test
  if (result?.state === 'pass') return 'pass'
  if (result?.state === 'fail') return `fails: ${firstLine(result.errors?.[0]?.message)}`
  return 'fails: it did not run'
}

const longest = 120

function firstLine(message = 'no reason told'): string {
  const [first = ''] = stripVTControlCharacters(message).split('\n')
  const line = first.replace(' // Object.is equality', '')
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
