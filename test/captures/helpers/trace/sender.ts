// What a simulated end sends, and when: data as far as the windows allow, retransmissions, probes, ACKs.
import { Flag, wrapped } from '../segment.ts'
import { encodeOptions } from '../tcp-options.ts'
import { type Clock, milliseconds } from './clock.ts'
import { optionsFor } from './end-options.ts'
import { dataEnd, type EndState, room, scalesWindows } from './end-state.ts'
import type { Transmit } from './path.ts'

export interface Sender {
  emit(flags: number, sequence: number, payload?: Uint8Array): void
  acknowledge(): void
  /** After a while, if nothing else goes before. */
  acknowledgeLater(): void
  /** The SYN, or the SYN+ACK, and again until it is answered. */
  open(): void
  /** As much as may be. */
  push(): void
  /** What is unacknowledged, from its beginning. */
  resend(): void
  /** All is acknowledged: nothing to send again. */
  settle(): void
  stop(): void
}

const mostRetries = 5
const mostProbes = 6
const delayedAck = milliseconds(40)
const firstTimeout = milliseconds(200)
const nothing = new Uint8Array(0)

export function createSender(clock: Clock, state: EndState, transmit: Transmit): Sender {
  const timers = { retransmit: () => {}, ack: () => {}, probe: () => {}, keepAlive: () => {} }

  function emit(flags: number, sequence: number, payload: Uint8Array = nothing): void {
    if (flags & Flag.ack) {
      timers.ack()
      state.owed = 0
    }
    transmit({
      time: clock.now,
      from: state.own,
      to: state.peer,
      flags,
      sequence: wrapped(state.isn + sequence),
      acknowledgement: flags & Flag.ack ? wrapped(state.peerIsn + state.expected) : 0,
      window: windowField(state, flags),
      options: encodeOptions(optionsFor(state, flags, clock.now)),
      payload,
      kept: Number.POSITIVE_INFINITY,
    })
    state.toldWindow = room(state)
    state.duplicate = null
    armKeepAlive()
  }

  /** The segment at `from`, as long as may be; returns where it ends. */
  function send(from: number, most: number): number {
    if (from === 0) {
      emit(state.phase === 'syn-received' ? Flag.syn | Flag.ack : Flag.syn, 0)
      return 1
    }
    const end = Math.min(dataEnd(state), from + most)
    const isAll = end === dataEnd(state)
    const takesFin = isAll && state.isClosing && (state.finWithData || from === end)
    if (takesFin) state.finAt = end
    const flags = Flag.ack | (isAll && end > from ? Flag.psh : 0) | (takesFin ? Flag.fin : 0)
    emit(flags, from, state.stream.subarray(from - 1, end - 1))
    return end + (takesFin ? 1 : 0)
  }

  function push(): void {
    if (state.phase !== 'open') return
    while (state.finAt === null) {
      const window = Math.min(state.peerWindow, state.congestionWindow)
      const allowed = state.unacknowledged + window - state.next
      const hasData = state.next < dataEnd(state)
      if (hasData ? allowed <= 0 : !state.isClosing) break
      state.next = send(state.next, hasData ? Math.min(state.mss * state.joined, allowed) : 0)
    }
    if (state.next > state.unacknowledged) armRetransmit()
    else if (dataEnd(state) > state.next && state.peerWindow === 0) armProbe()
  }

  function resend(): void {
    state.next = Math.max(state.next, send(state.unacknowledged, state.mss))
  }

  function armRetransmit(): void {
    timers.retransmit()
    timers.retransmit = clock.after(firstTimeout * 2 ** state.retries, () => {
      if (state.unacknowledged >= state.next || state.phase === 'gone') return
      state.retries += 1
      if (state.retries > mostRetries) {
        state.phase = 'gone'
        return
      }
      state.congestionWindow = state.mss
      state.recoverUpTo = state.next
      resend()
      armRetransmit()
    })
  }

  /** Window probes back off like retransmissions (RFC 9293 §3.8.6.1). */
  function armProbe(): void {
    timers.probe()
    timers.probe = clock.after(firstTimeout * 2 ** state.probes, () => {
      if (state.peerWindow > 0 || state.phase !== 'open' || state.probes >= mostProbes) return
      probe(state.probeBytes === 0 ? state.next - 1 : state.next)
      armProbe()
    })
  }

  /** After a silence with nothing outstanding (RFC 9293 §3.8.4). */
  function armKeepAlive(): void {
    const rests = () => state.phase === 'open' && !state.isClosing
    if (state.keepAlive === null || !rests()) return
    timers.keepAlive()
    timers.keepAlive = clock.after(state.keepAlive, () => {
      if (!rests() || state.next > state.unacknowledged || state.probes >= mostProbes) return
      probe(state.next - 1)
    })
  }

  function probe(sequence: number): void {
    state.probes += 1
    const byte = state.stream[sequence - 1] ?? 0
    emit(Flag.ack, sequence, new Uint8Array(state.probeBytes).fill(byte))
  }

  const acknowledge = () => emit(Flag.ack, state.next)
  return {
    emit,
    acknowledge,
    acknowledgeLater() {
      timers.ack()
      timers.ack = clock.after(delayedAck, acknowledge)
    },
    open() {
      state.next = send(0, 0)
      armRetransmit()
    },
    push,
    resend,
    settle: () => timers.retransmit(),
    stop() {
      for (const cancel of Object.values(timers)) cancel()
    },
  }
}

function windowField(state: EndState, flags: number): number {
  const isScaled = scalesWindows(state) && !(flags & Flag.syn)
  const shift = isScaled ? (state.windowScale ?? 0) : 0
  return Math.min(65_535, Math.floor(room(state) / 2 ** shift))
}
