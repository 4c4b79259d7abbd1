// Which connection a segment belongs to, numbered as Wireshark numbers `tcp.stream`.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Direction } from '../units.ts'
import { type Connection, createConnection } from './connection.ts'
import { advance } from './sequence.ts'

export interface ConnectionTable {
  /** In the order of their first segments. */
  readonly connections: readonly Connection[]
  /** The connection of the segment; a new one where the capture shows none, or ports are used again. */
  find(segment: Segment): Connection
}

/** Connections seen lately are found without hashing: a power of two. */
const slots = 1024

export function createConnectionTable(): ConnectionTable {
  const connections: Connection[] = []
  // By the lower end, then by the higher: an end is address · 65536 + port, below 2⁵³.
  const byEnds = new Map<number, Map<number, Connection>>()
  const slotConnections: (Connection | null)[] = new Array(slots).fill(null)

  function add(segment: Segment, isReusedPorts: boolean): Connection {
    const connection = createConnection(
      connections.length,
      [segment.source, segment.destination],
      [segment.sourcePort, segment.destinationPort],
      { packet: segment.packet, time: segment.time },
      isReusedPorts,
    )
    connections.push(connection)
    const [low, high] = ends(segment)
    const row = byEnds.get(low) ?? new Map<number, Connection>()
    row.set(high, connection)
    byEnds.set(low, row)
    return connection
  }

  return {
    connections,
    find(segment) {
      const slot =
        ((segment.sourcePort ^ segment.destinationPort) +
          31 * (segment.source + segment.destination)) &
        (slots - 1)
      let connection = slotConnections[slot] ?? null
      if (connection === null || directionOf(connection, segment) < 0) {
        const [low, high] = ends(segment)
        connection = byEnds.get(low)?.get(high) ?? add(segment, false)
        slotConnections[slot] = connection
      }
      if (
        (segment.flags & (Flag.syn | Flag.ack)) === Flag.syn &&
        isOpenedAnew(connection, segment)
      ) {
        connection = add(segment, true)
        slotConnections[slot] = connection
      }
      return connection
    },
  }
}

/** Who sent a segment of this connection. */
export const directionIn = (connection: Connection, segment: Segment): Direction =>
  segment.sourcePort === connection.ports[0] && segment.source === connection.addresses[0] ? 0 : 1

/** −1: not of this connection. */
function directionOf(connection: Connection, segment: Segment): Direction | -1 {
  const { addresses, ports } = connection
  if (
    segment.sourcePort === ports[0] &&
    segment.destinationPort === ports[1] &&
    segment.source === addresses[0] &&
    segment.destination === addresses[1]
  )
    return 0
  return segment.sourcePort === ports[1] &&
    segment.destinationPort === ports[0] &&
    segment.source === addresses[1] &&
    segment.destination === addresses[0]
    ? 1
    : -1
}

/** A SYN with another ISN on the same ends is a new connection, with the same one a retransmission. */
function isOpenedAnew(connection: Connection, segment: Segment): boolean {
  const stream = connection.streams[directionOf(connection, segment) === 0 ? 0 : 1]
  return stream.isBased && advance(stream.base, -1) !== segment.sequence
}

function ends(segment: Segment): [low: number, high: number] {
  const source = segment.source * 65_536 + segment.sourcePort
  const destination = segment.destination * 65_536 + segment.destinationPort
  return source < destination ? [source, destination] : [destination, source]
}
