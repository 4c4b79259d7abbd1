// The time of an upload shared out among causes, to the nanosecond. Work in, ledger out.
import { apportion } from './apportion.ts'
import { type Cause, emptyLedger, type Ledger } from './causes.ts'
import type { Pace } from './pace.ts'
import { type Parts, partsOf, take } from './parts.ts'
import { type RoundTrip, roundTripOf } from './round-trip.ts'
import { type Holding, sweep } from './sweep.ts'
import type { Work } from './work.ts'

export interface Budget {
  /** Nanoseconds; the ledger adds up to it. */
  readonly total: number
  readonly ledger: Readonly<Ledger>
}

/** With the line's pace, what a sender needed beyond it is told as waiting for its window; without, it stays "sending". */
export function budgetOf(work: Work, pace: Pace | null = null): Budget {
  const swept = sweep(work)
  const ledger = emptyLedger()
  const trips = new Map(work.connections.map((connection) => [connection, roundTripOf(connection)]))
  for (const holding of swept.holdings) {
    exchangeTime(
      holding,
      partsOf(holding, trips.get(holding.placed.connection) ?? null),
      pace,
      ledger,
    )
  }
  for (const gap of swept.gaps) {
    const trip = gap.after === null ? undefined : trips.get(gap.after.connection)
    gapTime(gap.length, trip ?? null, ledger)
  }
  ledger.handshake += swept.handshake
  ledger.retransmission += swept.synTimer
  return { total: swept.total, ledger }
}

function exchangeTime(holding: Holding, parts: Parts, pace: Pace | null, ledger: Ledger): void {
  const { owned, placed } = holding
  const line = lineTime(parts, pace === null ? null : pace * placed.exchange.requestBodyBytes)
  share(ledger, owned.send, [
    [windowCause(holding), line.beyond],
    ['retransmission', parts.send.retransmission],
    ['closed-window', parts.send.window],
    ['client-pause', parts.send.sender],
    ['sending', line.sending],
  ])
  if (placed.exchange.responseStart === null) {
    ledger.unexplained += owned.flight + owned.wait
  } else {
    share(ledger, owned.flight, [
      ['retransmission', parts.flight.retransmission],
      ['round-trip', parts.flight.roundTrip],
      ['sending', parts.flight.queue - line.queuedBeyond],
      ['on-the-way', line.queuedBeyond],
    ])
    share(ledger, owned.wait, [
      ['retransmission', parts.wait.retransmission],
      ['round-trip', parts.wait.roundTrip],
      ['server', parts.wait.server],
    ])
  }
  ledger.receiving += owned.receive
}

/**
 * What the line needs for the bytes is sending, wherever it lies: it is busy while a queue drains, and for a part of the
 * time in which the sender waits for ACKs. The rest was waiting for the window.
 */
function lineTime({ send, flight }: Parts, needed: number | null) {
  if (needed === null) {
    return { sending: send.sending, beyond: send.acknowledgement, queuedBeyond: flight.queue }
  }
  const queued = take(flight.queue, Math.round(needed))
  const sent = take(send.sending + send.acknowledgement, Math.round(needed) - queued.taken)
  return { sending: sent.taken, beyond: sent.rest, queuedBeyond: queued.rest }
}

/** Which window held the sender back. */
function windowCause({ placed: { exchange, connection, isFirstBody } }: Holding): Cause {
  if (exchange.waits.afterIdle) return 'idle-restart'
  return isFirstBody && connection.initiation.kind !== 'unseen' ? 'slow-start' : 'congestion-window'
}

/** The owned time of a stage in the ratio of its parts: all of it where nothing ran beside. */
function share(ledger: Ledger, owned: number, parts: readonly (readonly [Cause, number])[]): void {
  const shares = apportion(
    owned,
    parts.map(([, part]) => part),
  )
  parts.forEach(([cause], index) => {
    ledger[cause] += shares[index] ?? 0
  })
}

/** Nobody's time is the client's, but for the part of the round trip that a tap near the server doesn't see elsewhere. */
function gapTime(length: number, trip: RoundTrip | null, ledger: Ledger): void {
  const unseen = trip === null ? 0 : Math.round(trip.nanoseconds * (1 - trip.share))
  const { taken, rest } = take(length, unseen)
  ledger['round-trip'] += taken
  ledger.between += rest
}
