// Runs a list of rows against one kind of server: one test a row, its id in the test's name; the last test holds the
// document against what this run gave.
import { writeFile } from 'node:fs/promises'
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  type RunnerTestCase,
  test,
} from 'vitest'
import { until } from '../helpers/process.ts'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { type Address, connect } from '../helpers/wire.ts'
import {
  type OtherServer,
  otherFile,
  readDocumented,
  readOther,
  render,
  writeDocumented,
} from './document.ts'
import { outcomesOf, testName } from './outcomes.ts'
import type { Row, Subject } from './row.ts'
import { type ChecklistName, checklists } from './sections.ts'

/** `start` gets flags of `serve`; a further store is a further call with another `start`. */
export function runRows(
  list: ChecklistName,
  store: string,
  rows: readonly Row[],
  start: (flags: readonly string[]) => Promise<RunningServer>,
): void {
  const { title, sections } = checklists[list]
  describe(`${title}, ${store} store`, () => {
    const started = new Map<string, Promise<RunningServer>>()
    const under = (...flags: string[]) => {
      const key = flags.join(' ')
      const server = started.get(key) ?? start(flags)
      started.set(key, server)
      return server
    }
    let subject: Subject
    beforeAll(async () => {
      subject = { port: (await under()).port, under }
    })
    // One that a row has ended, and that somebody starts anew, is a finding of that row alone.
    beforeEach(() => until('the server', () => isListening(subject)))
    afterAll(cleanUp)

    test('the list has every row of the checklist once, in order', () => {
      expect(rows.map(({ id }) => id)).toEqual(Object.keys(sections))
      for (const row of rows) if ('reason' in row) expect(row.reason, row.id).toMatch(/\w+ \w+/)
    })

    for (const row of rows) {
      if ('check' in row) test(testName(row), () => row.check(subject))
    }

    test('docs/conformance.md tells what this run gave', async ({ task }) => {
      const tests = (task.suite?.tasks ?? []).filter(
        (one): one is RunnerTestCase => one.type === 'test',
      )
      const outcomes = outcomesOf(rows, tests)
      const other = process.env.CONFORMANCE_RECORD
      if (other !== undefined) {
        const record: OtherServer = { server: other, outcomes: Object.fromEntries(outcomes) }
        await writeFile(otherFile(list), `${JSON.stringify(record, null, 2)}\n`)
        return
      }
      const markdown = render(list, rows, outcomes, await readOther(list))
      if (process.env.CONFORMANCE_WRITE !== undefined) await writeDocumented(list, markdown)
      expect(await readDocumented(list), 'written by `npm run conformance`').toBe(markdown)
    })
  })
}

const isListening = (server: Address): Promise<boolean> =>
  connect(server).then(
    (wire) => {
      wire.close()
      return true
    },
    () => false,
  )
