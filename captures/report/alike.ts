// Connections that tell the same story, found as runs: what a text can fold without hiding anything.
import type { ConnectionAnalysis } from '../analysis.ts'

/** Neighbours that opened, worked and ended in the same way. */
export function alikeRuns(connections: readonly ConnectionAnalysis[]): ConnectionAnalysis[][] {
  const runs: ConnectionAnalysis[][] = []
  let last = ''
  for (const connection of connections) {
    const story = storyOf(connection)
    const run = runs.at(-1)
    if (run && story === last) run.push(connection)
    else runs.push([connection])
    last = story
  }
  return runs
}

/** The purpose is left out: the first of many like it was opened for another reason than the second. */
function storyOf({ initiation, maintenance, termination, protocol }: ConnectionAnalysis): string {
  const { patches, exchanges } = maintenance
  return [
    initiation.kind,
    protocol,
    patches,
    exchanges,
    maintenance.retransmissions > 0,
    termination.kind,
    termination.by,
    termination.cause,
  ].join()
}

/** All when they are few; else those that carry uploads, of runs of alike ones the first and the last. */
export function tellingConnections(
  connections: readonly ConnectionAnalysis[],
): ConnectionAnalysis[] {
  const few = 4
  const most = 4
  if (connections.length <= few) return [...connections]
  const carriers = connections.filter(({ maintenance }) => maintenance.patches > 0)
  const busy = connections.filter(({ exchanges }) => exchanges.length > 0)
  const chosen = [carriers, busy, connections].find((list) => list.length > 0) ?? []
  if (chosen.length <= few) return [...chosen]
  const runs = alikeRuns(chosen).sort((a, b) => b.length - a.length)
  const ends = runs.flatMap((run) => [...new Set([run[0], run.at(-1)])].flatMap((one) => one ?? []))
  return ends.slice(0, most).sort((a, b) => a.number - b.number)
}
