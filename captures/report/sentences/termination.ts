// The end of a connection in words: who, how, after how long, and why. Analysis in, marked words out.
import type { ConnectionAnalysis, Termination, TerminationSegment } from '../../analysis.ts'
import { isLegible } from '../../rules/legible.ts'
import { type Role, unreachable } from '../../units.ts'
import type { Sentence } from '../prose.ts'
import { frame, frames, role, say } from '../prose.ts'
import { count, duration, greatest, size } from '../quantity.ts'

/** Who closed, when, in which form: the paragraph under the ladder. */
export function terminationSentences(connection: ConnectionAnalysis): Sentence[] {
  const { termination } = connection
  switch (termination.kind) {
    case 'fin':
      return [
        firstToClose(connection),
        ...formSentences(termination),
        timeWait(termination),
      ].filter(isSaid)
    case 'half-closed':
      return [firstToClose(connection), halfClosed(termination)].filter(isSaid)
    case 'reset':
      return resetSentences(termination)
    case 'open':
      return [
        say`The connection was still open when the capture ended${quietBeforeEnd(connection)}: no FIN and no RST is in the file.`,
      ]
    default:
      return unreachable(termination.kind)
  }
}

const isSaid = (sentence: Sentence) => sentence.length > 0

function quietBeforeEnd(connection: ConnectionAnalysis): string {
  const ends = connection.exchanges.flatMap((exchange) => exchange.end ?? [])
  if (ends.length === 0 || !isLegible(connection)) return ''
  return `, ${duration(Math.max(0, connection.end - greatest(ends)))} after its last exchange`
}

const other = (who: Role): Role => (who === 'client' ? 'server' : 'client')
const hasFlag = (segment: TerminationSegment, flag: string) => segment.what.includes(flag)

function finOf({ segments }: Termination, by: Role): TerminationSegment | undefined {
  return segments.find((segment) => segment.by === by && hasFlag(segment, 'FIN'))
}

/** The segment of `by` that acknowledges the other side's FIN. */
function ackOf({ segments }: Termination, fin: TerminationSegment): TerminationSegment | undefined {
  return segments.find(
    (segment) =>
      segment.by !== fin.by &&
      segment.packet > fin.packet &&
      hasFlag(segment, 'ACK') &&
      coversFin(segment, fin),
  )
}

function coversFin(segment: TerminationSegment, fin: TerminationSegment): boolean {
  if (segment.acknowledgement === null || fin.sequence === null) return true
  return segment.acknowledgement > fin.sequence + fin.length
}

function firstToClose(connection: ConnectionAnalysis): Sentence {
  const { termination, exchanges } = connection
  const isHttp = exchanges.length > 0 && isLegible(connection)
  const { by, idleBefore } = termination
  if (by === null) return say`Which side closed first is not captured.`
  const fin = finOf(termination, by)
  const when = idleBefore === null ? '' : `, ${afterLastByte(idleBefore, isHttp)}`
  const where = fin
    ? say` Its FIN is ${frames([fin.packet])}: it has nothing more to send (ESTABLISHED → FIN-WAIT-1).`
    : []
  const verb = termination.form === 'simultaneous' ? 'sent the first FIN' : 'closed first'
  return say`The ${role(by)} ${verb}${when}.${where}`
}

function afterLastByte(idle: number, isHttp: boolean): string {
  const what = isHttp ? 'the last byte of the last exchange' : 'the last byte'
  return idle < 1e-6 ? `together with ${what}` : `${duration(idle)} after ${what}`
}

function formSentences(termination: Termination): Sentence[] {
  const { by, form } = termination
  if (by === null || form === null) return []
  const first = finOf(termination, by)
  const second = finOf(termination, other(by))
  if (!first || !second) return []
  const last = ackOf(termination, second)
  const answerer = role(other(by))
  switch (form) {
    case 'three-segment':
      return [
        say`The ${answerer}'s answer, ${frames([second.packet])}, does two things at once: it acknowledges that FIN and carries the ${answerer}'s own (CLOSE-WAIT → LAST-ACK). Hence three segments instead of four.`,
        lastAck(by, last),
      ]
    case 'four-segment':
      return [acknowledgedFirst(termination, first, second), lastAck(by, last)]
    case 'simultaneous':
      return [
        say`Before that FIN arrived the ${answerer} had sent its own (${frames([second.packet])}): both closed at once. Each acknowledges the other's FIN (FIN-WAIT-1 → CLOSING → TIME-WAIT).`,
      ]
    default:
      return unreachable(form)
  }
}

function acknowledgedFirst(
  termination: Termination,
  first: TerminationSegment,
  second: TerminationSegment,
): Sentence {
  const ack = ackOf(termination, first)
  const answerer = role(other(first.by))
  const bytes = termination.bytesAfterFin[other(first.by)]
  const meanwhile = bytes > 0 ? say` and still sent ${size(bytes)}` : []
  const open = second.time - first.time
  const acknowledged =
    ack && ack.packet !== second.packet
      ? say`${frames([ack.packet])} acknowledges it (${role(first.by)} → FIN-WAIT-2, ${answerer} → CLOSE-WAIT).`
      : say`Its acknowledgement as a segment of its own is not captured.`
  return say`${capitalFrames(acknowledged)} For ${duration(open)} the connection was half-closed: the ${answerer} could still send${meanwhile}. Then the ${answerer} closed too, with the FIN of ${frames([second.packet])} (CLOSE-WAIT → LAST-ACK): four segments.`
}

const capitalFrames = ([first, ...rest]: Sentence): Sentence =>
  typeof first === 'string'
    ? [first.charAt(0).toUpperCase() + first.slice(1), ...rest]
    : first
      ? [first, ...rest]
      : []

function lastAck(by: Role, last: TerminationSegment | undefined): Sentence {
  if (!last) return say`The ACK of the second FIN is not captured.`
  return say`The ACK in frame ${frame(last.packet)} ends it: the ${role(other(by))} is CLOSED.`
}

const stateOf = ({ clientState, serverState }: TerminationSegment, side: Role) =>
  side === 'client' ? clientState : serverState

function timeWait({ by, segments, duration: seconds }: Termination): Sentence {
  const last = segments.at(-1)
  if (by === null || !last) return []
  const waiting = (['client', 'server'] as const).filter(
    (side) => stateOf(last, side) === 'TIME-WAIT',
  )
  const [who] = waiting
  const why = 'so that a late segment cannot disturb a new connection on the same ports'
  const waits =
    who === undefined
      ? []
      : waiting.length === 2
        ? say` Both ends stay in TIME-WAIT for a while, ${why}.`
        : say` The ${role(who)} stays in TIME-WAIT for a while, ${why}.`
  return say`From the first FIN to the last packet: ${duration(seconds)}.${waits}`
}

function halfClosed(termination: Termination): Sentence {
  const { by } = termination
  if (by === null) return []
  const rest = other(by)
  const bytes = termination.bytesAfterFin[rest]
  const sent = bytes > 0 ? say` It sent ${size(bytes)} more.` : []
  return say`The ${role(rest)} never closed its side as far as the capture goes: the connection is half-closed, the ${role(rest)} in CLOSE-WAIT.${sent}`
}

function resetSentences(termination: Termination): Sentence[] {
  const { by, unacknowledgedBytes, segments } = termination
  const rst = segments.find((segment) => hasFlag(segment, 'RST'))
  const where = rst ? say` (${frames([rst.packet])})` : []
  const who = by === null ? say`One side` : say`The ${role(by)}`
  const lost = (['client', 'server'] as const).flatMap((side) =>
    unacknowledgedBytes[side] > 0
      ? [
          say` ${size(unacknowledgedBytes[side])} that the ${role(side)} had sent were not acknowledged: whether they arrived cannot be told from this capture.`,
        ]
      : [],
  )
  const fin = segments.find(
    (segment) => hasFlag(segment, 'FIN') && segment.packet < (rst?.packet ?? 0),
  )
  const closed = fin
    ? say`whatever became of the FIN that the ${role(fin.by)} had sent before (${frames([fin.packet])})`
    : say`no FIN`
  return [
    say`${who} reset the connection${where}: an RST ends it at once for both sides, ${closed}, no TIME-WAIT.${moreResets(termination)}${lost.flat()}`,
  ]
}

/** Each segment that reaches a closed end brings one: so many within so short a time are one ending. */
const burstSeconds = 1

function moreResets({ by, resets, resetsBy, resetSpan }: Termination): Sentence {
  if (resets < 2) return []
  const isOneSided = by === null || resetsBy[by] === resets
  if (isOneSided && resetSpan < burstSeconds)
    return say` ${count(resets, 'RST')} came in a burst, one for each segment that was still on its way; the first is the one that counts.`
  const sides = isOneSided
    ? []
    : say` (${role('client')} ${String(resetsBy.client)}, ${role('server')} ${String(resetsBy.server)})`
  return say` ${count(resets, 'RST')} came in all${sides}, the last one ${duration(resetSpan)} after the first, which is the one that counts.`
}
