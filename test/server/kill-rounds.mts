// `npx tsx test/server/kill-rounds.mts [ROUNDS] [SEED]`: kill -9 at random moments of concatenations and of checked PATCHes,
// in every mode of durability; prints the seed, and whatever is wrong. The choices are those of the seed, the moments are not.
import { cleanUp } from '../helpers/server.ts'
import { killRounds } from './killing/rounds.ts'

const rounds = Number(process.argv[2] ?? 100)
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9))
console.log(`${rounds} rounds from seed ${seed}`)
const begin = performance.now()
let told = 0
try {
  const tally = await killRounds(rounds, seed, (round, { wrong }) => {
    for (; told < wrong.length; told++) console.log(wrong[told])
    if (round % 10 === 9) console.error(`${round + 1} rounds, ${wrong.length} wrong`)
  })
  const { wrong, ...counts } = tally
  console.log(counts)
  const seconds = ((performance.now() - begin) / 1000).toFixed(0)
  console.log(`${wrong.length} wrong in ${rounds} rounds, ${seconds} s; seed ${seed}`)
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  await cleanUp()
}
