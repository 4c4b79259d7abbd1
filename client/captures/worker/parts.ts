// An analysis on its way from the worker to the page: in parts, each small enough to be taken over between two frames of the
// screen. A message is cloned where it arrives, in one go: 200,000 connections in one held the page for eight seconds.
import type {
  Analysis,
  ConnectionAnalysis,
  ExchangeAnalysis,
  UploadAnalysis,
} from '../../../captures/analysis.ts'

export interface AnalysisPart {
  /** Each perhaps without all of its exchanges. */
  readonly connections: readonly ConnectionAnalysis[]
  /** The next ones of the last connection so far. */
  readonly exchanges: readonly ExchangeAnalysis[]
  readonly uploads: readonly UploadAnalysis[]
}

/** Connections, exchanges and uploads in one part; they take some milliseconds. */
const most = 250

/** All of these together, and what `restOf` leaves, are the analysis. */
export function* partsOf({ connections, uploads }: Analysis): Generator<AnalysisPart> {
  let batch: ConnectionAnalysis[] = []
  let weight = 0
  for (const connection of connections) {
    const first = connection.exchanges.slice(0, most)
    if (weight > 0 && weight + 1 + first.length > most) {
      yield part({ connections: batch })
      batch = []
      weight = 0
    }
    batch.push(
      first.length === connection.exchanges.length
        ? connection
        : { ...connection, exchanges: first },
    )
    weight += 1 + first.length
    for (let from = most; from < connection.exchanges.length; from += most) {
      if (batch.length > 0) yield part({ connections: batch })
      batch = []
      weight = 0
      yield part({ exchanges: connection.exchanges.slice(from, from + most) })
    }
  }
  if (batch.length > 0) yield part({ connections: batch })
  for (let from = 0; from < uploads.length; from += most)
    yield part({ uploads: uploads.slice(from, from + most) })
}

const part = (some: Partial<AnalysisPart>): AnalysisPart => ({
  connections: [],
  exchanges: [],
  uploads: [],
  ...some,
})

export const restOf = (analysis: Analysis): Analysis => ({
  ...analysis,
  connections: [],
  uploads: [],
})

/** Puts the parts together again, in the order in which they were sent. */
export function createAssembly() {
  const connections: ConnectionAnalysis[] = []
  const uploads: UploadAnalysis[] = []
  let exchanges: ExchangeAnalysis[] = []
  return {
    add(some: AnalysisPart): void {
      for (const connection of some.connections) {
        exchanges = [...connection.exchanges]
        connections.push({ ...connection, exchanges })
      }
      for (const exchange of some.exchanges) exchanges.push(exchange)
      for (const upload of some.uploads) uploads.push(upload)
    },
    /** `rest`: what came without them. */
    whole: (rest: Analysis): Analysis => ({ ...rest, connections, uploads }),
  }
}
