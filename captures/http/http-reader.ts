// Both streams of a connection in, its HTTP exchanges out. Heads are found by the lengths that heads tell: the bytes of
// bodies are never looked at.
import { newConversation, type Stream, settle, turnAway } from './conversation.ts'
import type { HttpReader, HttpReaderOptions } from './exchange.ts'
import { cutHead } from './head.ts'
import { resolveCut, settleCut } from './lost.ts'
import { finishMessage, tellEarlyAnswer } from './message.ts'
import { readPiece, skipTo } from './walk.ts'

export function createHttpReader(options: HttpReaderOptions = {}): HttpReader {
  const talk = newConversation(options)
  const [first, second] = talk.streams
  return {
    data(piece) {
      const stream = piece.direction === 0 ? first : second
      const end = piece.offset + piece.length
      if (end >= stream.quietUntil || end <= stream.position) return readPiece(talk, stream, piece)
      stream.position = end
      stream.lastPacket = piece.packet
      stream.lastTime = piece.time
    },
    gap(direction, _from, to, place) {
      const stream = direction === 0 ? first : second
      if (to > stream.position) skipTo(talk, stream, to, place)
    },
    end(direction, how, place) {
      const stream = direction === 0 ? first : second
      if (stream.hasEnded) return
      if (stream.state === 'head') cutHead(talk, stream, place)
      if (stream.state === 'until-close' && how === 'fin') {
        finishMessage(talk, stream, { packet: stream.lastPacket, time: stream.lastTime })
      }
      endCut(stream, how)
      endMessage(stream)
      turnAway(stream)
      stream.hasEnded = true
    },
    skippable: (direction) => (direction === 0 ? first : second).quietUntil,
    get requestDirection() {
      return talk.requestDirection
    },
    get exchanges() {
      return talk.exchanges
    },
    get protocol() {
      return talk.protocol
    },
    framingBytes: talk.framingBytes,
    remarks: talk.remarks,
  }

  /** A FIN where the length of an answered message says that it ends: then it does. */
  function endCut(stream: Stream, how: 'fin' | 'reset' | 'capture'): void {
    const { cut } = stream
    if (cut === null) return
    settleCut(stream, { packet: stream.lastPacket, time: stream.lastTime })
    const isLengthKnown = cut.message.isHeadCut && cut.message.declaredLength !== null
    if (how === 'fin' && isLengthKnown && cut.exchange.response !== null) resolveCut(talk, stream)
  }

  function endMessage(stream: Stream): void {
    settle(stream)
    const { message, exchange } = stream
    if (message?.kind !== 'request') return
    tellEarlyAnswer(talk, Number.POSITIVE_INFINITY, exchange?.response?.first.packet)
  }
}
