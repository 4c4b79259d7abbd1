// Both streams of a connection in, its HTTP exchanges out. Heads are found by the lengths that heads tell: the bytes of
// bodies are never looked at.

import type { StreamConsumer } from '../tcp/piece.ts'
import { type Conversation, newConversation } from './conversation.ts'
import type { HttpReader, HttpReaderOptions } from './exchange.ts'
import { cutHead } from './head.ts'
import { endCut } from './lost.ts'
import { finishMessage, tellEarlyAnswer } from './message.ts'
import { type Stream, turnAway } from './stream.ts'
import { readPiece, skipTo } from './walk.ts'

export function createHttpReader(options: HttpReaderOptions = {}): HttpReader {
  const talk = newConversation(options)
  const [first, second] = talk.streams
  // What is read stands in the conversation itself: captures have hundreds of thousands of connections.
  return Object.assign(talk, {
    data(piece) {
      const stream = piece.direction === 0 ? first : second
      const end = piece.offset + piece.length
      if (end >= stream.quietUntil || end <= stream.position) {
        readPiece(talk, stream, piece)
      } else {
        stream.position = end
        stream.lastPacket = piece.packet
        stream.lastTime = piece.time
      }
    },
    gap(direction, _from, to, place) {
      const stream = talk.streams[direction]
      if (to > stream.position) skipTo(talk, stream, to, place)
    },
    end: (direction, how) => endStream(talk, talk.streams[direction], how),
    skippable: (direction) => talk.streams[direction].quietUntil,
  } satisfies StreamConsumer)
}

function endStream(talk: Conversation, stream: Stream, how: 'fin' | 'reset' | 'capture'): void {
  if (stream.hasEnded) return
  const last = { packet: stream.lastPacket, time: stream.lastTime }
  if (stream.state === 'head') cutHead(talk, stream, 'end')
  if (stream.state === 'until-close' && how === 'fin') finishMessage(talk, stream, last)
  endCut(talk, stream, how)
  const response = stream.message?.kind === 'request' ? stream.exchange?.response : null
  if (response) tellEarlyAnswer(talk, Number.POSITIVE_INFINITY, response.first.packet)
  turnAway(stream)
  stream.hasEnded = true
}
