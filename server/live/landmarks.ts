// The packets that tell a connection's story: of what gets old these are kept longest. Pure.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../captures/analysis.ts'

/** A head is seldom longer, in packets. */
const longestHead = 16

/** By number: handshakes and endings, and of each exchange the packets of its heads, its last byte and its answer. */
export function landmarksOf({ connections }: Analysis): Set<number> {
  const landmarks = new Set<number>()
  for (const connection of connections) {
    for (const packet of ends(connection)) landmarks.add(packet)
    for (const exchange of connection.exchanges) addExchange(landmarks, exchange)
  }
  return landmarks
}

function ends({ initiation, termination, firstPacket, lastPacket }: ConnectionAnalysis): number[] {
  return [
    firstPacket,
    lastPacket,
    ...initiation.packets,
    ...termination.packets,
    ...termination.segments.map(({ packet }) => packet),
  ]
}

function addExchange(landmarks: Set<number>, exchange: ExchangeAnalysis): void {
  const { requestPacket, headPacket, lastRequestPacket, responsePacket, lastResponsePacket } =
    exchange
  if (requestPacket !== null && headPacket !== null) {
    const last = Math.min(headPacket, requestPacket + longestHead)
    for (let packet = requestPacket; packet <= last; packet++) landmarks.add(packet)
  }
  for (const packet of [headPacket, lastRequestPacket, responsePacket, lastResponsePacket])
    if (packet !== null) landmarks.add(packet)
}
