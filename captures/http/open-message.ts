// A message as its head tells it; its body is still to come.
import type { Place } from '../tcp/piece.ts'
import { contentLength } from './body-framing.ts'
import type { Fields, HeadCut } from './exchange.ts'
import type { StartLine } from './start-line.ts'
import type { OpenMessage, Stream } from './stream.ts'

export interface Head {
  readonly line: StartLine
  readonly fields: Fields
  /** Why its end was not captured; `null`: it was. */
  readonly cutBy: HeadCut | null
}

/** The head goes from `unitFrom` to the stream's position; `place` brought its last byte. */
export function newMessage(stream: Stream, head: Head, place: Place): OpenMessage {
  const { line, fields, cutBy: headCutBy } = head
  const isHeadCut = headCutBy !== null
  const headLast = { packet: place.packet, time: place.time }
  const isOnePacket = stream.unitPacket === place.packet
  const first = isOnePacket ? headLast : { packet: stream.unitPacket, time: stream.unitTime }
  const declaredLength = isHeadCut ? contentLength(fields) : null
  // Both written out: spreading what they share takes ten times as long, and there may be a million.
  return line.kind === 'request'
    ? {
        kind: 'request',
        method: line.method,
        target: line.target,
        version: line.version,
        fields,
        from: stream.unitFrom,
        headEnd: stream.position,
        to: null,
        bodyLength: 0,
        declaredLength,
        first,
        headLast,
        last: headLast,
        isHeadCut,
        headCutBy,
      }
    : {
        kind: 'response',
        status: line.status,
        version: line.version,
        fields,
        from: stream.unitFrom,
        headEnd: stream.position,
        to: null,
        bodyLength: 0,
        declaredLength,
        first,
        headLast,
        last: headLast,
        isHeadCut,
        headCutBy,
      }
}
