// `longhaul record`: a scenario of the lab, or what passes a port of this machine now.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LabError } from '../lab/needs.ts'
import { recordScenario } from '../lab/record.ts'
import { scenarios } from '../lab/scenarios.ts'
import { print } from './output.ts'

export interface RecordCommandOptions {
  readonly list?: boolean
  readonly port?: number
  readonly out?: string
  readonly force?: boolean
}

/** Wrong usage: exit status 2. */
class RecordUsageError extends Error {
  override readonly name = 'RecordUsageError'
  readonly exitStatus = 2
}

export async function runRecord(
  scenario: string | undefined,
  options: RecordCommandOptions,
): Promise<void> {
  if (options.list === true) return print(listText())
  if ((scenario === undefined) === (options.port === undefined)) {
    throw new RecordUsageError(
      'name a scenario (--list tells which there are), or a port with --port',
    )
  }
  if (scenario !== undefined) return runScenario(scenario, options)
}

function listText(): string {
  const width = Math.max(...Object.keys(scenarios).map((name) => name.length))
  return Object.entries(scenarios)
    .map(([name, { shows }]) => `${name.padEnd(width)}  ${shows}`)
    .join('\n')
}

async function runScenario(name: string, options: RecordCommandOptions): Promise<void> {
  const file = placeFor(name, options)
  const interruption = new AbortController()
  const stop = () => interruption.abort(new LabError('interrupted: nothing was written'))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  try {
    const { capture, facts } = await recordScenario(name, {
      signal: interruption.signal,
      say: (text) => process.stderr.write(`longhaul: ${text}\n`),
    })
    await writeFile(file, capture)
    await writeFile(factsFile(file), `${JSON.stringify(facts, null, 2)}\n`)
    const { connections, patches, packets } = facts.counted
    const carried = `${counted(connections, 'connection')}, ${counted(patches, 'PATCH', 'PATCHes')}`
    await print(`${file}: ${packets} packets, ${carried}. To read it: longhaul explain ${file}`)
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}

const recordings = path.join('captures', 'recordings')

/** In a checkout its recordings, which a new one replaces; elsewhere the folder where one is. */
function placeFor(name: string, { out, force }: RecordCommandOptions): string {
  if (out === undefined)
    return path.join(existsSync(recordings) ? recordings : '', `${name}.pcapng`)
  if (existsSync(out) && force !== true)
    throw new RecordUsageError(`${out} is there already: choose another name, or give --force`)
  if (!existsSync(path.dirname(out)))
    throw new RecordUsageError(`${out} can not be written: there is no folder ${path.dirname(out)}`)
  return out
}

const factsFile = (file: string): string =>
  path.join(path.dirname(file), `${path.basename(file, path.extname(file))}.json`)

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
