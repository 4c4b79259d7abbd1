// What the page and the worker of one capture say to each other. Plain data: it is cloned on the way.
import type { Analysis } from '../../../captures/analysis.ts'
import type { Role } from '../../../captures/units.ts'
import type { AnalysisPart } from './parts.ts'

/** What the page asks for; every answer carries the same `id`. */
export type Request =
  | { readonly kind: 'analyse'; readonly file: File }
  | { readonly kind: 'choose-frames'; readonly filter: FrameFilter }
  | { readonly kind: 'frame-rows'; readonly first: number; readonly count: number }
  | { readonly kind: 'find-frame'; readonly packet: number }
  | { readonly kind: 'plot'; readonly question: PlotQuestion }
  | { readonly kind: 'trim' }

/** The answer to each kind of request. */
export interface Answers {
  readonly analyse: Analysis
  /** So many frames pass the filter. */
  readonly 'choose-frames': number
  readonly 'frame-rows': readonly FrameRow[]
  readonly 'find-frame': FoundFrame | null
  readonly plot: PlotData
  readonly trim: Blob
}

export type Kind = Request['kind']

export type FromPage = Request & { readonly id: number }

export type FromWorker<K extends Kind> =
  | { readonly id: number; readonly is: 'progress'; readonly read: number; readonly size: number }
  /** Before the answer to "analyse", which comes without what these hold. */
  | { readonly id: number; readonly is: 'part'; readonly part: AnalysisPart }
  | { readonly id: number; readonly is: 'answer'; readonly answer: Answers[K] }
  /** `text` is a sentence for the person. */
  | { readonly id: number; readonly is: 'failure'; readonly text: string }

/** Which frames the list shows. */
export interface FrameFilter {
  /** `null`: all connections. */
  readonly connection: number | null
  readonly show: FrameClass
  /** Words that must all be in the row's text, whatever their case. */
  readonly text: string
}

/** See `classes.ts` for what is in each. */
export type FrameClass = 'all' | 'ends' | 'data' | 'heads' | 'losses' | 'window' | 'probes'

/** One TCP segment, as a row of the list shows it. */
export interface FrameRow {
  readonly packet: number
  /** Seconds since the first packet. */
  readonly time: number
  readonly connection: number
  readonly by: Role
  /** `SYN, ACK` */
  readonly flags: string
  /** Relative, as Wireshark's; `null`: no ACK flag. */
  readonly sequence: number
  readonly acknowledgement: number | null
  readonly rawSequence: number
  readonly length: number
  readonly window: number
  /** `null`: not known. */
  readonly bytesInFlight: number | null
  /** What the segment was found to be: names of `Mark`, in words. */
  readonly marks: readonly string[]
  /** What it does in its phase; empty for most. */
  readonly labels: readonly string[]
}

export interface FoundFrame {
  readonly row: FrameRow
  /** Place in the filtered list; −1: it does not pass the filter. */
  readonly index: number
}

export interface PlotQuestion {
  /** URL of the upload. */
  readonly upload: string
  /** Seconds. */
  readonly from: number
  readonly to: number
  /** Columns of the plot: no more points are sent than they can show. */
  readonly columns: number
}

/** A value; `null`: the line breaks here; `undefined`: the point belongs to another line. */
export type Value = number | null | undefined

/** Points in the order of time; every list as long as `times`. */
export interface PlotData {
  readonly times: readonly number[]
  /** Frame of each point. */
  readonly packets: readonly number[]
  /** Offset that the segment brought the file to, one list for each line; a line holds connections that follow one another. */
  readonly lines: readonly (readonly Value[])[]
  /** Offset of segments that were sent again or out of order. */
  readonly flagged: readonly Value[]
  /** Offsets that the server answered. */
  readonly answered: readonly Value[]
  /** Offset up to which the server's system has acknowledged the file, one list for each line. */
  readonly acknowledged: readonly (readonly Value[])[]
  /** Unacknowledged bytes of the client after the segment, one list for each line. */
  readonly inFlight: readonly (readonly Value[])[]
  /** How many bytes the server's system would take beyond what it acknowledged, one list for each line. */
  readonly window: readonly (readonly Value[])[]
  /** In flight before the first ACK of a burst: the initial window, or where a sender starts again after idle. */
  readonly bursts: readonly Value[]
  /** Of which connections each line consists. */
  readonly connections: readonly (readonly number[])[]
  /** Segments that these points stand for. */
  readonly segments: number
}
