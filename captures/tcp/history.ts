// Zeek's connection history: a letter for each thing that happened first in each direction (Zeek's conn.log, field `history`).
import { Flag, type Segment } from '../packet/segment.ts'
import type { Connection } from './connection.ts'
import { Mark } from './observer.ts'
import type { Stream } from './stream.ts'

/** Letters that are told once for each direction. `H` is a SYN with ACK. */
const once = ['S', 'H', 'A', 'D', 'F', 'R'] as const
/** Letters that are told for the 1st, 10th, 100th … time. */
const steps = new Set([1, 10, 100, 1000, 10_000, 100_000, 1_000_000])
const repeated = Mark.retransmission | Mark.fastRetransmission | Mark.spuriousRetransmission

/** Capitals for direction 0. */
export function noteHistory(
  connection: Connection,
  stream: Stream,
  { flags, length }: Segment,
  marks: number,
): void {
  const isSyn = (flags & Flag.syn) !== 0
  const isBare = length === 0 && (flags & (Flag.syn | Flag.fin | Flag.rst)) === 0
  let seen = 0
  if (isSyn) seen |= (flags & Flag.ack) === 0 ? 1 : 2
  if (isBare) seen |= 4
  if (length > 0) seen |= 8
  if (flags & Flag.fin) seen |= 16
  if (flags & Flag.rst) seen |= 32
  const fresh = seen & ~stream.historyLetters
  if (fresh !== 0) {
    stream.historyLetters |= fresh
    for (let index = 0; index < once.length; index++)
      if (fresh & (1 << index)) write(connection, stream, once[index] ?? '')
  }
  if ((marks & repeated) !== 0 && length > 0) {
    stream.retransmissions += 1
    if (steps.has(stream.retransmissions)) write(connection, stream, 'T')
  }
  if (marks & Mark.zeroWindow) {
    stream.zeroWindows += 1
    if (steps.has(stream.zeroWindows)) write(connection, stream, 'W')
  }
}

/** A gap: bytes that were acknowledged but not captured. */
export function noteGap(connection: Connection, stream: Stream): void {
  write(connection, stream, 'G')
}

function write(connection: Connection, stream: Stream, letter: string): void {
  if (connection.history.length >= 64) return
  connection.history += stream === connection.streams[0] ? letter : letter.toLowerCase()
}
