// `npx tsx test/captures/fuzz-run.ts [COUNT] [FIRST]`: damaged files without end, from the seed FIRST on; the same in every run.
// A file with which something goes wrong is kept in the temporary folder, and its name printed.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { damagedFile, fuzz, wholeFiles } from './helpers/fuzz.ts'

const [count = 100_000, first = 0] = process.argv.slice(2).map(Number)
const mostMilliseconds = 2000
const files = wholeFiles(99)
const begin = performance.now()
let wrong = 0
let refused = 0
let slowest = { seed: 0, milliseconds: 0 }

for (let seed = first; seed < first + count; seed++) {
  const bytes = damagedFile(seed, files)
  try {
    const { analysis, milliseconds } = fuzz(seed, bytes, null)
    if (analysis === null) refused += 1
    if (milliseconds > slowest.milliseconds) slowest = { seed, milliseconds }
    if (milliseconds > mostMilliseconds) report(seed, bytes, `${milliseconds.toFixed(0)} ms`)
  } catch (error) {
    report(seed, bytes, error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  if ((seed - first) % 10_000 === 9999) console.error(`${seed - first + 1} files, ${wrong} wrong`)
}

const seconds = (performance.now() - begin) / 1000
const peak = process.resourceUsage().maxRSS / 1024
console.log(
  `${count} damaged files: ${wrong} wrong, ${refused} refused with a reason, the rest told; ` +
    `${seconds.toFixed(0)} s, slowest ${slowest.milliseconds.toFixed(0)} ms (seed ${slowest.seed}), at most ${peak.toFixed(0)} MiB`,
)
process.exitCode = wrong === 0 ? 0 : 1

function report(seed: number, bytes: Uint8Array, what: string): void {
  wrong += 1
  const file = path.join(tmpdir(), `longhaul-fuzz-${seed}.bin`)
  writeFileSync(file, bytes)
  console.log(`seed ${seed}: ${file}\n${what}`)
}
