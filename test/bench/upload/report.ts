// The benchmark's figures as Markdown; MB and GB are 10⁶ and 10⁹ bytes.
import { formatBytes } from '../../../client/terminal/format.ts'
import { describeMachine, megabytes, range, table, verdict } from '../markdown.ts'
import { sum, summarise } from '../statistics.ts'
import { barFor, maxCrowdBytes } from './bars.ts'
import type { ChecksumRounds } from './checksum-rounds.ts'
import { type CrowdResult, phaseNames } from './crowd.ts'
import type { JoinRounds } from './join-rounds.ts'
import type { Cell, Measurement, Workload } from './measure.ts'
import type { UploadOptions } from './options.ts'
import { type ServerName, serverKinds } from './servers.ts'

/** When, where and how it was measured. */
export function describeRun({ servers, rounds, dir }: UploadOptions): string {
  return [
    `${describeMachine()}, data in ${dir}; median of ${rounds} rounds, least and most in brackets.`,
    ...servers.map((name) => `- **${name}**: ${serverKinds[name].title}`),
  ]
    .join('\n')
    .replace('\n', '\n\n')
}

/** MB/s of each server, and how ours compares, with its bars. */
export function speedTable(cells: readonly Cell[], servers: readonly ServerName[]): string {
  const rivals = servers.includes('ours') ? servers.filter((name) => name !== 'ours') : []
  return table(
    ['MB/s', ...servers, ...rivals.map((name) => `ours ÷ ${name}`)],
    cells.map((cell) => [
      workloadName(cell.workload),
      ...servers.map((name) => range(summarise(of(cell, name).map(speed)), 0)),
      ...rivals.map((name) => ratio(cell, name)),
    ]),
  )
}

/** What the work cost: processor time, memory, and whether the client could have sent more. */
export function workTable(cells: readonly Cell[], servers: readonly ServerName[]): string {
  return table(
    [
      'work',
      ...servers.map((name) => `${name}: CPU s/GB`),
      ...servers.map((name) => `${name}: peak MB`),
      'client busy',
      'others busy',
    ],
    cells.map((cell) => {
      const all = servers.flatMap((name) => of(cell, name))
      return [
        workloadName(cell.workload),
        ...servers.map((name) => cpuPerGigabyte(of(cell, name)).toFixed(2)),
        ...servers.map((name) => megabytes(Math.max(...of(cell, name).map(({ peak }) => peak)))),
        `≤ ${percent(Math.max(...all.map((one) => one.clientCpu / one.seconds)))}`,
        `≤ ${percent(Math.max(...all.map((one) => one.othersCpu / one.seconds)))}`,
      ]
    }),
  )
}

/** Memory with many uploads open. */
export function crowdTable(results: ReadonlyMap<ServerName, CrowdResult>, count: number): string {
  const judge = (name: ServerName, peak: number) =>
    name === 'ours' ? ` ${verdict(peak <= maxCrowdBytes)} ≤ ${megabytes(maxCrowdBytes)}` : ''
  return table(
    [`peak MB, ${count} uploads open at once`, ...phaseNames],
    [...results].map(([name, peaks]) => [
      name,
      ...phaseNames.map((phase) => megabytes(peaks[phase]) + judge(name, peaks[phase])),
    ]),
  )
}

/** What it costs the server to check PATCHes before their bytes count. */
export function checksumTable(all: readonly ChecksumRounds[]): string {
  return table(
    ['PATCHes with Upload-Checksum', 'MB/s', '÷ without', 'server CPU s/GB'],
    all.flatMap(({ chunk, bytes, rounds }) =>
      [...(rounds[0]?.keys() ?? [])].map((name) => {
        const of = rounds.flatMap((round) => round.get(name) ?? [])
        const ratios = rounds.flatMap((round) => {
          const [one, without] = [round.get(name), round.get('none')]
          return one && without ? [without.seconds / one.seconds] : []
        })
        return [
          `${chunkName(chunk)}, ${name}`,
          range(summarise(of.map(({ seconds }) => bytes / 1e6 / seconds)), 0),
          name === 'none' ? '1' : range(summarise(ratios), 2),
          (sum(of.map(({ serverCpu }) => serverCpu)) / ((bytes * of.length) / 1e9)).toFixed(2),
        ]
      }),
    ),
  )
}

/** How long it takes to make one upload of parts that are whole. */
export function joinTable(all: readonly JoinRounds[]): string {
  return table(
    ['put together', 'ms', 'bytes written meanwhile'],
    all.map(({ parts, size, rounds }) => [
      `${formatBytes(size).replace('.0', '')} from ${parts} parts`,
      range(summarise(rounds.map(({ seconds }) => 1000 * seconds)), 1),
      String(Math.max(...rounds.map(({ written }) => written))),
    ]),
  )
}

export const chunkName = (chunk: number): string =>
  chunk === Infinity ? 'whole' : formatBytes(chunk).replace('.0', '')

function workloadName({ chunk, connections, size }: Workload): string {
  const each = chunk === Infinity ? ` ${formatBytes(size / connections).replace('.0', '')}` : ''
  return `${chunkName(chunk)}${each} × ${connections}`
}

/** Server against server within a round, so that slow minutes hit both; then the median of the rounds. */
function ratio({ workload, rounds }: Cell, rival: ServerName): string {
  const ratios = rounds.flatMap((round) => {
    const [ours, theirs] = [round.get('ours'), round.get(rival)]
    return ours && theirs ? [speed(ours) / speed(theirs)] : []
  })
  const summary = summarise(ratios)
  const bar = barFor(rival, workload.chunk)
  const judged = bar === null ? '' : ` ${verdict(summary.median >= bar)} ≥ ${bar}`
  return `${range(summary, 2)}${judged}`
}

const of = ({ rounds }: Cell, name: ServerName): Measurement[] =>
  rounds.flatMap((round) => round.get(name) ?? [])

const speed = ({ bytes, seconds }: Measurement) => bytes / 1e6 / seconds

const cpuPerGigabyte = (all: readonly Measurement[]) =>
  sum(all.map((one) => one.serverCpu)) / (sum(all.map((one) => one.bytes)) / 1e9)

const percent = (share: number) => `${Math.round(100 * share)} %`
