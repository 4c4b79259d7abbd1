// `npm run bench -- NAME [options]`: one table of the benchmarks; each measures, prints Markdown, and may keep it.
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { captureBenchmark } from './captures/benchmark.ts'
import { uploadBenchmark } from './upload/benchmark.ts'
import { pageBenchmark } from './upload/page.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = {
  captures: captureBenchmark,
  upload: uploadBenchmark,
  page: pageBenchmark,
}

const usage = `npm run bench -- NAME [options]; NAME --help shows the options.

${Object.entries(benchmarks)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}`

// An orderly end, so that nothing started or written here is left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const [name = '', ...args] = process.argv.slice(2)
const benchmark = benchmarks[name]
const { values } = parseArgs({ args, options: { help: { type: 'boolean' } }, strict: false })

if (benchmark === undefined) {
  console.error(usage)
  process.exitCode = name === '--help' ? 0 : 2
} else if (values.help) {
  console.log(`${benchmark.summary}\n\n${benchmark.help}`)
} else {
  await benchmark.run(args).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
