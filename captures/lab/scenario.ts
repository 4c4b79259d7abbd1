// What a scenario is: a link, a server, what happens, and what the recording must show of it.
import type { ConnectionAnalysis } from '../analysis.ts'
import type { Link } from './link.ts'
import type { Stage } from './stage.ts'

export interface Scenario {
  /** One sentence: what its recording is there to show. */
  readonly shows: string
  readonly link: Link
  /** Flags of `longhaul serve`; `null`: nobody listens. */
  readonly serve: readonly string[] | null
  /** Beyond those of every host (`net.ipv4`). */
  readonly sysctls?: {
    readonly client?: Readonly<Record<string, string | number>>
    readonly server?: Readonly<Record<string, string | number>>
  }
  /** What is done, once both hosts are there, the server listens and dumpcap records. */
  play(stage: Stage): Promise<void>
  readonly expected: Expectation
  /** Seconds in which all connections must have ended, once the play is over. */
  readonly patience?: number
}

/** A number, or from the first to the second. */
export type Count = number | readonly [number, number]

type InitiationKind = ConnectionAnalysis['initiation']['kind']
type TerminationKind = ConnectionAnalysis['termination']['kind']

/** What is counted in a recording, and must be the same in each of a scenario. */
export interface Expectation {
  readonly connections: Count
  /** Of all connections together, also those that were cut off. */
  readonly patches: Count
  /** Uploads that are complete in the end, and times that one was taken up again. */
  readonly complete: number
  readonly resumptions: Count
  /** Of connections; what is not named must not be. */
  readonly initiations: Readonly<Partial<Record<InitiationKind, Count>>>
  readonly terminations: Readonly<Partial<Record<TerminationKind, Count>>>
  readonly retransmissions: Count
}
