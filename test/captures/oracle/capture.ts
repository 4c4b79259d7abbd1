// One capture held against tshark in all that we tell: segments, round trips, messages.
import { writeFileSync } from 'node:fs'
import { explain } from '../helpers/explain.ts'
import { compareSegments, type SegmentAgreement } from './agreement.ts'
import { segmentFields } from './figures.ts'
import { compareMessages, type MessageAgreement, messageFields } from './messages.ts'
import { compareRoundTrips, type RoundTripAgreement, roundTripFields } from './round-trips.ts'
import { askTshark } from './tshark.ts'

export interface CaptureAgreement {
  readonly name: string
  readonly segments: SegmentAgreement
  readonly messages: MessageAgreement
  readonly roundTrips: RoundTripAgreement
}

const fields = [...new Set([...segmentFields, ...messageFields, ...roundTripFields])]

/** HTTP is looked for on the ports given. */
export function compareCapture(
  name: string,
  file: string,
  bytes: Uint8Array,
  httpPorts: readonly number[],
): CaptureAgreement {
  const { analysis, segments } = explain(bytes)
  const packets = askTshark(file, fields, httpPorts)
  return {
    name,
    segments: compareSegments(segments, packets),
    messages: compareMessages(analysis, packets),
    roundTrips: compareRoundTrips(analysis, packets),
  }
}

/** Of a capture that is not on the disk yet. */
export function compareBytes(file: string, bytes: Uint8Array, ports: readonly number[]) {
  writeFileSync(file, bytes)
  return compareCapture(file, file, bytes, ports)
}

export const breachesOf = ({ name, segments, messages, roundTrips }: CaptureAgreement): string[] =>
  [...segments.breaches, ...messages.breaches, ...roundTrips.breaches].map(
    (breach) => `${name}: ${breach}`,
  )

/** What messages and round trips came to, in two lines. */
export function tellMessages(agreements: readonly CaptureAgreement[]): string {
  const sum = (count: (agreement: CaptureAgreement) => number) =>
    agreements.reduce((total, agreement) => total + count(agreement), 0)
  const differences = new Map<string, number>()
  for (const { messages } of agreements) {
    for (const [name, count] of messages.onPurpose) {
      differences.set(name, (differences.get(name) ?? 0) + count)
    }
  }
  const { requests, responses, pairs } = {
    requests: sum(({ messages }) => messages.requests),
    responses: sum(({ messages }) => messages.responses),
    pairs: sum(({ messages }) => messages.pairs),
  }
  const onPurpose = [...differences].map(([name, count]) => `, ${count} × ${name}`).join('')
  return [
    `${'messages'.padEnd(22)} ${requests} requests, ${responses} responses, ${pairs} pairs equal${onPurpose}`,
    `${'handshake round trip'.padEnd(22)} ${sum(({ roundTrips }) => roundTrips.equal)} equal, ` +
      `${sum(({ roundTrips }) => roundTrips.onPurpose)} × no plain handshake`,
  ].join('\n')
}
