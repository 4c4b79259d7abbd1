// The second phase: what lies between initiation and termination, at work and idle.
import type { ExchangeAnalysis, IdleGap, Maintenance, RttSummary } from '../analysis.ts'
import type { Exchange } from '../http/exchange.ts'
import { isPatch } from '../rules/patch.ts'
import type { Connection, Silence } from '../tcp/connection.ts'
import type { Stream } from '../tcp/stream.ts'
import { inSeconds, roundSeconds } from '../units.ts'
import { announcedTimeout } from './persistence.ts'
import { perRole, type Roles } from './roles.ts'

export function describeMaintenance(
  connection: Connection,
  roles: Roles,
  exchanges: readonly ExchangeAnalysis[],
  read: readonly Exchange[],
): Maintenance {
  const { counts, handshakeAck, endTime, first, lastTime } = connection
  const hasBegun = connection.packets > 0 && connection.lastPayloadTime >= 0
  const start = handshakeAck?.time ?? (hasBegun ? first.time : null)
  const end = start === null ? null : endTime >= 0 ? endTime : lastTime
  const span = start === null || end === null ? 0 : inSeconds(Math.max(0, end - start))
  const transfer = Math.min(span, busyTime(exchanges, end === null ? 0 : inSeconds(end)))
  return {
    exchanges: exchanges.length,
    patches: exchanges.filter(isPatch).length,
    start: start === null ? null : inSeconds(start),
    end: end === null ? null : inSeconds(end),
    transfer: roundSeconds(transfer),
    idle: roundSeconds(span - transfer),
    idleGaps: connection.silences.map((silence) => describeGap(silence, read)),
    ...counts,
    dataSegments: perRole(connection, roles, ({ dataSegments }) => dataSegments),
    largestSegment: perRole(connection, roles, ({ largestSegment }) => largestSegment),
    rtt: perRole(connection, roles, rttOf),
    maxBytesInFlight: perRole(connection, roles, ({ maxInFlight }) => maxInFlight),
  }
}

/** Seconds with at least one exchange under way. Exchanges come in the order of their requests. */
function busyTime(exchanges: readonly ExchangeAnalysis[], ended: number): number {
  let busy = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { start, end, responseStart } of exchanges) {
    const from = Math.max(until, start ?? responseStart ?? ended)
    const to = end ?? ended
    if (to <= from) continue
    busy += to - from
    until = to
  }
  return busy
}

function rttOf(stream: Stream): RttSummary | null {
  if (stream.rttSamples === 0) return null
  return {
    samples: stream.rttSamples,
    min: inSeconds(stream.rttMin),
    mean: inSeconds(stream.rttSum / stream.rttSamples),
    max: inSeconds(stream.rttMax),
  }
}

function describeGap(silence: Silence, exchanges: readonly Exchange[]): IdleGap {
  const { from, to, probes } = silence
  const current = exchangeAt(exchanges, from.packet)
  return {
    from: inSeconds(from.time),
    to: inSeconds(to?.time ?? from.time),
    fromPacket: from.packet,
    toPacket: silence.endedBy === 'capture' ? null : (to?.packet ?? null),
    kind: kindOf(silence, current),
    probes,
    announcedTimeout: announcedTimeout(exchanges, from.packet),
  }
}

/** The exchange of which the packet is a part that is not the last one; `null`: none is under way after it. */
function exchangeAt(exchanges: readonly Exchange[], packet: number): Exchange | null {
  const current = exchanges.findLast(
    ({ request, response }) =>
      (request ?? response)?.first.packet !== undefined &&
      ((request ?? response)?.first.packet ?? 0) <= packet,
  )
  if (current === undefined) return null
  const { response } = current
  return response !== null && response.to !== null && response.last.packet <= packet
    ? null
    : current
}

function kindOf(silence: Silence, current: Exchange | null): IdleGap['kind'] {
  if (current === null) return 'http-idle'
  if (silence.withZeroWindow) return 'zero-window'
  if (silence.endedBy === 'retransmission') return 'retransmission'
  const { request, response } = current
  const isSent =
    request === null || (request.to !== null && request.last.packet <= silence.from.packet)
  const isAnswered = response !== null && response.first.packet <= silence.from.packet
  return isSent && !isAnswered ? 'server' : 'sender-paused'
}
