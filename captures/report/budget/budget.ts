// The time of an upload shared out among causes, to the nanosecond. Work in, ledger out.
import type { Waits } from '../../analysis.ts'
import { apportion } from './apportion.ts'
import { type Cause, emptyLedger, type Ledger } from './causes.ts'
import { type RoundTrip, roundTripOf } from './round-trip.ts'
import { type Holding, inNanoseconds, sweep } from './sweep.ts'
import type { Work } from './work.ts'

export interface Budget {
  /** Nanoseconds; the ledger adds up to it. */
  readonly total: number
  readonly ledger: Readonly<Ledger>
}

export function budgetOf(work: Work): Budget {
  const swept = sweep(work)
  const ledger = emptyLedger()
  const trips = new Map(work.connections.map((connection) => [connection, roundTripOf(connection)]))
  for (const holding of swept.holdings) {
    const trip = trips.get(holding.placed.connection) ?? null
    sendingTime(holding, ledger)
    answeringTime(holding, trip, ledger)
    ledger.receiving += holding.owned.receive
  }
  for (const gap of swept.gaps) {
    const trip = gap.after === null ? undefined : trips.get(gap.after.connection)
    gapTime(gap.length, trip ?? null, ledger)
  }
  ledger.handshake += swept.handshake
  ledger.retransmission += swept.synTimer
  return { total: swept.total, ledger }
}

/** While the request went out: what it waited for, the rest is sending. */
function sendingTime(holding: Holding, ledger: Ledger): void {
  const { placed, length, owned } = holding
  const { acknowledgement, retransmission, window, sender } = fitting(
    placed.exchange.waits,
    length.send,
  )
  const sending = length.send - acknowledgement - retransmission - window - sender
  const shares = apportion(owned.send, [acknowledgement, retransmission, window, sender, sending])
  const into: readonly Cause[] = [
    ackCause(holding),
    'retransmission',
    'closed-window',
    'client-pause',
    'sending',
  ]
  into.forEach((cause, index) => {
    ledger[cause] += shares[index] ?? 0
  })
}

function ackCause({ placed: { exchange, connection, isFirstBody } }: Holding): Cause {
  if (exchange.waits.afterIdle) return 'idle-restart'
  return isFirstBody && connection.initiation.kind !== 'unseen' ? 'slow-start' : 'congestion-window'
}

type Fitted = Record<'acknowledgement' | 'retransmission' | 'window' | 'sender', number>

/** The waits in nanoseconds; where they are longer than the stage, the retransmission of its last bytes ran on after it. */
function fitting(waits: Waits, length: number): Fitted {
  const [acknowledgement, retransmission, window, sender] = [
    inNanoseconds(waits.acknowledgement),
    inNanoseconds(waits.retransmission),
    inNanoseconds(waits.window),
    inNanoseconds(waits.sender),
  ]
  const others = acknowledgement + window + sender
  if (others + retransmission <= length) return { acknowledgement, retransmission, window, sender }
  if (others <= length) return { acknowledgement, retransmission: length - others, window, sender }
  const [ack = 0, closed = 0, paused = 0] = apportion(length, [acknowledgement, window, sender])
  return { acknowledgement: ack, retransmission: 0, window: closed, sender: paused }
}

/** From the last byte of the request to the first of the answer: one round trip as far as the tap sees it, then who was slow. */
function answeringTime(
  { placed, length, owned }: Holding,
  trip: RoundTrip | null,
  ledger: Ledger,
): void {
  const { exchange } = placed
  if (exchange.responseStart === null) {
    ledger.unexplained += owned.flight + owned.wait
    return
  }
  const seen = trip === null ? 0 : Math.round(trip.nanoseconds * trip.share)
  const lost = Math.max(
    0,
    inNanoseconds(exchange.waits.retransmission) -
      fitting(exchange.waits, length.send).retransmission,
  )
  const inFlight = take(owned.flight, seen)
  const retransmitted = take(inFlight.rest, lost)
  const inWait = take(owned.wait, seen - inFlight.taken)
  ledger['round-trip'] += inFlight.taken + inWait.taken
  ledger.retransmission += retransmitted.taken
  ledger['on-the-way'] += retransmitted.rest
  ledger.server += inWait.rest
}

/** Nobody's time is the client's, but for the part of the round trip that a tap near the server doesn't see elsewhere. */
function gapTime(length: number, trip: RoundTrip | null, ledger: Ledger): void {
  const unseen = trip === null ? 0 : Math.round(trip.nanoseconds * (1 - trip.share))
  const { taken, rest } = take(length, unseen)
  ledger['round-trip'] += taken
  ledger.between += rest
}

const take = (from: number, wanted: number) => {
  const taken = Math.min(from, Math.max(0, wanted))
  return { taken, rest: from - taken }
}
