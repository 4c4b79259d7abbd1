// What one end of a simulated connection knows. Numbers are counted from the ISN and never wrap: the SYN is 0, the first byte 1.
import type { EndSettings } from './end-settings.ts'
import type { Range } from './ranges.ts'

export interface EndState extends EndSettings {
  phase: 'listening' | 'syn-sent' | 'syn-received' | 'open' | 'gone'
  /** What the peer's SYN offered. */
  readonly offered: { windowScale: boolean; sack: boolean; timestamps: boolean; shift: number }

  // Sending.
  stream: Buffer
  unacknowledged: number
  next: number
  congestionWindow: number
  peerWindow: number
  /** What was on its way when a loss was noticed. */
  recoverUpTo: number
  duplicateAcks: number
  isClosing: boolean
  finAt: number | null
  retries: number
  probes: number

  // Receiving.
  expected: number
  /** What came behind a hole. */
  behind: Range[]
  peerFinAt: number | null
  readUpTo: number
  isReading: boolean
  /** Segments with data that no ACK was sent for. */
  owed: number
  /** Of the last segment sent: the window, and what came twice before it. */
  toldWindow: number
  duplicate: Range | null
  /** The newest timestamp of the peer. */
  peerClock: number
}

export const createState = (settings: EndSettings): EndState => ({
  ...settings,
  phase: 'listening',
  offered: { windowScale: false, sack: false, timestamps: false, shift: 0 },
  stream: Buffer.alloc(0),
  unacknowledged: 0,
  next: 0,
  congestionWindow: 10 * settings.mss,
  peerWindow: 65_535,
  recoverUpTo: 0,
  duplicateAcks: 0,
  isClosing: false,
  finAt: null,
  retries: 0,
  probes: 0,
  expected: 0,
  behind: [],
  peerFinAt: null,
  readUpTo: 1,
  isReading: true,
  owed: 0,
  toldWindow: settings.buffer,
  duplicate: null,
  peerClock: 0,
})

export const dataEnd = ({ stream }: EndState): number => 1 + stream.length

export const scalesWindows = ({ windowScale, offered }: EndState): boolean =>
  windowScale !== null && offered.windowScale

/** Bytes that it can still take; none where that is less than a segment (RFC 9293 §3.8.6.2.2). */
export function room(state: EndState): number {
  const { buffer, expected, peerFinAt, readUpTo } = state
  const free = buffer - Math.max(0, Math.min(expected, peerFinAt ?? expected) - readUpTo)
  return free < leastRoom(state) ? 0 : free
}

export const leastRoom = ({ mss, buffer }: EndState): number => Math.min(mss, buffer / 2)
