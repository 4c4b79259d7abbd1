// What each connection was opened for: plain facts of all connections in, a reason for each out.
import type { ConnectionAnalysis, ConnectionPurpose, ExchangeAnalysis } from '../analysis.ts'

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
  readonly lastAppend: ExchangeFacts | undefined
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

  const left = before.findLast((other) => isLeftFor(other, one))
  if (left !== undefined) return { reason: 'after-pause', connection: left.facts.number }
  const busy = before.findLast((other) => isBusyAt(other, one.start))
  if (busy !== undefined) return { reason: 'parallel', connection: busy.facts.number }
  return successorOf(before, one.start)
}

const isEstablished = ({ initiation: { kind } }: ConnectionFacts): boolean =>
  kind !== 'refused' && kind !== 'unanswered'

/** Established, and never a byte in it. */
const isUnused = (one: ConnectionFacts): boolean =>
  isEstablished(one) && one.payloadBytes.client === 0 && one.payloadBytes.server === 0

function earlierOf(facts: ConnectionFacts): Earlier {
  const ended = facts.termination.segments[0]?.time ?? Number.POSITIVE_INFINITY
  return {
    facts,
    ended,
    lastAppend: facts.exchanges.findLast(({ upload }) => upload?.action === 'append'),
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
 * The client gave `other` up in the middle of an append and goes on with the same upload on `one`: it asks for the offset, or
 * sends the next bytes.
 */
function isLeftFor(other: Earlier, one: ConnectionFacts): boolean {
  const broken = other.lastAppend
  if (broken === undefined) return false
  const next = one.exchanges.find(({ upload }) => upload !== null)
  if (next?.start == null || next.upload?.url !== broken.upload?.url) return false
  if (next.upload?.action !== 'offset' && next.upload?.action !== 'append') return false
  if (other.facts.termination.by === 'server' && other.ended <= one.start) return false
  // The FIN, or the next request, came before the answer. What lay in the socket's buffer still went out: the request may
  // even be complete.
  const answered = broken.status === null ? Number.POSITIVE_INFINITY : (broken.end ?? 0)
  return (broken.start ?? 0) <= next.start && Math.min(other.ended, next.start) < answered
}

/** An exchange is under way, or it is as new as the one that asks and was opened for a request of its own. */
function isBusyAt({ facts, ended }: Earlier, time: number): boolean {
  if (!isEstablished(facts) || ended <= time) return false
  const latest = latestBefore(facts.exchanges, time)
  if (latest !== undefined) {
    return latest.status === null || latest.end === null ? facts.end > time : latest.end > time
  }
  const first = facts.exchanges[0]?.start ?? null
  return first !== null && first - facts.start <= 2 * (facts.initiation.duration ?? 0) + 0.05
}

/** The last exchange that began at `time` or earlier; they are in the order of their requests. */
function latestBefore(exchanges: readonly ExchangeFacts[], time: number) {
  let low = 0
  let high = exchanges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((exchanges[middle]?.start ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return exchanges[low - 1]
}

/** It follows the connection that was the last one to become useless. */
function successorOf(before: readonly Earlier[], time: number): ConnectionPurpose {
  let latest: Earlier['useless'] = null
  for (const { useless } of before) {
    if (useless === null || useless.since > time) continue
    if (latest === null || useless.since >= latest.since) latest = useless
  }
  return latest?.purpose ?? { reason: 'unknown', connection: null }
}
