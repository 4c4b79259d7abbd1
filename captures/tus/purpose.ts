// What each connection was opened for: plain facts of all connections in, a reason for each out.
import type { ConnectionAnalysis, ConnectionPurpose, ExchangeAnalysis } from '../analysis.ts'

import { isHalfOpen } from '../rules/half-open.ts'

/** What is asked of a connection. Times in seconds, as in the analysis document. */
export type ConnectionFacts = Pick<
  ConnectionAnalysis,
  'number' | 'start' | 'end' | 'client' | 'server' | 'initiation' | 'termination' | 'payloadBytes'
> & { readonly exchanges: readonly ExchangeFacts[] }

export type ExchangeFacts = Pick<
  ExchangeAnalysis,
  'start' | 'end' | 'status' | 'connectionClose' | 'upload'
>

/** An earlier connection between the same two, with what later ones ask of it. */
interface Earlier {
  readonly facts: ConnectionFacts
  /** When the first FIN or RST came; never: after everything. */
  readonly ended: number
  /** From when on it took no more requests, and what that makes of its successor; `null`: it did to the end. */
  readonly useless: { readonly since: number; readonly purpose: ConnectionPurpose } | null
}

/** A client has no more than a few connections at a time; a capture may have 200,000 between the same two. */
const mostEarlier = 32

/** In the order of `connections`. */
export function purposesOf(connections: readonly ConnectionFacts[]): ConnectionPurpose[] {
  const byStart = [...connections].sort((a, b) => a.start - b.start || a.number - b.number)
  const earlier = new Map<string, Earlier[]>()
  const purposes = new Map<ConnectionFacts, ConnectionPurpose>()
  for (const one of byStart) {
    const ends = `${one.client.address} ${one.server.address} ${one.server.port}`
    const before = earlier.get(ends) ?? []
    earlier.set(ends, before)
    purposes.set(one, purposeOf(one, before))
    before.push(earlierOf(one))
    if (before.length > mostEarlier) before.shift()
  }
  return connections.map((one) => purposes.get(one) ?? { reason: 'unknown', connection: null })
}

/** `before`: the latest last. */
function purposeOf(one: ConnectionFacts, before: readonly Earlier[]): ConnectionPurpose {
  if (one.initiation.kind === 'unseen') return { reason: 'unknown', connection: null }
  if (isUnused(one)) return { reason: 'preconnect', connection: null }
  const latest = before.at(-1)?.facts
  if (latest === undefined) return { reason: 'first', connection: null }
  if (!isEstablished(latest)) return { reason: 'retry', connection: latest.number }

  const left = leftFor(one, before)
  if (left !== null) return { reason: 'after-pause', connection: left.facts.number }
  const busy = before.findLast((other) => isBusyAt(other, one.start))
  if (busy !== undefined) return { reason: 'parallel', connection: busy.facts.number }
  return successorOf(before, one.start)
}

const isEstablished = (one: ConnectionFacts): boolean =>
  one.initiation.kind !== 'refused' && one.initiation.kind !== 'unanswered' && !isHalfOpen(one)

/** Established, and never a byte in it; of one that the server broke off nobody knows what it would have been used for. */
const isUnused = (one: ConnectionFacts): boolean =>
  isEstablished(one) &&
  one.payloadBytes.client === 0 &&
  one.payloadBytes.server === 0 &&
  !(one.termination.kind === 'reset' && one.termination.by === 'server')

function earlierOf(facts: ConnectionFacts): Earlier {
  const ended = facts.termination.segments[0]?.time ?? Number.POSITIVE_INFINITY
  return {
    facts,
    ended,
    useless: isUnused(facts) ? null : uselessSince(facts, ended),
  }
}

function uselessSince(facts: ConnectionFacts, ended: number): Earlier['useless'] {
  const connection = facts.number
  const closing = facts.exchanges.find((one) => one.connectionClose && one.end !== null)?.end
  if (closing != null && closing <= ended) {
    return { since: closing, purpose: { reason: 'connection-close', connection } }
  }
  if (ended === Number.POSITIVE_INFINITY) return null
  const reason = facts.termination.kind === 'reset' ? 'after-reset' : 'after-fin'
  return { since: ended, purpose: { reason, connection } }
}

/**
 * The connection that the client gave up in the middle of an append, to go on with the same upload on `one`: there it asks for
 * the offset, or sends the next bytes.
 */
function leftFor(one: ConnectionFacts, before: readonly Earlier[]): Earlier | null {
  const next = one.exchanges.find(({ upload }) => upload !== null)
  const action = next?.upload?.action
  if (next?.start == null || (action !== 'offset' && action !== 'append')) return null
  const url = next.upload?.url
  let latest: { readonly other: Earlier; readonly step: ExchangeFacts } | null = null
  for (const other of before) {
    const step = latestUpload(other.facts.exchanges, next.start)
    if (step === undefined || step.upload?.url !== url) continue
    if ((step.start ?? 0) >= (latest?.step.start ?? 0)) latest = { other, step }
  }
  return latest !== null && isLeft(latest.other, latest.step, one.start, next.start)
    ? latest.other
    : null
}

/** Its FIN, or the next request, came before the answer; and it was not the server that ended it. */
function isLeft(other: Earlier, step: ExchangeFacts, opened: number, next: number): boolean {
  if (step.upload?.action !== 'append') return false
  if (other.facts.termination.by === 'server' && other.ended <= opened) return false
  // What lay in the socket's buffer still went out: the request may even be complete.
  const answered = step.status === null ? Number.POSITIVE_INFINITY : (step.end ?? 0)
  return Math.min(other.ended, next) < answered
}

function latestUpload(exchanges: readonly ExchangeFacts[], time: number) {
  let index = countBefore(exchanges, time) - 1
  while (index >= 0 && exchanges[index]?.upload === null) index -= 1
  return exchanges[index]
}

/** An exchange is under way, or it is as new as the one that asks and was opened for a request of its own. */
function isBusyAt({ facts, ended }: Earlier, time: number): boolean {
  if (!isEstablished(facts) || ended <= time) return false
  const latest = facts.exchanges[countBefore(facts.exchanges, time) - 1]
  if (latest !== undefined) {
    return latest.status === null || latest.end === null ? facts.end > time : latest.end > time
  }
  const first = facts.exchanges[0]?.start ?? null
  return first !== null && first - facts.start <= 2 * (facts.initiation.duration ?? 0) + 0.05
}

/** How many exchanges began at `time` or earlier; they are in the order of their requests. */
function countBefore(exchanges: readonly ExchangeFacts[], time: number): number {
  let low = 0
  let high = exchanges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((exchanges[middle]?.start ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low
}

/** It follows the connection that was the last one to become useless, unless another one did so before and rests now. */
function successorOf(before: readonly Earlier[], time: number): ConnectionPurpose {
  let latest: Earlier['useless'] = null
  for (const { useless } of before) {
    if (useless === null || useless.since > time) continue
    if (latest === null || useless.since >= latest.since) latest = useless
  }
  const since = latest?.since ?? Number.POSITIVE_INFINITY
  const isReplaced = before.some(({ facts }) => facts.start >= since && !isUnused(facts))
  return latest === null || isReplaced ? { reason: 'unknown', connection: null } : latest.purpose
}
