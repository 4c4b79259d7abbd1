// What went wrong on the way: retransmissions, order, windows. Analysis in, words out.
import type { ConnectionAnalysis, PerRole, RttSummary } from '../../analysis.ts'
import type { Sentence } from '../prose.ts'
import { role, say, tone } from '../prose.ts'
import { count, duration, listed, size } from '../quantity.ts'

/** Losses first, then order and windows, then round trips; one sentence each where there is something to tell. */
export function lossSentences(connection: ConnectionAnalysis): Sentence[] {
  return [
    retransmissions(connection),
    missing(connection),
    order(connection),
    windows(connection),
    ...roundTrips(connection),
  ].filter((sentence) => sentence.length > 0)
}

function retransmissions({ maintenance, retransmittedBytes }: ConnectionAnalysis): Sentence {
  const {
    retransmissions: all,
    fastRetransmissions: fast,
    spuriousRetransmissions: spurious,
    dsacks,
  } = maintenance
  if (all === 0) return say`${tone('strong', 'Losses')}: no retransmission.`
  const kinds = [
    ...(fast > 0 ? [`${fast} fast, after duplicate ACKs`] : []),
    ...(spurious > 0 ? [`${spurious} spurious, of what had already arrived`] : []),
    ...(all - fast - spurious > 0 ? [`${all - fast - spurious} by the timer or after SACK`] : []),
  ]
  const bytes = perRole(retransmittedBytes, size)
  const proven =
    dsacks > 0
      ? ` ${count(dsacks, 'D-SACK')} of the receiver ${dsacks === 1 ? 'proves' : 'prove'} copies that were not needed.`
      : ''
  return say`${tone('strong', 'Losses')}: ${tone('warning', count(all, 'retransmission'))} (${kinds.join('; ')}), ${bytes} sent again.${proven}`
}

function missing({ missingBytes }: ConnectionAnalysis): Sentence {
  if (missingBytes.client + missingBytes.server === 0) return []
  return say`${tone('warning', 'Not captured')}: ${perRole(missingBytes, size)} that the other side acknowledged.`
}

function order({ maintenance: { outOfOrder, duplicateAcks } }: ConnectionAnalysis): Sentence {
  const found = [
    ...(outOfOrder > 0 ? [`${count(outOfOrder, 'segment')} out of order`] : []),
    ...(duplicateAcks > 0 ? [count(duplicateAcks, 'duplicate ACK')] : []),
  ]
  return found.length === 0 ? [] : say`${tone('strong', 'Order')}: ${listed(found)}.`
}

function windows({
  maintenance: { zeroWindows, windowFull, windowUpdates, maxBytesInFlight },
}: ConnectionAnalysis): Sentence {
  const found = [
    ...(zeroWindows > 0 ? [`${count(zeroWindows, 'zero window')} announced`] : []),
    ...(windowFull > 0
      ? [`the sender filled the window ${windowFull === 1 ? 'once' : count(windowFull, 'time')}`]
      : []),
    ...(windowUpdates > 0 && zeroWindows > 0 ? [count(windowUpdates, 'window update')] : []),
  ]
  const flight =
    maxBytesInFlight.client > 0
      ? `at most ${size(maxBytesInFlight.client)} of the client's in flight`
      : ''
  const told = [...found, ...(flight ? [flight] : [])]
  return told.length === 0 ? [] : say`${tone('strong', 'Window')}: ${told.join('; ')}.`
}

function roundTrips({ maintenance: { rtt } }: ConnectionAnalysis): Sentence[] {
  return (['client', 'server'] as const).flatMap((side) => {
    const summary = rtt[side]
    if (summary === null) return []
    return [
      say`${tone('strong', 'Data to ACK')}, of the ${role(side)}'s segments: ${spread(summary)}.`,
    ]
  })
}

function spread({ min, max, mean, samples }: RttSummary): string {
  if (samples === 1) return `${duration(mean)} (1\u00a0sample)`
  return `${duration(min)} to ${duration(max)}, mean ${duration(mean)} (${count(samples, 'sample')})`
}

/** `3.0 KiB (client)`, or of both sides. */
function perRole(values: PerRole<number>, tell: (value: number) => string): string {
  const told = (['client', 'server'] as const).flatMap((side) =>
    values[side] > 0 ? [`${tell(values[side])} (${side})`] : [],
  )
  return told.length === 0 ? tell(0) : listed(told)
}
