// What an exchange did with its time, stage by stage, as if it had been alone. Holding in, nanoseconds out.
import type { IdleGap, Waits } from '../../analysis.ts'
import { apportion } from './apportion.ts'
import type { RoundTrip } from './round-trip.ts'
import { type Holding, inNanoseconds, type Stage } from './sweep.ts'

/** The parts of a stage add up to its length. */
export interface Parts {
  readonly send: Record<
    'acknowledgement' | 'retransmission' | 'window' | 'sender' | 'sending',
    number
  >
  readonly flight: Record<'retransmission' | 'roundTrip' | 'queue', number>
  readonly wait: Record<'retransmission' | 'roundTrip' | 'server', number>
}

export function partsOf(holding: Holding, trip: RoundTrip | null): Parts {
  const { length } = holding
  const send = sendParts(holding.placed.exchange.waits, length.send)
  // One round trip, as far as it lies between tap and server, passes before any answer.
  const seen = trip === null ? 0 : Math.round(trip.nanoseconds * trip.share)
  const lost = take(
    length.flight,
    silence(holding, 'flight') + lateRetransmission(holding, send.retransmission),
  )
  const way = take(lost.rest, seen)
  const again = take(length.wait, silence(holding, 'wait'))
  const rest = take(again.rest, seen - way.taken)
  return {
    send,
    flight: { retransmission: lost.taken, roundTrip: way.taken, queue: way.rest },
    wait: { retransmission: again.taken, roundTrip: rest.taken, server: rest.rest },
  }
}

/** The waits in nanoseconds, cut to the stage; what is left is sending. */
function sendParts(waits: Waits, length: number): Parts['send'] {
  const own = {
    acknowledgement: inNanoseconds(waits.acknowledgement),
    window: inNanoseconds(waits.window),
    sender: inNanoseconds(waits.sender),
  }
  const others = own.acknowledgement + own.window + own.sender
  if (others > length) {
    const [acknowledgement = 0, window = 0, sender = 0] = apportion(length, Object.values(own))
    return { acknowledgement, window, sender, retransmission: 0, sending: 0 }
  }
  const { taken, rest } = take(length - others, inNanoseconds(waits.retransmission))
  return { ...own, retransmission: taken, sending: rest }
}

/** A retransmission that is longer than the stage ran on after it: the last bytes were lost. */
const lateRetransmission = ({ placed }: Holding, told: number) =>
  Math.max(0, inNanoseconds(placed.exchange.waits.retransmission) - told)

/** How much of a stage the connection was silent because a timer ran. */
function silence({ placed, moments }: Holding, stage: Stage): number {
  const [from, to] = stage === 'flight' ? [moments[1], moments[2]] : [moments[2], moments[3]]
  return placed.connection.maintenance.idleGaps
    .filter(({ kind }) => kind === 'retransmission')
    .reduce((sum, gap) => sum + overlap(gap, from, to), 0)
}

const overlap = (gap: IdleGap, from: number, to: number) =>
  Math.max(0, Math.min(to, inNanoseconds(gap.to)) - Math.max(from, inNanoseconds(gap.from)))

/** So much of it as is wanted and there. */
export const take = (from: number, wanted: number): { taken: number; rest: number } => {
  const taken = Math.min(from, Math.max(0, wanted))
  return { taken, rest: from - taken }
}
