// One scenario into a recording: the capture, trimmed, and beside it how it was made. Checked, and once more if it isn't as it should be.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { complaintsAbout } from './check.ts'
import { environment } from './children.ts'
import { describeRecording, type RecordingFacts } from './facts.ts'
import type { Outcome, Task } from './inside.ts'
import { isolation, LabError, labIsMissing } from './needs.ts'
import { analyseFile } from './recorder.ts'
import { scenarios } from './scenarios.ts'
import { script } from './script.ts'
import { trimmed } from './trimmed.ts'

export interface RecordOptions {
  /** Ends everything. */
  readonly signal: AbortSignal
  /** Told what goes on. */
  say(text: string): void
}

export interface Recording {
  readonly capture: Uint8Array
  readonly facts: RecordingFacts
}

const takes = 2

/** Throws a `LabError` that says why there is none. */
export async function recordScenario(name: string, options: RecordOptions): Promise<Recording> {
  const scenario = scenarios[name]
  if (scenario === undefined) {
    throw new LabError(
      `there is no scenario "${name}": longhaul record --list tells which there are`,
    )
  }
  const missing = labIsMissing()
  if (missing !== null) throw new LabError(missing)
  let trouble = ''
  for (let take = 1; take <= takes; take++) {
    if (take > 1) options.say(`${trouble}; once more`)
    const taken = await record(name, options)
    if (typeof taken !== 'string') return taken
    trouble = taken
  }
  throw new LabError(`${name} could not be recorded: ${trouble}`)
}

/** The recording, or why it can't be used. */
async function record(name: string, options: RecordOptions): Promise<Recording | string> {
  const scenario = scenarios[name]
  if (scenario === undefined) throw new Error(`no scenario ${name}`)
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-lab-'))
  try {
    const file = path.join(folder, 'recording.pcapng')
    const longhaul = [process.execPath, ...process.execArgv, process.argv[1] ?? '']
    const outcome = await runInside({ scenario: name, folder, file, longhaul }, options)
    if (typeof outcome === 'string') return outcome
    if (outcome.trouble !== null) return outcome.trouble
    const [complaint] = complaintsAbout(await analyseFile(file), scenario.expected)
    if (complaint !== undefined) return complaint
    const capture = trimmed(await readFile(file))
    const copy = path.join(folder, 'trimmed.pcapng')
    await writeFile(copy, capture)
    const analysis = await analyseFile(copy)
    const [lost] = complaintsAbout(analysis, scenario.expected)
    if (lost !== undefined) throw new Error(`trimming has changed the story: ${lost}`)
    return { capture, facts: describeRecording(name, scenario, analysis, outcome, longhaul) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runInside(task: Task, { signal }: RecordOptions): Promise<Outcome | string> {
  const way = isolation()
  if (way === null) throw new Error('no way into namespaces')
  signal.throwIfAborted()
  // In a session of its own: Ctrl-C reaches us alone, and the others are ended in order.
  const child = spawn(
    'unshare',
    [...way, '--', process.execPath, ...script('inside'), JSON.stringify(task)],
    { env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  )
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  child.stdin.on('error', () => {})
  const letGo = () => child.stdin.destroy()
  signal.addEventListener('abort', letGo, { once: true })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      signal.removeEventListener('abort', letGo)
      if (signal.aborted) return reject(signal.reason)
      const line = said.stdout.trim().split('\n').at(-1) ?? ''
      if (line !== '') return resolve(JSON.parse(line))
      resolve(said.stderr.trim() || 'the lab ended without a word')
    })
  })
}
