// One end of a simulated TCP connection: sends, acknowledges, sends again, probes and closes much as Linux does.
import { Flag, type TestSegment, wrapped } from '../segment.ts'
import type { Clock } from './clock.ts'
import { timestampOf } from './end-options.ts'
import type { Application, End, EndSettings } from './end-settings.ts'
import { createState, leastRoom, room } from './end-state.ts'
import type { Transmit } from './path.ts'
import { createReceiver } from './receiver.ts'
import { createSender } from './sender.ts'

export function createEnd(
  clock: Clock,
  settings: EndSettings,
  transmit: Transmit,
  application: Application,
): End {
  const state = createState(settings)
  const sender = createSender(clock, state, transmit)
  const receive = createReceiver(state, sender, application)
  const mayWrite = () => !state.isClosing && state.phase !== 'gone'

  function vanish(): void {
    state.phase = 'gone'
    sender.stop()
  }

  return {
    connect() {
      state.phase = 'syn-sent'
      sender.open()
    },
    write(bytes) {
      if (!mayWrite()) return
      state.stream = Buffer.concat([state.stream, bytes])
      sender.push()
    },
    close() {
      if (!mayWrite()) return
      state.isClosing = true
      sender.push()
    },
    abort() {
      if (state.phase === 'gone') return
      sender.emit(Flag.rst | Flag.ack, state.next)
      vanish()
    },
    vanish,
    setReading(isReading) {
      state.isReading = isReading
      if (!isReading) return
      state.readUpTo = state.expected
      const wasClosed = state.toldWindow < leastRoom(state)
      if (state.phase === 'open' && wasClosed && room(state) > 0) sender.acknowledge()
    },
    deliver(segment) {
      const isReset = (segment.flags & Flag.rst) !== 0
      if (state.phase === 'gone') {
        if (!isReset) transmit({ ...resetFor(segment), time: clock.now })
      } else if (isReset) {
        vanish()
        application.reset()
      } else {
        state.peerClock = timestampOf(segment.options) ?? state.peerClock
        receive(segment)
      }
    },
  }
}

/** What an end without that connection answers (RFC 9293 §3.5.2). */
function resetFor(segment: TestSegment): TestSegment {
  const { flags, sequence, payload } = segment
  const hasAck = (flags & Flag.ack) !== 0
  const length = payload.length + (flags & (Flag.syn | Flag.fin) ? 1 : 0)
  return {
    ...segment,
    from: segment.to,
    to: segment.from,
    flags: hasAck ? Flag.rst : Flag.rst | Flag.ack,
    sequence: hasAck ? segment.acknowledgement : 0,
    acknowledgement: hasAck ? 0 : wrapped(sequence + length),
    window: 0,
    options: new Uint8Array(0),
    payload: new Uint8Array(0),
  }
}
