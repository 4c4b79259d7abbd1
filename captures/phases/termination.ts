// The third phase: from the first FIN or RST to the last packet (RFC 9293 §3.6), who, how, and why.
import type { Initiation, Termination, TerminationSegment } from '../analysis.ts'
import type { Exchange, HttpReader } from '../http/exchange.ts'
import { Flag } from '../packet/segment.ts'
import { isLegible } from '../rules/legible.ts'
import type { Connection, EndSegment } from '../tcp/connection.ts'
import type { Stream } from '../tcp/stream.ts'
import { inSeconds, type Role } from '../units.ts'
import { announcedTimeout, asksToClose } from './persistence.ts'
import { perRole, type Roles, roleOf } from './roles.ts'
import { after, type EndEvent, established } from './states.ts'

/** A server that closes after so long without a request, and has not said when it would, is taken to have lost patience. */
const patienceSeconds = 1
/** Servers announce whole seconds, and look at their clocks now and then. */
const earlySeconds = 0.5

export function describeTermination(
  connection: Connection,
  roles: Roles,
  initiation: Initiation,
  { exchanges, protocol }: Pick<HttpReader, 'exchanges' | 'protocol'>,
): Termination {
  const kind = kindOf(connection)
  const by = endedBy(connection, roles, kind)
  const idleBefore =
    connection.endTime < 0 || connection.payloadTimeAtEnd < 0
      ? null
      : inSeconds(connection.endTime - connection.payloadTimeAtEnd)
  const payloadBytes = perRole(connection, roles, ({ uniqueBytes }) => uniqueBytes)
  const legible = isLegible({ protocol, payloadBytes, initiation })
  return {
    kind,
    by,
    packets: connection.ending
      .filter((segment) => segment.isFin || segment.acknowledgesFin || isReset(segment))
      .map(({ place }) => place.packet),
    duration: connection.endTime < 0 ? 0 : inSeconds(connection.lastTime - connection.endTime),
    segments: segmentsOf(connection, roles),
    form: formOf(connection.ending),
    cause: legible
      ? causeOf(connection, kind, by, initiation, exchanges, idleBefore)
      : bareCauseOf(kind, by),
    idleBefore,
    bytesAfterFin: perRole(connection, roles, ({ bytesAfterFin }) => bytesAfterFin),
    unacknowledgedBytes: perRole(connection, roles, unacknowledgedOf),
    resets: connection.streams[0].resets + connection.streams[1].resets,
    resetsBy: perRole(connection, roles, ({ resets }) => resets),
    resetSpan:
      connection.firstReset === null
        ? 0
        : inSeconds(Math.max(0, connection.lastResetTime - connection.firstReset.time)),
  }
}

const isReset = (segment: EndSegment): boolean => (segment.flags & Flag.rst) !== 0

function kindOf({ streams: [first, second], firstReset }: Connection): Termination['kind'] {
  const areBothClosed = first.fin !== null && second.fin !== null
  if (firstReset !== null) {
    const lastFin = Math.max(first.fin?.packet ?? 0, second.fin?.packet ?? 0)
    return areBothClosed && firstReset.packet > lastFin ? 'fin' : 'reset'
  }
  if (areBothClosed) return 'fin'
  return first.fin !== null || second.fin !== null ? 'half-closed' : 'open'
}

function endedBy(connection: Connection, roles: Roles, kind: Termination['kind']): Role | null {
  if (kind === 'open') return null
  if (kind === 'reset') return roleOf(roles, connection.firstResetBy)
  const [first, second] = connection.streams
  const isFirst = (first.fin?.packet ?? Infinity) < (second.fin?.packet ?? Infinity)
  return roleOf(roles, isFirst ? 0 : 1)
}

function segmentsOf(connection: Connection, roles: Roles): TerminationSegment[] {
  let states = established
  return connection.ending.map((segment) => {
    const by = roleOf(roles, segment.direction)
    const events: EndEvent[] = []
    if (segment.isFin) events.push('fin')
    if (segment.acknowledgesFin) events.push('acknowledges-fin')
    if (isReset(segment)) events.push('reset')
    states = after(states, by, events)
    return {
      packet: segment.place.packet,
      time: inSeconds(segment.place.time),
      by,
      what: wordsOf(segment),
      // Wireshark counts from 1: the SYN is 0.
      sequence: segment.offset + 1,
      acknowledgement: segment.acknowledged === null ? null : segment.acknowledged + 1,
      length: segment.length,
      clientState: states.client,
      serverState: states.server,
    }
  })
}

const flagNames: readonly (readonly [number, string])[] = [
  [Flag.fin, 'FIN'],
  [Flag.rst, 'RST'],
  [Flag.psh, 'PSH'],
  [Flag.ack, 'ACK'],
]

function wordsOf({ flags, length }: EndSegment): string {
  const names = flagNames.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
  const isPlainData = length > 0 && (flags & (Flag.fin | Flag.rst)) === 0
  return isPlainData ? 'data' : names.join(', ')
}

function formOf(ending: readonly EndSegment[]): Termination['form'] {
  const fins = ending.filter(({ isFin }) => isFin)
  const [first, second] = fins
  if (first === undefined || second === undefined) return null
  if (second.acknowledgesFin) return 'three-segment'
  const isAcknowledged = ending.some(
    ({ acknowledgesFin, direction, place }) =>
      acknowledgesFin && direction === second.direction && place.packet < second.place.packet,
  )
  return isAcknowledged ? 'four-segment' : 'simultaneous'
}

/** Where no exchange can be read: only what the segments themselves show. */
function bareCauseOf(kind: Termination['kind'], by: Role | null): Termination['cause'] {
  if (kind === 'open' || by === null) return 'not-ended'
  if (kind === 'reset') return 'unknown'
  return by === 'client' ? 'client-close' : 'server-close'
}

function causeOf(
  connection: Connection,
  kind: Termination['kind'],
  by: Role | null,
  initiation: Initiation,
  exchanges: readonly Exchange[],
  idleBefore: number | null,
): Termination['cause'] {
  if (kind === 'open' || by === null) return 'not-ended'
  if (initiation.kind === 'refused') return 'refused'
  const endPacket = connection.ending[0]?.place.packet ?? connection.lastPacket
  const last = exchanges.findLast(
    ({ request, response }) => ((request ?? response)?.first.packet ?? Infinity) <= endPacket,
  )
  const isLastOne = last !== undefined && (asksToClose(last.request) || asksToClose(last.response))
  const isInRequest = last !== undefined && last.request !== null && last.request.to === null
  const isInExchange =
    isInRequest || (last !== undefined && (last.response === null || last.response.to === null))
  if (isInRequest && last.response !== null && by === 'server') return 'early-response'
  if (kind === 'reset') return isInExchange ? 'reset-in-exchange' : 'reset-idle'
  if (by === 'client') {
    // Given up: in the middle of what it sent, or before the answer to that was there. A download or a stream of events that is
    // left is a close like any other.
    const isAsking = last?.request?.method === 'GET' || last?.request?.method === 'HEAD'
    if (isInExchange && !isAsking) return 'client-pause'
    return isLastOne ? 'connection-close' : 'client-close'
  }
  if (isLastOne) return 'connection-close'
  if (isInExchange || idleBefore === null) return 'server-close'
  const announced = announcedTimeout(exchanges, endPacket)
  const patience = announced === null ? patienceSeconds : announced - earlySeconds
  return idleBefore >= patience ? 'server-idle-timeout' : 'server-close'
}

/** Sent, but not acknowledged, when the connection ended. */
function unacknowledgedOf(stream: Stream): number {
  if (!stream.hasNext) return 0
  const end = stream.fin === null ? stream.nextOffset : stream.finOffset
  return Math.max(0, end - Math.max(0, stream.acknowledged))
}
