// How a recording was made, for the JSON file beside it.
import { spawnSync } from 'node:child_process'
import { release } from 'node:os'
import type { Analysis } from '../analysis.ts'
import { type Counted, countOf } from './check.ts'
import { environment } from './children.ts'
import type { Outcome } from './inside.ts'
import type { Link } from './link.ts'
import { clientAddress, port, serverAddress, sysctls } from './network.ts'
import type { Expectation, Scenario } from './scenario.ts'

export interface RecordingFacts {
  readonly scenario: string
  readonly shows: string
  /** ISO 8601, a day. */
  readonly recorded: string
  readonly command: string
  readonly client: string
  readonly server: string
  /** Where dumpcap listened. */
  readonly tap: 'client'
  /** Delay one way in ms, rate in bits a second; the segments that were lost. */
  readonly link: Link & { readonly emulatedBy: string; readonly lost: number }
  /** Flags of `longhaul serve`; `null`: nobody listened. */
  readonly serve: readonly string[] | null
  /** `net.ipv4`. */
  readonly sysctls: Readonly<Record<'client' | 'server', Readonly<Record<string, string | number>>>>
  readonly versions: Readonly<Record<'longhaul' | 'node' | 'dumpcap' | 'kernel', string>>
  readonly expected: Expectation
  readonly counted: Counted
}

export function describeRecording(
  name: string,
  scenario: Scenario,
  analysis: Analysis,
  { emulatedBy, lost }: Outcome,
  longhaul: readonly string[],
): RecordingFacts {
  return {
    scenario: name,
    shows: scenario.shows,
    recorded: (analysis.file.start ?? '').slice(0, 10),
    command: `longhaul record ${name}`,
    client: clientAddress,
    server: `${serverAddress}:${port}`,
    tap: 'client',
    link: { ...scenario.link, emulatedBy, lost },
    serve: scenario.serve,
    sysctls: {
      client: { ...sysctls, ...scenario.sysctls?.client },
      server: { ...sysctls, ...scenario.sysctls?.server },
    },
    versions: {
      longhaul: said(longhaul[0] ?? '', [...longhaul.slice(1), '--version']).trim(),
      node: process.versions.node,
      dumpcap: /\d+\.\d+\.\d+/.exec(said('dumpcap', ['--version']))?.[0] ?? 'unknown',
      kernel: release(),
    },
    expected: scenario.expected,
    counted: countOf(analysis),
  }
}

const said = (command: string, args: readonly string[]): string =>
  spawnSync(command, args, { encoding: 'utf8', env: environment }).stdout ?? ''
