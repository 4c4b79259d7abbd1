// What the time of an upload is spent on: each instant belongs to one of these.

interface CauseText {
  /** In a table. */
  readonly label: string
  /** In a sentence: `1.57 s of …`. */
  readonly words: string
  /** Grows with the round trip, so that a longer one explains it. */
  readonly isRoundTrips: boolean
}

export const causes = {
  handshake: { label: 'handshakes', words: 'handshakes', isRoundTrips: true },
  'slow-start': { label: 'slow start of new connections', words: 'slow start', isRoundTrips: true },
  'idle-restart': {
    label: 'slow start after idle',
    words: 'slow start after idle times',
    isRoundTrips: true,
  },
  'congestion-window': {
    label: 'congestion window',
    words: 'waiting for the congestion window',
    isRoundTrips: true,
  },
  retransmission: { label: 'retransmission', words: 'retransmission', isRoundTrips: false },
  'closed-window': {
    label: 'closed receive window',
    words: 'closed receive windows',
    isRoundTrips: false,
  },
  sending: { label: 'sending', words: 'sending', isRoundTrips: false },
  'client-pause': {
    label: 'client paused in a request',
    words: 'pauses of the client in a request',
    isRoundTrips: false,
  },
  'on-the-way': {
    label: 'held up on the way',
    words: 'bytes held up on the way',
    isRoundTrips: false,
  },
  'round-trip': {
    label: 'round trip to each answer',
    words: 'round trips to the answers',
    isRoundTrips: true,
  },
  server: { label: 'server', words: 'server time', isRoundTrips: false },
  receiving: { label: 'receiving answers', words: 'receiving answers', isRoundTrips: false },
  between: {
    label: 'client, between exchanges',
    words: 'the client between exchanges',
    isRoundTrips: false,
  },
  unexplained: { label: 'unexplained', words: 'unexplained', isRoundTrips: false },
} satisfies Record<string, CauseText>

export type Cause = keyof typeof causes

/** In the order of a table; `unexplained` is the last. */
export const causeNames: readonly Cause[] = [
  'handshake',
  'slow-start',
  'idle-restart',
  'congestion-window',
  'retransmission',
  'closed-window',
  'sending',
  'client-pause',
  'on-the-way',
  'round-trip',
  'server',
  'receiving',
  'between',
  'unexplained',
]

/** Whole nanoseconds for each cause, so that sums are exact. */
export type Ledger = Record<Cause, number>

export const emptyLedger = (): Ledger => ({
  handshake: 0,
  'slow-start': 0,
  'idle-restart': 0,
  'congestion-window': 0,
  retransmission: 0,
  'closed-window': 0,
  sending: 0,
  'client-pause': 0,
  'on-the-way': 0,
  'round-trip': 0,
  server: 0,
  receiving: 0,
  between: 0,
  unexplained: 0,
})
