// Kill -9 in the middle of concatenations and of checked PATCHes: a few rounds here, as many as you like with
// `npx tsx test/server/kill-rounds.mts 100 [SEED]`.
import { afterAll, expect, test } from 'vitest'
import { cleanUp } from '../helpers/server.ts'
import { killRounds } from './killing/rounds.ts'

afterAll(cleanUp)

const rounds = 6
/** A slow machine may be killed before anything was under way: then it takes more of them. */
const most = 5

test('kill -9 never makes a wrong byte count, nor a final with a hole', {
  timeout: 120_000,
}, async () => {
  let [flying, finals] = [0, 0]
  for (let turn = 0; turn < most && (turn === 0 || flying === 0 || finals === 0); turn++) {
    const seed = Math.floor(Math.random() * 1e9)
    const tally = await killRounds(rounds, seed)
    expect(tally.wrong, `npx tsx test/server/kill-rounds.mts ${rounds} ${seed}`).toEqual([])
    expect(tally.kills).toBe(rounds)
    flying += tally.flying.whole + tally.flying.never
    finals += tally.finals
  }
  // Else nothing was under way, and nothing is shown.
  expect(flying).toBeGreaterThan(0)
  expect(finals).toBeGreaterThan(0)
})
