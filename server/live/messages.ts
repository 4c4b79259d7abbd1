// What the service and the thread that captures say to each other. Plain data: it is cloned on the way.
import type { CapturedConnection, CaptureTotals } from './view.ts'

/** What the thread is started with. */
export interface ThreadData {
  readonly port: number
}

export type ToThread =
  /** Whether anybody looks: nothing is told otherwise. */
  | { readonly kind: 'watch'; readonly isWatched: boolean }
  /** Everything, as one update, to `id`. */
  | { readonly kind: 'tell-all'; readonly id: number }
  | { readonly kind: 'save'; readonly id: number }
  | { readonly kind: 'stop' }

export type FromThread =
  /** It captures. */
  | { readonly kind: 'capturing' }
  /** It does not, or no longer; `text` says why, and what to do. */
  | { readonly kind: 'ended'; readonly text: string }
  | { readonly kind: 'update'; readonly update: CaptureUpdate }
  | { readonly kind: 'all'; readonly id: number; readonly update: CaptureUpdate }
  | { readonly kind: 'saved'; readonly id: number; readonly pieces: readonly Uint8Array[] | null }
  | { readonly kind: 'stopped' }

/** What changed of the capture. */
export interface CaptureUpdate {
  readonly totals: CaptureTotals
  readonly connections: readonly CapturedConnection[]
  /** `connections` are all there are: numbers told before hold no more. */
  readonly isAll: boolean
}
