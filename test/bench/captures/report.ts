// The benchmark's figures as Markdown; MB and GB are 10⁶ and 10⁹ bytes.
import { describeMachine, megabytes, range, table, verdict } from '../markdown.ts'
import { type Summary, summarise } from '../statistics.ts'
import { growthBar, peakBar, tcptraceBar, tsharkBar } from './bars.ts'
import type { FilePlan } from './files.ts'
import type { Measurement } from './measure.ts'
import { type ProgramName, programs } from './programs.ts'

/** All runs on one file: of each round, what was measured in it. */
export interface FileResult {
  readonly name: string
  readonly plan: FilePlan
  readonly bytes: number
  readonly rounds: readonly ReadonlyMap<ProgramName, Measurement>[]
  /** Of ours, told by itself; `null`: ours was left out. */
  readonly peak: number | null
}

export function describeRun(
  names: readonly ProgramName[],
  files: readonly FileResult[],
  rounds: number,
): string {
  return [
    `${describeMachine()}; median of ${rounds} rounds, least and most in brackets; the slow ones once.`,
    names.map((name) => `- **${name}**: ${programs[name].title}`).join('\n'),
    files.map(({ name, plan }) => `- **${name}**: ${plan.title}`).join('\n'),
  ].join('\n\n')
}

export function speedTable(names: readonly ProgramName[], files: readonly FileResult[]): string {
  const rivals = names.filter((name) => name !== 'ours')
  return table(
    ['seconds', ...names, ...rivals.map((name) => `${name} ÷ ours`)],
    files.map((file) => [
      `${file.name}, ${(file.bytes / 1e9).toFixed(2)} GB`,
      ...names.map((name) => range(seconds(file, name), 2)),
      ...rivals.map((name) => ratio(file, name)),
    ]),
  )
}

export function memoryTable(names: readonly ProgramName[], files: readonly FileResult[]): string {
  return table(
    ['peak MB', ...names],
    files.map((file) => [
      file.name,
      ...names.map((name) =>
        name === 'ours' && file.peak !== null
          ? `${megabytes(file.peak)} ${verdict(file.peak <= peakBar)} ≤ ${megabytes(peakBar)}`
          : megabytes(Math.max(...of(file, name).map(({ peak }) => peak ?? 0))),
      ),
    ]),
  )
}

/** Memory on a file, and on one ten times as large. */
export function growthLine(
  small: { readonly bytes: number; readonly peak: number },
  large: { readonly bytes: number; readonly peak: number; readonly seconds: number },
): string {
  const growth = large.peak / small.peak
  return (
    `On a file of ${(large.bytes / 1e9).toFixed(1)} GB, ours takes ${large.seconds.toFixed(1)} s and ` +
    `${megabytes(large.peak)} MB at most: ${growth.toFixed(2)} times what it takes on A ` +
    `(${megabytes(small.peak)} MB) ${verdict(growth <= growthBar && large.peak <= peakBar)}`
  )
}

/** Program against program within a round, so that a slow minute hits both; then the median of the rounds. */
function ratio({ rounds }: FileResult, rival: ProgramName): string {
  const ratios = rounds.flatMap((round) => {
    const [ours, theirs] = [round.get('ours'), round.get(rival)]
    return ours && theirs ? [theirs.seconds / ours.seconds] : []
  })
  if (ratios.length === 0) return '–'
  const bar = rival === 'tcptrace' ? tcptraceBar : tsharkBar
  const summary = summarise(ratios)
  return `${range(summary, rival === 'tcptrace' ? 2 : 1)} ${verdict(summary.median >= bar)} ≥ ${bar}`
}

const seconds = (file: FileResult, name: ProgramName): Summary =>
  summarise(of(file, name).map((one) => one.seconds))

const of = ({ rounds }: FileResult, name: ProgramName): Measurement[] =>
  rounds.flatMap((round) => round.get(name) ?? [])
