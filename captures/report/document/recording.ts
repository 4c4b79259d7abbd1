// What a report is made from: a recording's analysis, and how it was made.
import type { Analysis } from '../../analysis.ts'
import type { Flight } from '../pictures/flight.ts'

export interface Recording {
  /** As its file is called, without ending. */
  readonly name: string
  readonly analysis: Analysis
  /** What its clients had in flight. */
  readonly flights: readonly Flight[]
  /** `null`: not recorded by the lab. */
  readonly facts: RecordingFacts | null
}

/** Of the JSON file beside it. */
export interface RecordingFacts {
  /** In one sentence. */
  readonly shows: string
  readonly link: {
    /** One way, ms. */
    readonly delay: number
    /** Bits a second. */
    readonly rate: number
    readonly loss: { readonly oneIn: number } | null
  }
  /** Flags of `longhaul serve`; `null`: nobody listened. */
  readonly serve: readonly string[] | null
}

export const find = (recordings: readonly Recording[], name: string): Recording | undefined =>
  recordings.find((one) => one.name === name)
