// One connection, from what was followed to the analysis document.
import type { ConnectionAnalysis, ExchangeUpload, Warning } from '../analysis.ts'
import type { Exchange, HttpReader } from '../http/exchange.ts'
import type { AddressTable } from '../packet/addresses.ts'
import type { Connection } from '../tcp/connection.ts'
import { type Endpoint, inSeconds, type Nanoseconds } from '../units.ts'
import { describeExchange } from './exchange.ts'
import { describeInitiation } from './initiation.ts'
import { describeMaintenance } from './maintenance.ts'
import type { Told } from './quality.ts'
import { perRole, type Roles, rolesOf } from './roles.ts'
import { describeTermination } from './termination.ts'

/** A connection while the capture is read, with the reader of its streams. */
export interface Followed {
  readonly connection: Connection
  readonly http: HttpReader
  /** When the last byte of a request was acknowledged, by number of the exchange (ns). */
  readonly acknowledged: Map<number, Nanoseconds>
  /** Index of the first exchange of which that is not known. */
  awaited: number
}

/** A connection as told, and what the later stages still need of it. */
export interface ToldConnection extends Told {
  readonly exchanges: readonly Exchange[]
  readonly remarks: readonly Warning[]
}

/** What senders wait at least before they send again (RFC 6298 §2.4 asks for 1 s, systems take 200 ms). */
const shortestTimer: Nanoseconds = 200e6

/** What it was opened for is not known yet: see `uploads.ts`. */
export function describeConnection(
  followed: Followed,
  uploads: ReadonlyMap<Exchange, ExchangeUpload>,
  addresses: AddressTable,
): ToldConnection {
  const { connection, http, acknowledged } = followed
  const roles = rolesOf(connection, http.requestDirection)
  const { exchanges } = http
  const context = {
    waits: connection.streams[roles.client].waits,
    acknowledged,
    retransmissionTimer: shortestTimer + Math.max(0, connection.initialRtt),
  }
  const described = exchanges.map((exchange, index) =>
    describeExchange(
      exchange,
      exchanges[index - 1] ?? null,
      uploads.get(exchange) ?? null,
      context,
    ),
  )
  const initiation = describeInitiation(connection, roles)
  const analysis: ConnectionAnalysis = {
    number: connection.number,
    client: endpointOf(connection, roles, 'client', addresses),
    server: endpointOf(connection, roles, 'server', addresses),
    rolesFrom: roles.from,
    packets: connection.packets,
    start: inSeconds(connection.first.time),
    end: inSeconds(connection.lastTime),
    firstPacket: connection.first.packet,
    lastPacket: connection.lastPacket,
    payloadBytes: perRole(connection, roles, ({ uniqueBytes }) => uniqueBytes),
    retransmittedBytes: perRole(connection, roles, (stream) => stream.retransmittedBytes),
    missingBytes: perRole(connection, roles, ({ missingBytes }) => missingBytes),
    headerBytes: {
      client: http.framingBytes[roles.client],
      server: http.framingBytes[roles.server],
    },
    packetsBy: perRole(connection, roles, ({ packets }) => packets),
    wireBytes: perRole(connection, roles, ({ wireBytes }) => wireBytes),
    history: roles.client === 0 ? connection.history : flipped(connection.history),
    protocol: http.protocol,
    purpose: { reason: 'unknown', connection: null },
    initiation,
    maintenance: describeMaintenance(connection, roles, described, exchanges),
    termination: describeTermination(connection, roles, initiation, http),
    exchanges: described,
  }
  return {
    followed: connection,
    roles,
    analysis,
    exchanges,
    hasCutHeads: described.some(({ headCutBy }) => headCutBy === 'snapshot'),
    remarks: [...laterOne(connection), ...http.remarks],
  }
}

function laterOne({ number, laterOne: place }: Connection): Warning[] {
  if (place === null) return []
  const text = `from here on connection ${number} is a later one on the same ports (a SYN+ACK with another initial sequence number) of which the SYN was not captured: its packets are counted, but not explained`
  return [{ packet: place.packet, text }]
}

function endpointOf(
  { addresses: numbers, ports }: Connection,
  roles: Roles,
  role: 'client' | 'server',
  addresses: AddressTable,
): Endpoint {
  const direction = roles[role]
  return { address: addresses.text(numbers[direction]), port: ports[direction] }
}

/** Capitals are the client's. */
function flipped(history: string): string {
  return [...history]
    .map((letter) =>
      letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
    )
    .join('')
}
