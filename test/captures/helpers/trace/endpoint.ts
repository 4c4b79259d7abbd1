// One end of a simulated TCP connection: sends, acknowledges, sends again, probes and closes much as Linux does.
// Numbers are counted from the ISN and never wrap: the SYN is 0, the first byte 1.
import type { Endpoint as Address } from '../../../../captures/units.ts'
import { Flag, type TestSegment, wrapped } from '../segment.ts'
import { encodeOptions, type TcpOption } from '../tcp-options.ts'
import type { Clock } from './clock.ts'
import { milliseconds } from './clock.ts'
import type { Transmit } from './path.ts'
import { add, advance, type Range } from './ranges.ts'

export interface EndSettings {
  readonly own: Address
  readonly peer: Address
  readonly isn: number
  readonly peerIsn: number
  readonly mss: number
  /** `null`: not offered. */
  readonly windowScale: number | null
  readonly sack: boolean
  readonly timestamps: boolean
  /** Bytes that it keeps for an application that doesn't read. */
  readonly buffer: number
  /** Segments of one packet: above 1 as an offloading interface shows them. */
  readonly joined: number
  /** ACK after so many segments with data. */
  readonly ackEvery: number
  /** Of a keep-alive or window probe: Linux sends none, others one byte. */
  readonly probeBytes: 0 | 1
  /** ns of silence; `null`: no probes. */
  readonly keepAlive: number | null
  /** The FIN goes with the last data where there is some. */
  readonly finWithData: boolean
}

/** What the application of an end hears. */
export interface Application {
  connected(): void
  /** So many bytes of the peer's stream are here by now. */
  received(bytes: number): void
  finished(): void
  reset(): void
}

export interface End {
  connect(): void
  /** From now on there is no such connection: what comes is refused. */
  vanish(): void
  write(bytes: Uint8Array): void
  /** FIN, when all is sent. */
  close(): void
  /** RST, now. */
  abort(): void
  /** The application stops taking bytes, or goes on. */
  setReading(isReading: boolean): void
  deliver(segment: TestSegment): void
}

type State = 'closed' | 'listening' | 'syn-sent' | 'syn-received' | 'open' | 'gone'

const mostRetries = 5
const mostProbes = 6
const delayedAck = milliseconds(40)
const firstTimeout = milliseconds(200)

export function createEnd(
  clock: Clock,
  settings: EndSettings,
  transmit: Transmit,
  application: Application,
): End {
  const { own, peer, isn, peerIsn, mss, buffer } = settings
  let state: State = 'listening'
  let peerOffers = { windowScale: false, sack: false, timestamps: false, shift: 0 }

  // Sending.
  let stream = Buffer.alloc(0)
  let unacknowledged = 0
  let next = 0
  let congestionWindow = 10 * mss
  let peerWindow = 65_535
  let recoverUpTo = 0
  let duplicates = 0
  let isClosing = false
  let finAt: number | null = null
  let retries = 0
  let probes = 0

  // Receiving.
  let expected = 0
  let behind: Range[] = []
  let peerFinAt: number | null = null
  let readUpTo = 1
  let isReading = true
  let owedSegments = 0
  let told: { window: number; duplicate: Range | null } = { window: buffer, duplicate: null }
  let peerClock = 0

  const timers: Record<'retransmit' | 'ack' | 'probe' | 'keepAlive', () => void> = {
    retransmit: () => {},
    ack: () => {},
    probe: () => {},
    keepAlive: () => {},
  }

  const dataEnd = () => 1 + stream.length
  const scales = () => settings.windowScale !== null && peerOffers.windowScale
  const room = () => {
    const free = buffer - Math.max(0, Math.min(expected, peerFinAt ?? expected) - readUpTo)
    return free < Math.min(mss, buffer / 2) ? 0 : free
  }

  function windowField(flags: number): number {
    const shift = scales() && !(flags & Flag.syn) ? (settings.windowScale ?? 0) : 0
    return Math.min(65_535, Math.floor(room() / 2 ** shift))
  }

  function options(flags: number): TcpOption[] {
    const isSyn = (flags & Flag.syn) !== 0
    const isAnswer = isSyn && (flags & Flag.ack) !== 0
    const offers = (own: boolean, theirs: boolean) => own && (!isAnswer || theirs)
    const list: TcpOption[] = []
    if (isSyn) list.push({ kind: 'mss', value: mss })
    if (isSyn && offers(settings.sack, peerOffers.sack)) list.push({ kind: 'sackOK' })
    const hasTimestamps = isSyn
      ? offers(settings.timestamps, peerOffers.timestamps)
      : settings.timestamps && peerOffers.timestamps
    if (hasTimestamps) {
      const value = Math.floor(clock.now / 1e6) + 1000
      if (!isSyn) list.push({ kind: 'nop' }, { kind: 'nop' })
      list.push({ kind: 'timestamps', value, echo: peerClock })
    }
    if (isSyn && settings.windowScale !== null && offers(true, peerOffers.windowScale)) {
      list.push({ kind: 'nop' }, { kind: 'wscale', shift: settings.windowScale })
    }
    if (isSyn || !settings.sack || !peerOffers.sack || !(flags & Flag.ack)) return list
    const blocks = [...(told.duplicate ? [told.duplicate] : []), ...behind].slice(0, 3)
    if (blocks.length === 0) return list
    const edge = (at: number) => wrapped(peerIsn + at)
    list.push({ kind: 'nop' }, { kind: 'nop' })
    list.push({ kind: 'sack', blocks: blocks.map(([from, to]) => [edge(from), edge(to)]) })
    return list
  }

  function emit(flags: number, sequence: number, payload: Uint8Array = new Uint8Array(0)): void {
    if (flags & Flag.ack) {
      timers.ack()
      owedSegments = 0
    }
    transmit({
      time: clock.now,
      from: own,
      to: peer,
      flags,
      sequence: wrapped(isn + sequence),
      acknowledgement: flags & Flag.ack ? wrapped(peerIsn + expected) : 0,
      window: windowField(flags),
      options: encodeOptions(options(flags)),
      payload,
      kept: Number.POSITIVE_INFINITY,
    })
    told = { window: room(), duplicate: null }
    keepAlive()
  }

  const acknowledge = () => emit(Flag.ack, next)

  /** The segment at `from`, as long as may be; returns where it ends. */
  function sendData(from: number, most: number): number {
    if (from === 0) {
      emit(state === 'syn-received' ? Flag.syn | Flag.ack : Flag.syn, 0)
      return 1
    }
    const end = Math.min(dataEnd(), from + most)
    const isAll = end === dataEnd()
    const takesFin = isAll && isClosing && (settings.finWithData || from === dataEnd())
    if (takesFin) finAt = end
    const flags = Flag.ack | (isAll && end > from ? Flag.psh : 0) | (takesFin ? Flag.fin : 0)
    emit(flags, from, stream.subarray(from - 1, end - 1))
    return end + (takesFin ? 1 : 0)
  }

  function push(): void {
    if (state !== 'open') return
    while (finAt === null) {
      const allowed = unacknowledged + Math.min(peerWindow, congestionWindow) - next
      const hasData = next < dataEnd()
      if (hasData ? allowed <= 0 : !isClosing) break
      next = sendData(next, hasData ? Math.min(mss * settings.joined, allowed) : 0)
    }
    if (next > unacknowledged) armRetransmit()
    else if (dataEnd() > next && peerWindow === 0) armProbe()
  }

  function armRetransmit(): void {
    timers.retransmit()
    timers.retransmit = clock.after(firstTimeout * 2 ** retries, () => {
      if (unacknowledged >= next || state === 'gone') return
      retries += 1
      if (retries > mostRetries) {
        state = 'gone'
        return
      }
      congestionWindow = mss
      recoverUpTo = next
      resend()
      armRetransmit()
    })
  }

  function resend(): void {
    next = Math.max(next, sendData(unacknowledged, mss))
  }

  /** Window probes back off like retransmissions (RFC 9293 §3.8.6.1). */
  function armProbe(): void {
    timers.probe()
    timers.probe = clock.after(firstTimeout * 2 ** probes, () => {
      if (peerWindow > 0 || state !== 'open' || probes >= mostProbes) return
      probes += 1
      sendProbe(settings.probeBytes === 0 ? next - 1 : next)
      armProbe()
    })
  }

  /** After a silence with nothing outstanding (RFC 9293 §3.8.4). */
  function keepAlive(): void {
    if (settings.keepAlive === null || state !== 'open' || isClosing) return
    timers.keepAlive()
    timers.keepAlive = clock.after(settings.keepAlive, () => {
      if (state !== 'open' || isClosing || next > unacknowledged || probes >= mostProbes) return
      probes += 1
      sendProbe(next - 1)
    })
  }

  function sendProbe(sequence: number): void {
    const byte = stream[sequence - 1] ?? 0
    emit(Flag.ack, sequence, new Uint8Array(settings.probeBytes).fill(byte))
  }

  function vanish(): void {
    state = 'gone'
    for (const cancel of Object.values(timers)) cancel()
  }

  function takeSyn(segment: TestSegment): void {
    readOffers(segment)
    if (state === 'listening') {
      state = 'syn-received'
      expected = 1
      next = sendData(0, 0)
      armRetransmit()
    } else if (state === 'syn-sent' && segment.flags & Flag.ack) {
      expected = 1
      unacknowledged = 1
      state = 'open'
      retries = 0
      timers.retransmit()
      peerWindow = segment.window
      acknowledge()
      application.connected()
    } else if (state === 'syn-sent') {
      // Both called at once (RFC 9293 §3.5, figure 7).
      expected = 1
      state = 'syn-received'
      emit(Flag.syn | Flag.ack, 0)
    } else if (state === 'syn-received' && !(segment.flags & Flag.ack)) {
      emit(Flag.syn | Flag.ack, 0)
    } else if (state === 'syn-received') {
      takeAck(segment)
    } else acknowledge()
  }

  function readOffers({ options: bytes }: TestSegment): void {
    for (let at = 0; at < bytes.length; at += bytes[at] === 1 ? 1 : (bytes[at + 1] ?? 40)) {
      if (bytes[at] === 3)
        peerOffers = { ...peerOffers, windowScale: true, shift: bytes[at + 2] ?? 0 }
      if (bytes[at] === 4) peerOffers = { ...peerOffers, sack: true }
      if (bytes[at] === 8) peerOffers = { ...peerOffers, timestamps: true }
    }
  }

  function takeAck(segment: TestSegment): void {
    const acknowledged =
      unacknowledged + ((segment.acknowledgement - wrapped(isn + unacknowledged)) | 0)
    const window =
      segment.window * (scales() && !(segment.flags & Flag.syn) ? 2 ** peerOffers.shift : 1)
    const isUpdate = window !== peerWindow
    if (acknowledged > next || acknowledged < unacknowledged) return
    peerWindow = window
    if (state === 'syn-received' && acknowledged >= 1) {
      state = 'open'
      application.connected()
    }
    if (acknowledged > unacknowledged) {
      congestionWindow += Math.min(acknowledged - unacknowledged, 2 * mss)
      unacknowledged = acknowledged
      retries = 0
      duplicates = 0
      probes = 0
      timers.retransmit()
      if (unacknowledged < recoverUpTo) resend()
    } else if (segment.payload.length === 0 && next > unacknowledged && !isUpdate) {
      duplicates += 1
      if (duplicates === 3) {
        recoverUpTo = next
        congestionWindow = Math.max(2 * mss, Math.floor(congestionWindow / 2))
        resend()
      }
    }
    push()
  }

  function takeData(segment: TestSegment): void {
    const from = expected + ((segment.sequence - wrapped(peerIsn + expected)) | 0)
    const { length } = segment.payload
    const isFin = (segment.flags & Flag.fin) !== 0
    const to = from + length
    if (length === 0 && !isFin) {
      if (from < expected) acknowledge()
      return
    }
    if (to + (isFin ? 1 : 0) <= expected) {
      told.duplicate = length > 1 ? [from, to] : null
      acknowledge()
      return
    }
    if (length > 0 && from >= expected + room()) {
      acknowledge()
      return
    }
    if (isFin) peerFinAt = to
    const hadHole = behind.length > 0
    const before = expected
    const { to: reached, left } = advance(add(behind, [from, to]), expected)
    expected = reached
    behind = left
    const isFinished = peerFinAt !== null && expected === peerFinAt
    if (isFinished) expected += 1
    owedSegments += 1
    if (isReading) readUpTo = expected
    if (from > before || hadHole || isFinished) acknowledge()
    else if (owedSegments >= settings.ackEvery) acknowledge()
    else {
      timers.ack()
      timers.ack = clock.after(delayedAck, acknowledge)
    }
    if (expected > before) application.received(expected - 1 - (isFinished ? 1 : 0))
    if (isFinished) application.finished()
  }

  return {
    connect() {
      state = 'syn-sent'
      next = sendData(0, 0)
      armRetransmit()
    },
    write(bytes) {
      if (isClosing || state === 'gone') return
      stream = Buffer.concat([stream, bytes])
      push()
    },
    close() {
      if (isClosing || state === 'gone') return
      isClosing = true
      push()
    },
    abort() {
      if (state === 'gone') return
      emit(Flag.rst | Flag.ack, next)
      vanish()
    },
    vanish,
    setReading(reads) {
      isReading = reads
      if (!reads) return
      readUpTo = expected
      if (state === 'open' && told.window < Math.min(mss, buffer / 2) && room() > 0) acknowledge()
    },
    deliver(segment) {
      if (segment.flags & Flag.rst) {
        if (state === 'gone') return
        vanish()
        application.reset()
        return
      }
      if (state === 'gone') {
        transmit({ ...resetFor(segment), time: clock.now })
        return
      }
      peerClock = timestampOf(segment) ?? peerClock
      if (segment.flags & Flag.syn) {
        takeSyn(segment)
        return
      }
      if (segment.flags & Flag.ack) takeAck(segment)
      if (state === 'open') takeData(segment)
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

function timestampOf({ options }: TestSegment): number | null {
  for (let at = 0; at < options.length; at += options[at] === 1 ? 1 : (options[at + 1] ?? 40)) {
    if (options[at] === 8) return Buffer.from(options).readUInt32BE(at + 2)
  }
  return null
}
