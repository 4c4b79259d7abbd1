// The packets that the service captures of its own port, as the page knows them: what it is sent, and pure updates.
import type { Connection } from './api.ts'

type Role = 'client' | 'server'

export interface CaptureAbout {
  readonly port: number
  /** Bytes of packets that the service keeps at most. */
  readonly limit: number
  /** Why it captures no more; `null`: it does. */
  readonly ended: string | null
}

/** Times in ms since the epoch, by the service's clock. */
export interface CaptureTotals {
  /** Time 0 of all seconds below; `null`: no packet yet. */
  readonly start: number | null
  readonly packets: number
  readonly bytes: number
  readonly leftOut: {
    readonly thinned: number
    readonly forgotten: number
    readonly thinnedUntil: number | null
    readonly forgottenUntil: number | null
  }
}

/** One segment of a ladder; `packet` is null for a word on what is left out. Times are seconds since `start`. */
export interface Arrow {
  readonly packet: number | null
  readonly time: number | null
  readonly by: Role | null
  readonly label: string
  readonly numbers: string
  readonly states: { readonly client: string; readonly server: string } | null
}

export interface PatchBar {
  readonly from: number
  /** null while it goes on. */
  readonly end: number | null
  readonly packets: readonly [number, number]
  readonly status: number | null
  /** Of the file, once it is whole. */
  readonly bytes: number
}

export interface CapturedConnection {
  readonly number: number
  readonly client: Connection['client']
  readonly server: Connection['server']
  readonly from: number
  readonly firstPacket: number
  readonly purpose: string
  readonly handshake: {
    readonly kind: 'handshake' | 'refused' | 'unanswered' | 'unseen' | 'simultaneous'
    readonly duration: number | null
    readonly arrows: readonly Arrow[]
    readonly words: readonly string[]
  }
  readonly requests: number
  readonly patches: number
  readonly bars: readonly PatchBar[]
  readonly earlier: { readonly patches: number; readonly from: number; readonly to: number } | null
  /** Its other requests, from and to. */
  readonly others: readonly (readonly [number, number])[]
  /** Of connections with PATCHes only. */
  readonly traffic: {
    readonly packets: number
    readonly lastPacket: number
    readonly to: number
    readonly bytes: { readonly client: number; readonly server: number }
    readonly current: number | null
    readonly retransmissions: number
    readonly words: readonly string[]
  } | null
  readonly ending: {
    readonly kind: 'fin' | 'half-closed' | 'reset' | 'open'
    readonly by: Role | null
    readonly short: string
    readonly at: number | null
    readonly arrows: readonly Arrow[]
    readonly words: readonly string[]
  }
}

export interface CaptureUpdate {
  readonly totals: CaptureTotals
  readonly connections: readonly CapturedConnection[]
  /** These are all: what was told before holds no more. */
  readonly isAll: boolean
}

export interface CaptureState {
  /** `null`: the service captures nothing, or has not said so yet. */
  about: CaptureAbout | null
  totals: CaptureTotals | null
  readonly connections: Map<number, CapturedConnection>
}

export const emptyCapture = (): CaptureState => ({
  about: null,
  totals: null,
  connections: new Map(),
})

/** The service has said what it captures, in this life of it. */
export function beginCapture(state: CaptureState, about: CaptureAbout | null): void {
  state.about = about
  state.totals = null
  state.connections.clear()
}

export function takeCapture(state: CaptureState, update: CaptureUpdate): void {
  if (update.isAll) state.connections.clear()
  for (const one of update.connections) state.connections.set(one.number, one)
  state.totals = update.totals
}

export function endCapture(state: CaptureState, why: string): void {
  if (state.about !== null) state.about = { ...state.about, ended: why }
}
