// What keeping the connections saved, or closing them cost. Analysis in, words out.
import type { Analysis, ConnectionAnalysis } from '../../analysis.ts'
import type { Sentence } from '../prose.ts'
import { say } from '../prose.ts'
import { amount, count, duration, median } from '../quantity.ts'
import { carriages, carriersOf } from './verdict.ts'

/** Empty where there is nothing to save: fewer than two requests with bytes of a file. Only the handshakes are priced; more is a comparison's task. */
export function savingSentence(analysis: Analysis): Sentence {
  const carriers = carriersOf(analysis)
  const requests = carriers.reduce((sum, connection) => sum + carriages(connection), 0)
  if (requests < 2) return []
  const rtts = carriers.flatMap(({ initiation }) => initiation.rtt ?? [])
  const rtt = rtts.length === 0 ? null : median(rtts)
  const saved = requests - carriers.length
  const spare = carriers.filter(isSuccessor)
  if (saved > 0) {
    return say`Keeping ${carriers.length === 1 ? 'the connection' : 'connections'} saved ${count(saved, 'handshake')}${price(saved, rtt)}, and a slow start after ${saved === 1 ? 'it' : 'each'}.`
  }
  if (spare.length === 0) return []
  const isOne = spare.length === 1
  return say`No connection was used for a second PATCH. ${count(spare.length, 'handshake')}${cost(spare)}, and a slow start after ${isOne ? 'it' : 'each'}, could have been saved by keeping ${isOne ? 'the one before' : 'the first'}.`
}

/** One that was opened beside a busy connection, or to another server, could not have been spared. */
const isSuccessor = ({ purpose: { reason } }: ConnectionAnalysis) =>
  reason !== 'first' && reason !== 'parallel' && reason !== 'preconnect'

/** What the handshakes took that were made. */
function cost(connections: readonly ConnectionAnalysis[]): string {
  const rtts = connections.flatMap(({ initiation }) => initiation.rtt ?? [])
  if (rtts.length < connections.length) return ''
  const sum = rtts.reduce((all, rtt) => all + rtt, 0)
  return ` (${duration(sum)}${rtts.length === 1 ? '' : ' together'})`
}

/** What the handshakes would have taken that were not made. */
const price = (times: number, rtt: number | null) =>
  rtt === null
    ? ''
    : times === 1
      ? ` (${duration(rtt)})`
      : ` (${amount(times)} × ${duration(rtt)} = ${duration(times * rtt)})`
