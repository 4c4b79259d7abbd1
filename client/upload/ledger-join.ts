// The ledger and the packets are two witnesses of the same connections: joined by their ports, and held against each other. Pure.
import type { Connection } from './api.ts'
import type { CapturedConnection, CaptureState, CaptureTotals } from './capture.ts'
import { plural } from './units.ts'

/** One TCP connection as both know it; one of them may not. */
export interface Pair {
  readonly ledger: Connection | null
  readonly packets: CapturedConnection | null
}

export interface Verdict {
  /** `counting`: they differ, or may, while the news of both are on their way · `silent`: there is nothing to compare. */
  readonly kind: 'agree' | 'counting' | 'differ' | 'silent'
  readonly sentences: readonly string[]
}

/** The moment of the SYN and the one at which the service took the connection over lie no further apart (ms). */
const furthest = 5000

/** Each connection of either, with its counterpart: same ports, same time. */
export function joinByPorts(
  ledger: readonly Connection[],
  captured: readonly CapturedConnection[],
  start: number,
): Pair[] {
  const free = new Map<string, CapturedConnection[]>()
  for (const one of captured) {
    const there = free.get(portsOf(one))
    if (there === undefined) free.set(portsOf(one), [one])
    else there.push(one)
  }
  const pairs = ledger.map((connection): Pair => {
    const candidates = free.get(portsOf(connection)) ?? []
    const apart = (one: CapturedConnection) =>
      Math.abs(Date.parse(connection.opened) - (start + one.from * 1000))
    const nearest = [...candidates].sort((a, b) => apart(a) - apart(b))[0]
    const isIt = nearest !== undefined && (apart(nearest) < furthest || isBegun(nearest))
    if (!isIt) return { ledger: connection, packets: null }
    candidates.splice(candidates.indexOf(nearest), 1)
    return { ledger: connection, packets: nearest }
  })
  const alone = [...free.values()].flat().map((packets): Pair => ({ ledger: null, packets }))
  return [...pairs, ...alone]
}

/** It was open when the capture met it: its first packet tells nothing of when it was opened. */
const isBegun = (one: CapturedConnection) => one.handshake.kind === 'unseen'

const portsOf = ({ client, server }: Pick<Connection, 'client' | 'server'>) =>
  `${client.port} ${server.port}`

/** What the two say differently, a sentence each. */
export function differencesOf({ ledger, packets }: Pair): string[] {
  if (ledger === null || packets === null) return []
  return [
    ...differingCount('PATCH', 'PATCHes', ledger.patches, packets.patches),
    ...differingCount('request', 'requests', ledger.requests, packets.requests),
    ...differingBytes(ledger, packets),
    ...differingEnds(ledger, packets),
  ]
}

function differingCount(one: string, many: string, ledger: number, packets: number): string[] {
  return ledger === packets
    ? []
    : [`The ledger counted ${plural(ledger, one, many)}, the packets show ${count(packets)}.`]
}

const count = (number: number) => number.toLocaleString('en')

function differingBytes(ledger: Connection, { traffic }: CapturedConnection): string[] {
  if (traffic === null || traffic.bytes.client === ledger.bytesReceived) return []
  return [
    `The service read ${count(ledger.bytesReceived)} bytes of the client, its packets carried ${count(traffic.bytes.client)}${unread(ledger, traffic.bytes.client)}.`,
  ]
}

const unread = ({ closed, bytesReceived }: Connection, carried: number) =>
  closed !== null && carried > bytesReceived
    ? ': the rest was unread when the connection ended'
    : ''

function differingEnds({ closed, ended }: Connection, { ending }: CapturedConnection): string[] {
  const { kind, by } = ending
  if (closed === null) {
    return kind === 'fin' || kind === 'reset'
      ? [`The ledger has it open, the packets show it ${ending.short}.`]
      : []
  }
  if (ended === null) return []
  const who = `the ledger says that the ${ended.by} ended it`
  if (kind === 'open') return [`${sentence(who)}; no FIN and no RST is among the packets.`]
  if (by !== ended.by) {
    const first = kind === 'reset' ? 'the RST' : 'the first FIN'
    return [`${sentence(who)}; ${first} came from the ${by ?? 'other side'}.`]
  }
  if (ended.how === 'reset' && kind !== 'reset')
    return ['The ledger says reset; the packets show a close with FIN.']
  if (ended.how === 'fin' && kind === 'reset' && !beganWithFin(ending))
    return ['The ledger says closed in order; the packets show a reset.']
  return []
}

/** A side that has closed answers what still comes with a RST: the ledger knows of its FIN, which came first. */
function beganWithFin({ arrows, by }: CapturedConnection['ending']): boolean {
  const first = arrows.find(({ label }) => /FIN|RST/.test(label))
  return first !== undefined && first.by === by && first.label.includes('FIN')
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * From when on the ledger has every connection that is over, ms since the epoch: it forgets the oldest beyond `most`.
 */
export function rememberedFrom(ledger: readonly Connection[], most: number): number {
  const closed = ledger.filter(({ closed: at }) => at !== null)
  const opened = closed.map((one) => Date.parse(one.opened))
  return closed.length < most ? Number.NEGATIVE_INFINITY : Math.min(...opened)
}

/** Why one of them may know nothing of it, and be right; `null`: both should. */
export function excuseOf(
  { ledger, packets }: Pair,
  capture: Pick<CaptureState, 'about' | 'totals'>,
  /** See `rememberedFrom`. */
  ledgerFrom: number,
): string | null {
  if (ledger !== null) return excuseOfPackets(ledger, packets !== null, capture)
  if (packets === null) return null
  if (packets.handshake.kind === 'refused' || packets.handshake.kind === 'unanswered')
    return 'It never came about, so the ledger does not know it.'
  const begun = (capture.totals?.start ?? 0) + packets.from * 1000
  return begun < ledgerFrom ? 'It is older than what the ledger remembers.' : null
}

function excuseOfPackets(
  { opened }: Connection,
  isThere: boolean,
  { about, totals }: Pick<CaptureState, 'about' | 'totals'>,
): string | null {
  if (about?.ended) return 'The capture has ended: what came since is in the ledger only.'
  const until = totals?.leftOut.forgottenUntil ?? null
  if (until === null || Date.parse(opened) >= until) return null
  return isThere
    ? 'Its older PATCHes were left out, to stay within what is kept.'
    : 'Its packets were left out, to stay within what is kept.'
}

/** The verdict on a pair; `isSettled`: no news of either for a while. */
export function verdictOn(pair: Pair, excuse: string | null, isSettled: boolean): Verdict {
  if (isBusy(pair)) return { kind: 'counting', sentences: [counting] }
  const sentences = [...missingOf(pair), ...differencesOf(pair)]
  if (sentences.length === 0) return { kind: 'agree', sentences: [agreement(pair)] }
  if (excuse !== null) return { kind: 'silent', sentences: [excuse] }
  return isSettled ? { kind: 'differ', sentences } : { kind: 'counting', sentences: [counting] }
}

const counting = 'Ledger and packets are held against each other once the connection rests.'

/** A PATCH is under way: what the two say of it reaches the page by two ways, one after the other. */
const isBusy = ({ ledger, packets }: Pair) =>
  ledger?.current?.method === 'PATCH' ||
  (packets !== null && packets.traffic?.current != null && packets.ending.kind === 'open')

function missingOf({ ledger, packets }: Pair): string[] {
  if (packets === null) return ['The ledger has this connection, the packets do not.']
  return ledger === null ? ['The packets show this connection, the ledger does not have it.'] : []
}

function agreement({ ledger, packets }: Pair): string {
  if (ledger === null || packets === null) return ''
  const counted =
    packets.traffic === null
      ? plural(packets.requests, 'request')
      : `${plural(packets.patches, 'PATCH', 'PATCHes')}, ${count(packets.traffic.bytes.client)} bytes of the client`
  const isOver = ledger.closed !== null && ledger.ended !== null
  const end = isOver ? `, ended by the ${ledger.ended?.by}` : ''
  const how = isOver && packets.ending.kind === 'reset' ? ' with a RST' : ''
  const order = how !== '' && beganWithFin(packets.ending) ? ' behind its FIN' : ''
  return `Ledger and packets agree: ${counted}${end}${how}${order}.`
}

/** What two witnesses may differ in, as one text: it changes when either has news. */
export function stateOf({ ledger, packets }: Pair): string {
  return JSON.stringify([
    ledger && [
      ledger.patches,
      ledger.requests,
      ledger.bytesReceived,
      ledger.closed,
      ledger.current,
    ],
    packets && [packets.patches, packets.requests, packets.traffic?.packets, packets.ending.kind],
  ])
}

const mostKnown = 2000

/** Tells whether what is asked about has stood still for so long (ms). */
export function createSettling(
  patience: number,
): (key: string, state: string, now: number) => boolean {
  const since = new Map<string, { readonly state: string; readonly at: number }>()
  return (key, state, now) => {
    const before = since.get(key)
    if (before?.state !== state) {
      // A page that is open for days.
      if (since.size > mostKnown) since.clear()
      since.set(key, { state, at: now })
      return false
    }
    return now - before.at >= patience
  }
}

export const keyOf = ({ ledger, packets }: Pair): string =>
  ledger === null ? `packets ${packets?.number}` : `ledger ${ledger.id}`

/** When time 0 of the packets is; they may not have begun. */
export const startOf = (totals: CaptureTotals | null): number => totals?.start ?? 0
