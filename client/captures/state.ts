// What the page shows: up to two captures, and where in them one looks.
import type { Capture } from './capture.ts'
import type { Recording } from './recordings.ts'
import type { FrameClass } from './worker/protocol.ts'

export type Side = 'a' | 'b'

/** How the times of two captures are laid over one another. */
export type AxisKind = 'clock' | 'syn' | 'patch'

/** What a permalink holds; the captures themselves stay with the person. */
export interface View {
  /** What the capture was called that the link was made from. */
  readonly file: string | null
  /** And the one that it was compared with. */
  readonly other: string | null
  readonly side: Side
  readonly connection: number | null
  readonly frame: number | null
  /** Seconds; `null`: the whole capture. */
  readonly span: { readonly from: number; readonly to: number } | null
  /** Whose offsets are drawn; `null`: the largest upload. */
  readonly upload: string | null
  readonly show: FrameClass
  /** Only frames of the chosen connection. */
  readonly isOnlyConnection: boolean
  readonly text: string
  readonly axis: AxisKind
}

export interface PageState {
  readonly captures: Readonly<Record<Side, Capture | null>>
  readonly reading: { readonly name: string; readonly side: Side; readonly share: number } | null
  /** What went wrong last, each sentence on a line of its own. */
  readonly failure: string | null
  readonly view: View
}

export const firstView: View = {
  file: null,
  other: null,
  side: 'a',
  connection: null,
  frame: null,
  span: null,
  upload: null,
  show: 'all',
  isOnlyConnection: false,
  text: '',
  axis: 'syn',
}

/** What a view of the page may ask for. */
export interface Actions {
  /** Goes to another place in the captures; `replace` leaves no trace in the browser's history. */
  go(change: Partial<View>, how?: 'push' | 'replace'): void
  /** Selects a frame, and shows the connection that it belongs to. */
  goToFrame(frame: number, side: Side): void
  /** Shows the details of this one of two captures. */
  look(side: Side): void
  open(files: readonly File[], side?: Side): void
  openRecordings(recordings: readonly Recording[], side?: Side): void
  close(side: Side): void
  /** For screen readers. */
  say(sentence: string): void
  fail(sentence: string): void
}

/** The capture that details are shown of. */
export const lookedAt = ({ captures, view }: PageState): Capture | null =>
  captures[view.side] ?? captures.a ?? captures.b

export const isComparing = ({ captures }: PageState): boolean =>
  captures.a !== null && captures.b !== null
