// What a simulated end does with a segment that reaches it (RFC 9293 §3.10.7).
import { Flag, type TestSegment, wrapped } from '../segment.ts'
import { readOffers } from './end-options.ts'
import type { Application } from './end-settings.ts'
import { type EndState, room, scalesWindows } from './end-state.ts'
import { add, advance } from './ranges.ts'
import type { Sender } from './sender.ts'

const dupAcksToResend = 3

/** Takes a segment of a connection that is there; no RST. */
export function createReceiver(
  state: EndState,
  sender: Sender,
  application: Application,
): (segment: TestSegment) => void {
  function takeSyn(segment: TestSegment): void {
    readOffers(state, segment.options)
    const hasAck = (segment.flags & Flag.ack) !== 0
    switch (state.phase) {
      case 'listening':
        state.phase = 'syn-received'
        state.expected = 1
        sender.open()
        break
      case 'syn-sent':
        state.expected = 1
        if (hasAck) connected(segment)
        else {
          // Both called at once (RFC 9293 §3.5, figure 7).
          state.phase = 'syn-received'
          sender.emit(Flag.syn | Flag.ack, 0)
        }
        break
      case 'syn-received':
        if (hasAck) takeAck(segment)
        else sender.emit(Flag.syn | Flag.ack, 0)
        break
      default:
        sender.acknowledge()
    }
  }

  function connected(segment: TestSegment): void {
    state.unacknowledged = 1
    state.phase = 'open'
    state.retries = 0
    sender.settle()
    state.peerWindow = segment.window
    sender.acknowledge()
    application.connected()
  }

  function takeAck(segment: TestSegment): void {
    const { isn, mss, next } = state
    const before = state.unacknowledged
    const acknowledged = before + ((segment.acknowledgement - wrapped(isn + before)) | 0)
    const isScaled = scalesWindows(state) && !(segment.flags & Flag.syn)
    const window = segment.window * (isScaled ? 2 ** state.offered.shift : 1)
    const isUpdate = window !== state.peerWindow
    if (acknowledged > next || acknowledged < before) return
    state.peerWindow = window
    if (state.phase === 'syn-received' && acknowledged >= 1) {
      state.phase = 'open'
      application.connected()
    }
    if (acknowledged > before) {
      state.congestionWindow += Math.min(acknowledged - before, 2 * mss)
      state.unacknowledged = acknowledged
      state.retries = 0
      state.duplicateAcks = 0
      state.probes = 0
      sender.settle()
      if (acknowledged < state.recoverUpTo) sender.resend()
    } else if (segment.payload.length === 0 && state.next > before && !isUpdate) {
      state.duplicateAcks += 1
      if (state.duplicateAcks === dupAcksToResend) {
        state.recoverUpTo = state.next
        state.congestionWindow = Math.max(2 * mss, Math.floor(state.congestionWindow / 2))
        sender.resend()
      }
    }
    sender.push()
  }

  function takeData(segment: TestSegment): void {
    const { expected, peerIsn } = state
    const from = expected + ((segment.sequence - wrapped(peerIsn + expected)) | 0)
    const to = from + segment.payload.length
    const isFin = (segment.flags & Flag.fin) !== 0
    if (to === from && !isFin) {
      if (from < expected) sender.acknowledge()
      return
    }
    const isOld = to + (isFin ? 1 : 0) <= expected
    if (isOld && to - from > 1) state.duplicate = [from, to]
    if (isOld || (to > from && from >= expected + room(state))) sender.acknowledge()
    else accept(from, to, isFin)
  }

  function accept(from: number, to: number, isFin: boolean): void {
    const { expected, behind } = state
    if (isFin) state.peerFinAt = to
    const reached = advance(add(behind, [from, to]), expected)
    const isFinished = reached.to === state.peerFinAt
    state.expected = reached.to + (isFinished ? 1 : 0)
    state.behind = reached.left
    state.owed += 1
    if (state.isReading) state.readUpTo = state.expected
    const isUrgent = from > expected || behind.length > 0 || isFinished
    if (isUrgent || state.owed >= state.ackEvery) sender.acknowledge()
    else sender.acknowledgeLater()
    if (state.expected > expected) application.received(reached.to - 1)
    if (isFinished) application.finished()
  }

  return (segment) => {
    if (segment.flags & Flag.syn) {
      takeSyn(segment)
      return
    }
    if (segment.flags & Flag.ack) takeAck(segment)
    if (state.phase === 'open') takeData(segment)
  }
}
