// Runs a list of rows against one kind of server: one test a row, its id in the test's name.
import { afterAll, beforeAll, describe, test } from 'vitest'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import type { Row, Subject } from './row.ts'

/** `start` gets flags of `serve`; a further store is a further call with another `start`. */
export function runRows(
  title: string,
  rows: readonly Row[],
  start: (flags: readonly string[]) => Promise<RunningServer>,
): void {
  describe(title, () => {
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
    afterAll(cleanUp)
    for (const row of rows) {
      const defects = row.defects === undefined ? '' : ` (${row.defects.join(', ')})`
      test(`${row.id} ${row.level}${defects}: ${row.statement}`, () => row.check(subject))
    }
  })
}
