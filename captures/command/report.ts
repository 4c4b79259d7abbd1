// `longhaul report`: the recordings into docs/results, one document and its pictures.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Recording, RecordingFacts } from '../report/document/recording.ts'
import { reportOf } from '../report/document/report.ts'
import { analyseFile } from './analyse-file.ts'
import { createFlightWatch } from './flight-watch.ts'
import { print } from './output.ts'
import { whyNotWritable } from './writable.ts'

export interface ReportOptions {
  readonly from: string
  readonly out: string
}

/** Wrong usage: exit status 2. */
class ReportUsageError extends Error {
  override readonly name = 'ReportUsageError'
  readonly exitStatus = 2
}

export async function runReport({ from, out }: ReportOptions): Promise<void> {
  const recordings = await readRecordings(from)
  if (recordings.length === 0)
    throw new ReportUsageError(`no recording is in ${from}: make one with longhaul record`)
  const { files } = reportOf(recordings)
  await makeFolder(out)
  for (const { name, text } of files) await writeFile(path.join(out, name), text)
  const stale = staleIn(await readdir(out), files)
  for (const name of stale)
    process.stderr.write(`longhaul: ${path.join(out, name)} is no part of the report any more\n`)
  await print(
    `${path.join(out, 'report.md')}: ${recordings.length} recordings, ${files.length - 2} pictures`,
  )
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new ReportUsageError(`the folder ${folder} can not be made; give another --out`, {
      cause: error,
    })
  }
  const reason = whyNotWritable(path.join(folder, 'report.md'))
  if (reason !== null)
    throw new ReportUsageError(`no report can be written to ${folder}: ${reason}`)
}

/** All of a folder, in the order of their names. */
export async function readRecordings(folder: string): Promise<Recording[]> {
  if (!existsSync(folder))
    throw new ReportUsageError(
      `there is no folder ${folder}: run this in a checkout, or give --from`,
    )
  const names = (await readdir(folder))
    .filter((file) => file.endsWith('.pcapng'))
    .map((file) => path.basename(file, '.pcapng'))
    .sort()
  const recordings: Recording[] = []
  for (const name of names) {
    const watch = createFlightWatch()
    const file = path.join(folder, `${name}.pcapng`)
    const analysis = await analyseFile(file, { onSegment: watch.add })
    const facts = await readFacts(path.join(folder, `${name}.json`))
    recordings.push({ name, analysis, flights: watch.flights(), facts })
  }
  return recordings
}

async function readFacts(file: string): Promise<RecordingFacts | null> {
  if (!existsSync(file)) return null
  const facts: RecordingFacts = JSON.parse(await readFile(file, 'utf8'))
  return facts
}

/** Pictures that an earlier report has left. */
const staleIn = (present: readonly string[], files: readonly { readonly name: string }[]) =>
  present.filter((name) => /\.(svg|txt)$/.test(name) && !files.some((file) => file.name === name))
