// The document is whole, each list has a run that holds it, and no row passes that did not run.
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readDocumented, render } from './document.ts'
import { type Outcome, outcomesOf, testName } from './outcomes.ts'
import type { Row } from './row.ts'
import { type ChecklistName, checklists } from './sections.ts'

const lists = Object.keys(checklists) as ChecklistName[]

test('the checklists are T01 to T58 and R01 to R54', () => {
  const ids = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`)
  expect(Object.keys(checklists.tus.sections)).toEqual(ids('T', 58))
  expect(Object.keys(checklists.rufh.sections)).toEqual(ids('R', 54))
})

test.for(lists)('%s: the document has every row once, and nothing in it fails', async (list) => {
  const lines = (await readDocumented(list)).split('\n').filter((line) => /^\| [TR]\d/.test(line))
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  expect(cells.map(([, id]) => id)).toEqual(Object.keys(checklists[list].sections))
  for (const [, id, , statement, section, outcome] of cells) {
    expect(outcome, id).toMatch(/^(pass|not checked)$/)
    for (const text of [statement, section]) expect(text, id).not.toBe('')
  }
})

// That run compares the document with itself: see run.ts.
test.for(lists)('%s: its rows are run by `npm test`', async (list) => {
  const text = await readFile(new URL(`${list}.test.ts`, import.meta.url), 'utf8')
  expect(text).toContain(`runRows('${list}'`)
})

const row: Row = { id: 'T01', level: 'MUST', statement: 'a | b', check: async () => undefined }
const name = testName(row)
const passed = { name, result: { state: 'pass' } } as const

test.for<[string, Parameters<typeof outcomesOf>[1], Outcome]>([
  ['passed', [{ name: 'another', result: { state: 'fail' } }, passed], 'pass'],
  ['was not there', [], 'fails: it has not one test'],
  ['was there twice', [passed, passed], 'fails: it has not one test'],
  ['was left out', [{ name }], 'fails: it did not run'],
  ['was skipped', [{ name, result: { state: 'skip' } }], 'fails: it did not run'],
  ['still runs', [{ name, result: { state: 'run', startTime: 0 } }], 'fails: it did not run'],
  [
    'failed',
    [{ name, result: { state: 'fail', errors: [{ message: '\u001b[31mno\nmore' }] } }],
    'fails: no',
  ],
])('a row whose test %s', ([, tests, outcome]) => {
  expect(outcomesOf([row], tests)).toEqual(new Map([['T01', outcome]]))
})

test('a reason, a failure and another server are told', () => {
  const reasoned: Row = { id: 'T02', level: 'MAY', statement: 'c', reason: 'nothing shows' }
  const outcomes = outcomesOf([row, reasoned], [passed])
  const text = render('tus', [row, reasoned], outcomes, {
    server: 'another',
    outcomes: { T01: 'fails: expected `1` to be 2', T02: 'not checked: nothing shows' },
  })
  expect(text).toContain('1 of 2 pass; with another, 0.')
  expect(text).toContain('| T01 | MUST | a \\| b | Upload-Offset | pass | fails |')
  expect(text).toContain('| T02 | MAY | c | Upload-Length | not checked | not checked |')
  expect(text).toContain("with another:\n\n- T01 `fails: expected '1' to be 2`")
  expect(text).toContain('with Longhaul:\n\n- T02 not checked: nothing shows')
})
