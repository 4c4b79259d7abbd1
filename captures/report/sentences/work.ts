// What a connection carried: exchanges, time and bytes. Analysis in, words out.
import type { ConnectionAnalysis } from '../../analysis.ts'
import type { Sentence } from '../prose.ts'
import { role, say } from '../prose.ts'
import { amount, count, duration, size } from '../quantity.ts'

/** Exchanges and PATCHes, and how much of the time one was under way. */
export function workSentence({
  maintenance: { exchanges, patches, transfer, idle },
}: ConnectionAnalysis): Sentence {
  if (exchanges === 0) return say`No HTTP request is to be seen on it.`
  const of = patches === 0 ? '' : `, ${patchesAmong(patches, exchanges)}`
  return say`${count(exchanges, 'exchange')}${of}. ${duration(transfer)} with an exchange under way, ${duration(idle)} without.`
}

function patchesAmong(patches: number, exchanges: number): string {
  if (exchanges === 1) return 'a PATCH'
  if (patches === exchanges) return 'all of them PATCHes'
  return `${amount(patches)} of them ${patches === 1 ? 'a PATCH' : 'PATCHes'}`
}

/** Payload of both sides, heads, and what all layers put on the wire; a protocol that is not read here is named. */
export function amountsSentence({
  payloadBytes,
  headerBytes,
  wireBytes,
  protocol,
}: ConnectionAnalysis): Sentence {
  const heads = headerBytes.client + headerBytes.server
  const http = heads > 0 ? `, ${size(heads)} of it HTTP heads` : ''
  const other = {
    http: '',
    tls: ' It is encrypted (TLS): what it carries cannot be read.',
    h2: ' It is HTTP/2, whose requests are not told apart here.',
    upgraded: ' It was upgraded to another protocol, which is not read here.',
    unknown: ' No HTTP/1.1 was recognised in it.',
  }[protocol]
  return say`Payload: ${role('client')} ${size(payloadBytes.client)}, ${role('server')} ${size(payloadBytes.server)}${http}; ${size(wireBytes.client + wireBytes.server)} on the wire with the heads of all layers.${other}`
}
