// The states of both ends while a connection closes (RFC 9293 §3.3.2, figure 5), as the segments at the tap let one conclude.
import type { TcpState } from '../analysis.ts'
import type { Role } from '../units.ts'

export type States = { readonly [Name in Role]: TcpState }

export type EndEvent = 'fin' | 'acknowledges-fin' | 'reset'

/** Who sends a FIN, who gets one, who learns that its FIN has arrived. What is not here stays as it is. */
const sendsFin: Readonly<Partial<Record<TcpState, TcpState>>> = {
  ESTABLISHED: 'FIN-WAIT-1',
  'SYN-RECEIVED': 'FIN-WAIT-1',
  'CLOSE-WAIT': 'LAST-ACK',
}
const getsFin: Readonly<Partial<Record<TcpState, TcpState>>> = {
  ESTABLISHED: 'CLOSE-WAIT',
  'SYN-RECEIVED': 'CLOSE-WAIT',
  'FIN-WAIT-1': 'CLOSING',
  'FIN-WAIT-2': 'TIME-WAIT',
}
const learns: Readonly<Partial<Record<TcpState, TcpState>>> = {
  'FIN-WAIT-1': 'FIN-WAIT-2',
  CLOSING: 'TIME-WAIT',
  'LAST-ACK': 'CLOSED',
}

export const established: States = { client: 'ESTABLISHED', server: 'ESTABLISHED' }

/** The states after a segment of `by`. An acknowledgement counts before the FIN that carries it. */
export function after(states: States, by: Role, events: readonly EndEvent[]): States {
  if (events.includes('reset')) return { client: 'CLOSED', server: 'CLOSED' }
  const peer: Role = by === 'client' ? 'server' : 'client'
  let own = states[by]
  let other = states[peer]
  if (events.includes('acknowledges-fin')) other = learns[other] ?? other
  if (events.includes('fin')) {
    // It had not seen the other's FIN when it sent its own: both closed at once.
    const crossed =
      own === 'CLOSE-WAIT' && !events.includes('acknowledges-fin') && other === 'FIN-WAIT-1'
    own = crossed ? 'CLOSING' : (sendsFin[own] ?? own)
    other = getsFin[other] ?? other
  }
  return by === 'client' ? { client: own, server: other } : { client: other, server: own }
}
