// Who called and who was called, and how that is known.
import type { ConnectionAnalysis, PerRole } from '../analysis.ts'
import type { Connection } from '../tcp/connection.ts'
import type { Stream } from '../tcp/stream.ts'
import type { Direction, Role } from '../units.ts'

export interface Roles {
  readonly client: Direction
  readonly server: Direction
  readonly from: ConnectionAnalysis['rolesFrom']
}

/** The sender of the SYN; without one, of the requests; else the higher port, since servers have known ones. */
export function rolesOf(connection: Connection, requestDirection: Direction | null): Roles {
  const [first, second] = connection.streams
  if (first.syn !== null && !first.syn.withAck) return roles(0, 'handshake')
  if (second.syn !== null && !second.syn.withAck) return roles(1, 'handshake')
  if (first.syn !== null) return roles(1, 'handshake')
  if (second.syn !== null) return roles(0, 'handshake')
  if (requestDirection !== null) return roles(requestDirection, 'http')
  return roles(connection.ports[0] >= connection.ports[1] ? 0 : 1, 'ports')
}

const roles = (client: Direction, from: Roles['from']): Roles => ({
  client,
  server: client === 0 ? 1 : 0,
  from,
})

export const roleOf = ({ client }: Roles, direction: Direction): Role =>
  direction === client ? 'client' : 'server'

/** One figure of each stream, by role. */
export function perRole<T>(
  connection: Connection,
  { client, server }: Roles,
  figure: (stream: Stream) => T,
): PerRole<T> {
  return { client: figure(connection.streams[client]), server: figure(connection.streams[server]) }
}
