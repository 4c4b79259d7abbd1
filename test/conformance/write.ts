// `npm run conformance`: runs both lists and writes docs/conformance.md; `-- --stock` measures the stock stack first.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { stock: { type: 'boolean', default: false } } })
const root = fileURLToPath(new URL('../..', import.meta.url))

function version(name: string): string {
  const file = `${root}node_modules/${name}/package.json`
  return `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}`
}

/** One file after the other: both write into one document. */
function run(lists: readonly string[], env: Readonly<Record<string, string>>): number {
  const files = lists.map((list) => `test/conformance/${list}.test.ts`)
  const { status } = spawnSync('npx', ['vitest', 'run', '--no-file-parallelism', ...files], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  return status ?? 1
}

if (values.stock) {
  console.log('The stock stack: rows will fail, and are written down.')
  // It speaks no IETF protocol at all.
  run(['tus'], {
    CONFORMANCE_SERVER: `${process.execPath} ${root}test/conformance/stock-server.mjs`,
    CONFORMANCE_RECORD: version('@tus/server'),
  })
}
process.exitCode = run(['tus', 'rufh'], { CONFORMANCE_WRITE: '1' })
