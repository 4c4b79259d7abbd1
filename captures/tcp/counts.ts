// Adds up what the segments of a connection were found to be.
import type { Connection, Counts } from './connection.ts'
import { Mark } from './observer.ts'

const rows: readonly (readonly [mark: number, count: keyof Counts])[] = [
  [Mark.retransmission | Mark.fastRetransmission | Mark.spuriousRetransmission, 'retransmissions'],
  [Mark.fastRetransmission, 'fastRetransmissions'],
  [Mark.spuriousRetransmission, 'spuriousRetransmissions'],
  [Mark.outOfOrder, 'outOfOrder'],
  [Mark.duplicateAck, 'duplicateAcks'],
  [Mark.zeroWindow, 'zeroWindows'],
  [Mark.windowFull, 'windowFull'],
  [Mark.windowUpdate, 'windowUpdates'],
  [Mark.keepAlive, 'keepAliveProbes'],
  [Mark.keepAliveAck, 'keepAliveAnswers'],
  [Mark.zeroWindowProbe, 'zeroWindowProbes'],
]

export function noteCounts(connection: Connection, marks: number): void {
  const { counts } = connection
  for (const [mark, count] of rows) if ((marks & mark) !== 0) counts[count] += 1
  if (marks & (Mark.zeroWindow | Mark.zeroWindowProbe)) connection.sawZeroWindow = true
  if (marks & Mark.keepAlive) connection.probesSincePayload += 1
}
