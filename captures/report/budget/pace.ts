// How fast the line takes the bytes of a PATCH at its best: what a sender waits beyond that is its window's doing.

import { partsOf } from './parts.ts'
import { roundTripOf } from './round-trip.ts'
import type { Holding } from './sweep.ts'
import { sweep } from './sweep.ts'
import type { Work } from './work.ts'

/** Nanoseconds per body byte. */
export type Pace = number

const leastBody = 32 * 1024
const leastSamples = 5

/**
 * The pace for each of two captures of one path. A clean kept connection has grown its window and shows the line's own
 * pace; where there is none (each connection closed again, or losses) the better one of the two captures stands for both.
 */
export function pacesOf(a: Work, b: Work): { readonly a: Pace | null; readonly b: Pace | null } {
  const [one, other] = [measure(a), measure(b)]
  const best = [one.pace, other.pace].flatMap((pace) => pace ?? []).sort((x, y) => x - y)[0] ?? null
  return { a: one.isOwn ? one.pace : best, b: other.isOwn ? other.pace : best }
}

function measure(work: Work): { readonly pace: Pace | null; readonly isOwn: boolean } {
  const samples = sweep(work).holdings.filter(isSample)
  const later = samples.filter(({ placed }) => !placed.isFirstBody)
  const isClean = work.connections.every(({ maintenance }) => maintenance.retransmissions === 0)
  return {
    pace: samples.length < leastSamples ? null : secondBest(samples.map(paceOf)),
    isOwn: isClean && later.length >= leastSamples,
  }
}

function isSample({ placed: { exchange, isUpload } }: Holding): boolean {
  return (
    isUpload &&
    exchange.isRequestComplete &&
    exchange.requestBodyBytes >= leastBody &&
    exchange.responseStart !== null
  )
}

/** From the first byte sent to the ACK of the last, without the round trip: waiting too, so that the pace is one that was reached. */
function paceOf({ length, placed, ...rest }: Holding): Pace {
  const { flight } = partsOf({ length, placed, ...rest }, roundTripOf(placed.connection))
  return (length.send + flight.queue) / placed.exchange.requestBodyBytes
}

/** The second best: nothing goes faster than the line, but one sample may be a slip of the clock. */
function secondBest(paces: readonly Pace[]): Pace | null {
  return [...paces].sort((a, b) => a - b)[1] ?? null
}
