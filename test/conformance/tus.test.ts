// tus 1.0.0 over real HTTP: the one list, run on each store that the service offers.
import { expect, test } from 'vitest'
import { startSubject } from '../helpers/subject.ts'
import { runRows } from './run.ts'
import { tusRows } from './tus/rows.ts'

const stores = { disk: [] } as const satisfies Record<string, readonly string[]>

test('the list names every row of the checklist once, in order', () => {
  const numbers = [...Array.from({ length: 42 }, (_, index) => index + 1), 49, 57, 58]
  expect(tusRows.map((row) => row.id)).toEqual(
    numbers.map((number) => `T${String(number).padStart(2, '0')}`),
  )
})

for (const [store, storeFlags] of Object.entries(stores)) {
  runRows(`tus 1.0.0, ${store} store`, tusRows, (flags) =>
    startSubject({ flags: ['--log-level', 'warn', ...storeFlags, ...flags] }),
  )
}
