// Which direction of each connection is the client's, and from where its numbers are counted. Columns and analysis in.
import type { Analysis, ConnectionAnalysis } from '../../../captures/analysis.ts'
import { Flag } from './classes.ts'
import type { FrameStore } from './frame-store.ts'

export interface Roles {
  /** The direction (0 or 1) in which the client of a connection sends. */
  clientDirection(connection: number): number
  /** Relative as Wireshark's `tcp.ack`. */
  relativeAck(index: number): number
}

const unknown = 2

export function rolesOf({ connections }: Analysis, store: FrameStore): Roles {
  const { columns, count } = store
  /** Raw number of relative 0, by 2 · connection + direction; NaN: that way nothing was captured. */
  const zero = new Float64Array(2 * connections.length).fill(Number.NaN)
  const sent = new Uint32Array(2 * connections.length)
  const caller = new Uint8Array(connections.length).fill(unknown)
  for (let index = 0; index < count; index++) {
    const connection = columns.connection[index] ?? 0
    const direction = columns.direction[index] ?? 0
    const key = 2 * connection + direction
    sent[key] = (sent[key] ?? 0) + 1
    if (Number.isNaN(zero[key]))
      zero[key] = (columns.rawSequence[index] ?? 0) - (columns.offset[index] ?? 0) - 1
    const flags = columns.flags[index] ?? 0
    if (flags & Flag.syn && caller[connection] === unknown)
      caller[connection] = flags & Flag.ack ? 1 - direction : direction
  }

  /** As the analysis found it: by the SYN, else by who sends requests, else by the ports, which only the counts betray here. */
  function clientOf({ number, exchanges, rolesFrom, packetsBy }: ConnectionAnalysis): number {
    const called = caller[number] ?? unknown
    if (rolesFrom === 'handshake' && called !== unknown) return called
    const request = exchanges.find(({ requestPacket }) => requestPacket !== null)?.requestPacket
    if (rolesFrom === 'http' && request != null)
      return columns.direction[store.indexOf(request)] ?? 0
    return sent[2 * number] === packetsBy.client ? 0 : 1
  }

  const client = Uint8Array.from(connections, clientOf)
  return {
    clientDirection: (connection) => client[connection] ?? 0,
    relativeAck(index) {
      const key = 2 * (columns.connection[index] ?? 0) + 1 - (columns.direction[index] ?? 0)
      const from = zero[key] ?? Number.NaN
      const raw = columns.rawAcknowledgement[index] ?? 0
      return Number.isNaN(from) ? raw : (((raw - from) % 2 ** 32) + 2 ** 32) % 2 ** 32
    },
  }
}
