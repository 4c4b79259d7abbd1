// `bench -- page`: what the page's switch "Verify" costs in Chromium: the same file with it on and off, in turn.
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { formatBytes } from '../../../client/terminal/format.ts'
import { waitMeasure } from '../../../client/upload/checksum/proof.ts'
import { parseSize } from '../../../server/units.ts'
import { chooseFiles, launchBrowser, makeFile, type TestFile } from '../../e2e/browser.ts'
import type { Benchmark } from '../benchmark.ts'
import { describeMachine, range, table } from '../markdown.ts'
import { writeSection } from '../section.ts'
import { sum, summarise } from '../statistics.ts'
import { quiet } from './quiet.ts'
import { type RunningServer, startServer } from './servers.ts'

const help = `  --size SIZE    bytes of the file (1GiB)
  --rounds N     each round uploads it with the switch on and off (5)
  --chunks LIST  sizes of a PATCH: 64KiB, 1MiB, 8MiB or whole (1MiB,8MiB)
  --dir FOLDER   where file and data go (${tmpdir()}); /dev/shm takes the disk out of it
  --write FILE   also replace the generated part of FILE, e.g. docs/benchmarks.md`

export const pageBenchmark: Benchmark = {
  summary: 'the upload page in Chromium: what checksums and the comparison of the whole cost',
  help,
  async run(args) {
    const options = readOptions(args)
    const home = await mkdtemp(path.join(options.dir, 'bench-page-'))
    const browser = await launchBrowser()
    try {
      await mkdir(path.join(home, 'source'))
      const file = await makeFile(path.join(home, 'source'), 'film.mp4', options.size)
      const rows: string[][] = []
      for (const chunk of options.chunks) {
        const rounds: Round[] = []
        for (let n = 0; n < options.rounds; n++) {
          // Which goes first changes, so that neither has the warmer caches.
          const order = n % 2 === 0 ? ([true, false] as const) : ([false, true] as const)
          const round = new Map<boolean, Run>()
          for (const isOn of order) round.set(isOn, await runOnce(browser, file, chunk, isOn, home))
          rounds.push(round)
          console.error(
            `${chunk}: ${[...round].map(([on, { seconds }]) => `${on ? 'on' : 'off'} ${seconds.toFixed(2)} s`).join(', ')}`,
          )
        }
        rows.push(rowOf(chunk, options.size, rounds))
      }
      const markdown = [
        `${describeMachine()}, Chromium ${browser.version()}, a file of ${formatBytes(options.size)}, data in ${options.dir}; median of ${options.rounds} rounds, least and most in brackets.`,
        table(head, rows),
      ].join('\n\n')
      console.log(markdown)
      if (options.write !== null) await writeSection(options.write, 'page', markdown)
    } finally {
      await browser.close()
      await rm(home, { recursive: true, force: true })
    }
  },
}

interface Run {
  /** From the choice of the file to its row among the finished. */
  readonly seconds: number
  /** From there to the word "equal"; 0 with the switch off. */
  readonly comparison: number
  /** For so long chunks that could have left waited for their checksums, in ms. */
  readonly waited: number
  /** Tasks of the main thread above 50 ms (Long Tasks API): all together and the longest, in ms. */
  readonly blocked: number
  readonly longest: number
}

type Round = ReadonlyMap<boolean, Run>

const head = [
  'the page',
  'MB/s, Verify off',
  'MB/s, Verify on',
  'on ÷ off',
  'waited for hashing, ms',
  '“equal” after, s',
  'main thread blocked, off: ms (longest)',
  'on: ms (longest)',
]

function rowOf(chunk: string, size: number, rounds: readonly Round[]): string[] {
  const of = (isOn: boolean) => rounds.flatMap((round) => round.get(isOn) ?? [])
  const speed = (isOn: boolean) =>
    range(summarise(of(isOn).map(({ seconds }) => size / 1e6 / seconds)), 0)
  const ratios = rounds.flatMap((round) => {
    const [on, off] = [round.get(true), round.get(false)]
    return on && off ? [off.seconds / on.seconds] : []
  })
  const blocked = (isOn: boolean) => {
    const { median } = summarise(of(isOn).map((run) => run.blocked))
    const longest = Math.max(...of(isOn).map((run) => run.longest))
    return `${median.toFixed(0)} (${longest.toFixed(0)})`
  }
  return [
    `chunks of ${chunk}`,
    speed(false),
    speed(true),
    range(summarise(ratios), 2),
    range(summarise(of(true).map(({ waited }) => waited)), 0),
    range(summarise(of(true).map(({ comparison }) => comparison)), 1),
    blocked(false),
    blocked(true),
  ]
}

async function runOnce(
  browser: Browser,
  file: TestFile,
  chunk: string,
  isOn: boolean,
  home: string,
): Promise<Run> {
  const server = await startServer('ours', { base: home, flags: [], profile: null })
  const profile = await browser.newContext()
  try {
    const page = await profile.newPage()
    await page.goto(server.url)
    await page.locator('#chunk-size').selectOption({ label: chunkLabel(chunk) })
    await page.getByLabel('Verify').setChecked(isOn)
    await watchLongTasks(page)
    await quiet()
    return await measure(page, file, isOn, server)
  } finally {
    await profile.close()
    await server.stop()
    // What is still on its way to the disk would slow the next one down.
    execFileSync('sync', ['-f', home])
  }
}

async function measure(
  page: Page,
  file: TestFile,
  isOn: boolean,
  server: RunningServer,
): Promise<Run> {
  const begin = performance.now()
  await chooseFiles(page, [file])
  await page.waitForSelector('.finished', { timeout: 600_000, state: 'attached' })
  const finished = performance.now()
  if (isOn) {
    await page.waitForSelector('.digest-word[data-kind=equal]', { timeout: 600_000 })
  }
  const equal = performance.now()
  const waits = await page.evaluate(
    (name) => performance.getEntriesByName(name).map(({ duration }) => duration),
    waitMeasure,
  )
  const tasks = await page.evaluate(
    () => (globalThis as unknown as { longTasks: number[] }).longTasks,
  )
  if (isOn && server.log().includes('"status":460')) throw new Error('a chunk arrived damaged')
  return {
    seconds: (finished - begin) / 1000,
    comparison: isOn ? (equal - finished) / 1000 : 0,
    waited: sum(waits),
    blocked: sum(tasks),
    longest: Math.max(0, ...tasks),
  }
}

const watchLongTasks = (page: Page) =>
  page.evaluate(() => {
    const tasks: number[] = []
    Object.assign(globalThis, { longTasks: tasks })
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map(({ duration }) => duration))
    }).observe({ entryTypes: ['longtask'] })
  })

const chunkLabel = (chunk: string) =>
  chunk === 'whole' ? 'whole file' : formatBytes(parseSize(chunk)).replace('.0', '')

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '1GiB' },
      rounds: { type: 'string', default: '5' },
      chunks: { type: 'string', default: '1MiB,8MiB' },
      dir: { type: 'string', default: tmpdir() },
      write: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`"${values.rounds}" is no count`)
  return {
    size: parseSize(values.size),
    rounds,
    chunks: values.chunks.split(',').map((chunk) => chunk.trim()),
    dir: values.dir,
    write: values.write ?? null,
  }
}
