// `longhaul record`: a scenario of the lab, or what passes a port of this machine now.
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LabError } from '../lab/needs.ts'
import { recordPort } from '../lab/port.ts'
import { recordScenario } from '../lab/record.ts'
import { recordingsFolder, updateReadme } from '../lab/recordings.ts'
import { scenarios } from '../lab/scenarios.ts'
import { analyseFile } from './analyse-file.ts'
import { print } from './output.ts'
import { runTrim } from './trim.ts'
import { whyNotWritable } from './writable.ts'

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
  return scenario === undefined ? runPort(options) : runScenario(scenario, options)
}

function listText(): string {
  const width = Math.max(...Object.keys(scenarios).map((name) => name.length))
  return Object.entries(scenarios)
    .map(([name, { shows }]) => `${name.padEnd(width)}  ${shows}`)
    .join('\n')
}

async function runScenario(name: string, options: RecordCommandOptions): Promise<void> {
  if (scenarios[name] === undefined)
    throw new RecordUsageError(`there is no scenario "${name}": --list tells which there are`)
  const file = placeFor(name, options)
  for (const written of [file, factsFile(file)]) refuseUnwritable(written)
  const { capture, facts } = await interruptible((signal) =>
    recordScenario(name, { signal, say: (text) => process.stderr.write(`longhaul: ${text}\n`) }),
  )
  await writeFile(file, capture)
  await writeFile(factsFile(file), `${JSON.stringify(facts, null, 2)}\n`)
  if (path.dirname(file) === recordingsFolder) await updateReadme('.')
  const { connections, patches, packets } = facts.counted
  const carried = `${counted(connections, 'connection')}, ${counted(patches, 'PATCH', 'PATCHes')}`
  await print(`${file}: ${packets} packets, ${carried}. To read it: longhaul explain ${file}`)
}

async function runPort({ port = 0, out, force }: RecordCommandOptions): Promise<void> {
  if (port < 1 || port > 65_535)
    throw new RecordUsageError(`--port ${port}: ports are numbers from 1 to 65535`)
  if (out === undefined) throw new RecordUsageError('--port needs --out FILE')
  refuseToOverwrite(out, force)
  refuseUnwritable(out)
  // Beside it, since there is room for it; not of its name, which may be as long as a name can be.
  const whole = path.join(path.dirname(out), `.longhaul-record-${process.pid}.pcapng`)
  try {
    await interruptible((signal) =>
      recordPort({
        port,
        file: whole,
        signal,
        onStart: () =>
          process.stderr.write(
            `longhaul: recording TCP port ${port} on every interface; Ctrl-C ends it\n`,
          ),
      }),
    )
    const { file } = await analyseFile(whole)
    if (file.packets === 0) throw new LabError(`no packet passed port ${port}: nothing was written`)
    if (file.dropped !== null && file.dropped > 0)
      process.stderr.write(`longhaul: ${file.dropped} packets came too fast and are missing\n`)
    await runTrim(whole, out, { force: true })
  } finally {
    await rm(whole, { force: true })
  }
}

/** Ctrl-C ends the work, and not the process: there is something to tidy up, or to write. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController()
  const stop = () => interruption.abort(new LabError('interrupted: nothing was written'))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  try {
    return await work(interruption.signal)
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}

/** In a checkout its recordings, which a new one replaces; elsewhere the folder where one is. */
function placeFor(name: string, { out, force }: RecordCommandOptions): string {
  if (out === undefined)
    return path.join(existsSync(recordingsFolder) ? recordingsFolder : '', `${name}.pcapng`)
  refuseToOverwrite(out, force)
  return out
}

function refuseToOverwrite(out: string, force: boolean | undefined): void {
  if (existsSync(out) && force !== true)
    throw new RecordUsageError(`${out} is there already: choose another name, or give --force`)
}

/** What was recorded has no other place to go. */
function refuseUnwritable(file: string): void {
  const reason = whyNotWritable(file)
  if (reason !== null) throw new RecordUsageError(`${file} can not be written: ${reason}`)
}

const factsFile = (file: string): string =>
  path.join(path.dirname(file), `${path.basename(file, path.extname(file))}.json`)

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
