// Damaged requests: a thousand here, as many as you like with `npm run fuzz -- http 50000 [FIRST]`.
import { afterAll, expect, test } from 'vitest'
import { cleanUp } from '../helpers/server.ts'
import { storm } from './fuzz/storm.ts'

afterAll(cleanUp)

const count = 1000

test('damaged requests are answered, cost no upload a byte, and leave nothing behind', {
  timeout: 120_000,
}, async () => {
  const { wrong, statuses, controls } = await storm(count, 0)
  expect(wrong).toEqual([])
  expect(controls).toBeGreaterThanOrEqual(6)
  // Enough of both kinds, or nothing is tested.
  const times = (from: number) =>
    [...statuses].reduce((sum, [status, n]) => sum + (Math.floor(status / 100) === from ? n : 0), 0)
  expect(times(2)).toBeGreaterThan(count / 20)
  expect(times(4)).toBeGreaterThan(count / 5)
})
