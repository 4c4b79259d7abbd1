// One connection that carries an upload, PATCH after PATCH, as a tap at the sending host sees it: one packet at a time.
import { created, creation, type Message, patch, patched } from './messages.ts'
import { Flag, nothing, type Wire } from './wire.ts'

export interface UploadPlan {
  readonly name: string
  readonly patches: number
  readonly patchBytes: number
  /** Of so many PATCHes one loses a segment behind the tap; `Infinity`: none does. */
  readonly patchesPerLoss: number
  /** When its SYN goes, µs. */
  readonly start: number
  /** At least as long as a PATCH and one segment more. */
  readonly content: Uint8Array
}

/** Yields the time of each packet (µs) before it writes it: whoever drives several connections keeps them in order. */
type Packets = Generator<number, number, void>

const segmentBytes = 1448
/** µs; a full segment on a gigabit, and the way to the server and back. */
const segmentTime = 12
const rtt = 200
const serverTime = 300
/** Segments that the receiver's offload joins, and answers with one ACK; behind a hole it joins fewer. */
const joined = 45
const joinedBehindHole = 10
/** Of a PATCH that loses one, the segment that is lost. */
const lostSegment = 300
const dupAcksToResend = 3

export function* upload(wire: Wire, plan: UploadPlan): Packets {
  let now = yield* handshake(wire, plan.start)
  now = yield* head(wire, now, creation(plan.name, plan.patches * plan.patchBytes))
  now = yield* answer(wire, now, created(plan.name))
  for (let index = 0; index < plan.patches; index++) {
    const offset = index * plan.patchBytes
    now = yield* head(wire, now, patch(plan.name, offset, plan.patchBytes))
    now = yield* body(wire, now, plan, index)
    now = yield* answer(wire, now, patched(offset + plan.patchBytes))
  }
  return yield* close(wire, now)
}

function* handshake(wire: Wire, start: number): Packets {
  const { client, server } = wire
  yield start
  wire.send(client, start, Flag.syn, nothing)
  server.acknowledged = client.next
  yield start + rtt
  wire.send(server, start + rtt, Flag.syn | Flag.ack, nothing)
  client.acknowledged = server.next
  yield start + rtt + 5
  wire.acknowledge(client, start + rtt + 5)
  return start + rtt + 20
}

function* head({ client, send }: Wire, now: number, message: Message): Packets {
  yield now
  send(client, now, Flag.psh | Flag.ack, message)
  return now + segmentTime
}

function* answer({ client, server, send }: Wire, now: number, message: Message): Packets {
  const time = now + rtt + serverTime
  yield time
  server.acknowledged = client.next
  send(server, time, Flag.psh | Flag.ack, message)
  client.acknowledged = server.next
  return time + 50
}

function* close(wire: Wire, now: number): Packets {
  const { client, server } = wire
  yield now
  wire.send(client, now, Flag.fin | Flag.ack, nothing)
  server.acknowledged = client.next
  yield now + rtt
  wire.send(server, now + rtt, Flag.fin | Flag.ack, nothing)
  client.acknowledged = server.next
  yield now + rtt + 5
  wire.acknowledge(client, now + rtt + 5)
  return now + rtt + 5
}

/** An ACK under way to the client; with `behind`, of what lies behind a hole (RFC 2018). */
interface Ack {
  readonly time: number
  readonly upTo: number
  readonly behind: readonly [from: number, to: number] | null
}

/** The bytes of one PATCH. ACKs come a round trip later, and fall between the segments. */
function* body(wire: Wire, start: number, plan: UploadPlan, index: number): Packets {
  const { client, server } = wire
  const { content, patchBytes } = plan
  const isLossy = index % plan.patchesPerLoss === plan.patchesPerLoss - 1
  const first = client.next
  const acks: Ack[] = []
  let hole: number | null = null
  let dupAcks = 0
  let now = start

  const payload = (sent: number) => ({
    bytes: content,
    from: sent + (index % segmentBytes),
    length: Math.min(segmentBytes, patchBytes - sent),
  })

  function* take({ time, upTo, behind }: Ack): Generator<number, void, void> {
    yield time
    server.acknowledged = upTo
    wire.acknowledge(server, time, behind)
    if (behind === null || hole === null || ++dupAcks !== dupAcksToResend) return
    // Fast retransmit (RFC 5681 §3.2).
    yield time
    wire.resend(client, time, hole, payload(hole - first))
    acks.push({ time: time + rtt, upTo: client.next, behind: null })
    hole = null
  }

  for (let n = 1; client.next - first < patchBytes; n++) {
    for (let ack = acks[0]; ack !== undefined && ack.time <= now; ack = acks[0]) {
      acks.shift()
      yield* take(ack)
    }
    const sequence = client.next
    const segment = payload(sequence - first)
    const isLast = segment.length + sequence - first === patchBytes
    yield now
    wire.send(client, now, isLast ? Flag.psh | Flag.ack : Flag.ack, segment)
    if (isLossy && n === lostSegment) {
      hole = sequence
      acks.push({ time: now + rtt, upTo: hole, behind: null })
    } else if (hole !== null && n % joinedBehindHole === 0) {
      const behind = [hole + segmentBytes, client.next] as const
      acks.push({ time: now + rtt, upTo: hole, behind })
    } else if (hole === null && (n % joined === 0 || isLast)) {
      acks.push({ time: now + rtt, upTo: client.next, behind: null })
    }
    now += segmentTime
  }
  for (const ack of acks) {
    yield* take(ack)
    now = Math.max(now, ack.time)
  }
  return now
}
