// `npm run fuzz -- http [COUNT] [FIRST]`: damaged requests without end against the real service, from the seed FIRST on.
// What goes wrong is printed with its seed and its bytes; `… 1 SEED` sends that request alone.
import { cleanUp } from '../helpers/server.ts'
import { storm } from './fuzz/storm.ts'

const [count = 50_000, first = 0] = process.argv.slice(2).map(Number)
const begin = performance.now()
let told = 0
console.log(`${count} requests from seed ${first}`)
try {
  const result = await storm(count, first, (sent, rest, wrong) => {
    for (; told < wrong.length; told++) console.log(wrong[told])
    console.error(
      `${sent} requests, ${wrong.length} wrong; at rest ${rest.descriptors} descriptors, ` +
        `${Math.round(rest.memory / 1e6)} MB, ${rest.uploads} uploads removed`,
    )
  })
  for (; told < result.wrong.length; told++) console.log(result.wrong[told])
  const statuses = [...result.statuses].toSorted(([a], [b]) => a - b)
  console.log(`answers: ${statuses.map(([status, times]) => `${status} × ${times}`).join(', ')}`)
  console.log(
    `${result.requests} requests: ${result.wrong.length} wrong; ${result.controls} control uploads; ` +
      `slowest ${result.slowest.ms.toFixed(0)} ms (seed ${result.slowest.seed}); ` +
      `${((performance.now() - begin) / 1000).toFixed(0)} s, seed ${first}`,
  )
  process.exitCode = result.wrong.length === 0 ? 0 : 1
} finally {
  await cleanUp()
}
