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
/** Of the PATCHes, so many in a hundred are faster than the pace: the best ones of all may be chance. */
const quantile = 0.1

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
    pace: samples.length < leastSamples ? null : low(samples.map(paceOf)),
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

/** What was neither waiting nor the round trip itself: bytes leaving, and standing in the queue before the narrowest part. */
function paceOf(holding: Holding): Pace {
  const { send, flight } = partsOf(holding, roundTripOf(holding.placed.connection))
  return (send.sending + flight.queue) / holding.placed.exchange.requestBodyBytes
}

function low(paces: readonly Pace[]): Pace | null {
  return [...paces].sort((a, b) => a - b)[Math.floor(quantile * paces.length)] ?? null
}
