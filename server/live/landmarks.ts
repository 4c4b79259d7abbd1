// The packets that tell a connection's story: of what gets old these are kept longest. Pure.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../captures/analysis.ts'

/** A head is seldom longer, in packets. */
const longestHead = 16

/**
 * The connection of each: its handshake and ending, and of its exchanges the packets of the heads, the last byte and the
 * answer.
 */
export function landmarksOf({ connections }: Analysis): Map<number, ConnectionAnalysis> {
  const landmarks = new Map<number, ConnectionAnalysis>()
  for (const connection of connections) {
    for (const packet of endsOf(connection)) landmarks.set(packet, connection)
    for (const exchange of connection.exchanges)
      for (const packet of packetsOf(exchange)) landmarks.set(packet, connection)
  }
  return landmarks
}

/** Of its handshake and its ending. */
export function endsOf({
  initiation,
  termination,
  firstPacket,
  lastPacket,
}: ConnectionAnalysis): number[] {
  return [
    firstPacket,
    lastPacket,
    ...initiation.packets,
    ...termination.packets,
    ...termination.segments.map(({ packet }) => packet),
  ]
}

function packetsOf(exchange: ExchangeAnalysis): number[] {
  const { requestPacket, headPacket, lastRequestPacket, responsePacket, lastResponsePacket } =
    exchange
  const isLong = requestPacket !== null && headPacket !== null && headPacket > requestPacket
  const length = isLong ? Math.min(headPacket - requestPacket, longestHead) : 0
  const head = Array.from({ length }, (_, n) => (requestPacket ?? 0) + n)
  const places = [headPacket, lastRequestPacket, responsePacket, lastResponsePacket]
  return [...head, ...places.filter((packet) => packet !== null)]
}
