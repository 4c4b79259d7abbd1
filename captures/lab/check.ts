// Whether a recording shows what it should: its analysis and the expectation in, complaints out (none: it does). Pure.
import type { Analysis } from '../analysis.ts'
import type { Count, Expectation } from './scenario.ts'

/** The figures of a recording that make its story. */
export interface Counted {
  readonly packets: number
  /** Seconds. */
  readonly duration: number
  readonly connections: number
  readonly patches: number
  readonly complete: number
  readonly resumptions: number
  readonly initiations: Readonly<Record<string, number>>
  readonly terminations: Readonly<Record<string, number>>
  readonly retransmissions: number
}

export function countOf({ file, connections, uploads }: Analysis): Counted {
  const sum = (of: (connection: (typeof connections)[number]) => number) =>
    connections.reduce((total, connection) => total + of(connection), 0)
  return {
    packets: file.packets,
    duration: file.duration,
    connections: connections.length,
    patches: sum(({ maintenance }) => maintenance.patches),
    complete: uploads.filter(({ complete }) => complete).length,
    resumptions: uploads.reduce((total, { resumptions }) => total + resumptions, 0),
    initiations: tally(connections.map(({ initiation }) => initiation.kind)),
    terminations: tally(connections.map(({ termination }) => termination.kind)),
    retransmissions: sum(({ maintenance }) => maintenance.retransmissions),
  }
}

/** Sentences; the first one is what to tell. */
export function complaintsAbout(analysis: Analysis, expected: Expectation): string[] {
  const counted = countOf(analysis)
  const complaints = analysis.quality
    .filter(({ weight }) => weight === 'limits')
    .map(({ text }) => `the capture is not whole: ${text}`)
  const dropped = analysis.file.dropped ?? 0
  if (dropped > 0) complaints.push(`dumpcap dropped ${dropped} packets`)
  const hold = (name: string, found: number, count: Count | undefined) => {
    const [least, most] = range(count ?? 0)
    if (found >= least && found <= most) return
    const wanted = least === most ? `${least}` : `${least} to ${most}`
    complaints.push(`${name}: ${found} in the capture, ${wanted} expected`)
  }
  hold('connections', counted.connections, expected.connections)
  hold('PATCHes', counted.patches, expected.patches)
  hold('complete uploads', counted.complete, expected.complete)
  hold('resumptions', counted.resumptions, expected.resumptions)
  hold('retransmissions', counted.retransmissions, expected.retransmissions)
  const holdKinds = (
    what: string,
    found: Readonly<Record<string, number>>,
    wanted: Readonly<Record<string, Count>>,
  ) => {
    for (const kind of new Set([...Object.keys(found), ...Object.keys(wanted)]))
      hold(`${what} "${kind}"`, found[kind] ?? 0, wanted[kind])
  }
  holdKinds('initiations', counted.initiations, expected.initiations)
  holdKinds('terminations', counted.terminations, expected.terminations)
  return complaints
}

const range = (count: Count): readonly [number, number] =>
  typeof count === 'number' ? [count, count] : count

function tally(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
