// Kill -9 in the middle of concatenations and of checked PATCHes: a few rounds here, as many as you like with
// `npx tsx test/server/kill-rounds.mts 100 [SEED]`.
import { afterAll, expect, test } from 'vitest'
import { cleanUp } from '../helpers/server.ts'
import { killRounds } from './killing/rounds.ts'

afterAll(cleanUp)

const rounds = 6

test('kill -9 never makes a wrong byte count, nor a final with a hole', {
  timeout: 60_000,
}, async () => {
  const seed = Math.floor(Math.random() * 1e9)
  const tally = await killRounds(rounds, seed)
  expect(tally.wrong, `npx tsx test/server/kill-rounds.mts ${rounds} ${seed}`).toEqual([])
  expect(tally.kills).toBe(rounds)
  // Else nothing was under way, and nothing is shown.
  expect(tally.flying.whole + tally.flying.never).toBeGreaterThan(0)
  expect(tally.finals).toBeGreaterThan(0)
})
