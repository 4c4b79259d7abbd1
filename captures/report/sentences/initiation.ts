// How a connection opened, segment by segment. Analysis in, marked words out.
import type {
  ConnectionAnalysis,
  EndOptions,
  Initiation,
  InitiationSegment,
} from '../../analysis.ts'
import { isHalfOpen } from '../../rules/half-open.ts'
import { unreachable } from '../../units.ts'
import { playing } from '../opening.ts'
import type { Sentence } from '../prose.ts'
import { frames, role, say } from '../prose.ts'
import { count, duration, size } from '../quantity.ts'

/** The paragraph under the ladder of the handshake. */
export function initiationSentences(connection: ConnectionAnalysis): Sentence[] {
  const { initiation } = connection
  switch (initiation.kind) {
    case 'handshake':
      if (isHalfOpen(connection)) return [...threeSegments(initiation), brokenOff()]
      return [...threeSegments(initiation), ...roundTrip(initiation), ...fastOpen(initiation)]
    case 'refused':
      return refused(connection)
    case 'unanswered':
      return unanswered(connection)
    case 'unseen':
      return unseen(connection)
    case 'simultaneous':
      return [
        say`Both ends sent a SYN before either had seen the other's (simultaneous open, RFC 9293 §3.5, figure 7): ${frames(initiation.packets)}. Each acknowledges the other's SYN; one connection comes of it, not two.${initiation.isOtherSynUnseen ? say` The SYN of the ${role('server')} itself is not captured: that it sent one is known from the SYN+ACK of the ${role('client')}.` : []}`,
        ...roundTrip(initiation),
      ]
    default:
      return unreachable(initiation.kind)
  }
}

function threeSegments(initiation: Initiation): Sentence[] {
  const { client } = initiation
  const syn = playing(initiation, 'syn')
  const synAck = playing(initiation, 'syn-ack')
  const ack = playing(initiation, 'ack')
  return [
    ...(syn === null
      ? []
      : [
          say`${inFrame(syn.packet)}, SYN: the ${role('client')} asks for a connection${isn(client)}. A SYN takes one sequence number, so the client's first byte is number 1.`,
        ]),
    synAck === null
      ? say`The SYN+ACK of the ${role('server')} is not in the file; that it agreed is known from the ACK.`
      : agreement(synAck, ack, initiation),
    ...(ack === null ? [] : [completion(ack, initiation)]),
  ]
}

function agreement(
  { packet, acknowledgement }: InitiationSegment,
  ack: InitiationSegment | null,
  { client, server, fastOpenBytes, synAckRetransmissions }: Initiation,
): Sentence {
  const withData =
    fastOpenBytes === 0
      ? ''
      : (acknowledgement ?? 0) > 1
        ? ' and the data in it'
        : ' alone, not the data in it'
  const own = server === null ? '' : ` and announces its own ISN ${server.isn} (relative 0)`
  const order =
    ack !== null && ack.packet < packet
      ? ' It stands behind the ACK in the file: the recorder put the two out of order.'
      : ''
  const again =
    synAckRetransmissions === 0
      ? ''
      : ` It was sent ${count(synAckRetransmissions + 1, 'time')}, since no ACK reached the server in time.`
  return say`${inFrame(packet)}, SYN+ACK: the ${role('server')} agrees. It acknowledges the SYN${withData}${acknowledges(client, acknowledgement)}${own}.${order}${again}`
}

function completion(
  { packet, acknowledgement, length }: InitiationSegment,
  { server }: Initiation,
): Sentence {
  const what = length === 0 ? 'ACK' : `ACK with ${size(length)} of data`
  const bare =
    length === 0
      ? ''
      : ' An ACK of its own before it is not in the file: it was missed, or never sent.'
  return say`${inFrame(packet)}, ${what}: the ${role('client')} acknowledges the server's SYN${acknowledges(server, acknowledgement)}. Both ends are ESTABLISHED and may send data.${bare}`
}

const inFrame = (packet: number): Sentence => ['Frame\u00a0', { kind: 'frame', number: packet }]

const isn = (end: EndOptions | null) =>
  end === null ? '' : ` with the initial sequence number (ISN) ${end.isn}, shown as relative 0`

const acknowledges = (end: EndOptions | null, relative: number | null) =>
  end === null || relative === null
    ? ''
    : ` (ack ${(end.isn + relative) % 2 ** 32}, relative ${relative})`

function roundTrip(initiation: Initiation): Sentence[] {
  const { duration: seconds, rtt, rttToServer, synRetransmissions } = initiation
  if (playing(initiation, 'ack') === null)
    return [say`How long it took is not captured: its last ACK is missing.`]
  if (seconds === null)
    return [say`How long it took cannot be told: its times contradict one another.`]
  if (rtt === null) return [upperBound(initiation, seconds)]
  if (synRetransmissions > 0) {
    return [
      say`The SYN had to be sent ${count(synRetransmissions + 1, 'time')}: the handshake took ${duration(seconds)}, of which the round trip was only ${duration(rtt)}.`,
      ...tap(rtt, rttToServer),
    ]
  }
  if (initiation.synAckRetransmissions > 0 && seconds > rtt) {
    return [
      say`The handshake took ${duration(seconds)}, of which the round trip was only ${duration(rtt)}: the rest went by until the SYN+ACK was sent again.`,
      ...tap(rtt, rttToServer),
    ]
  }
  return [say`The handshake took one round trip: ${duration(rtt)}.`, ...tap(rtt, rttToServer)]
}

function upperBound({ rttToServer }: Initiation, seconds: number): Sentence {
  const server = rttToServer === null ? '' : ` From SYN to SYN+ACK it was ${duration(rttToServer)}.`
  return say`It was complete ${duration(seconds)} after the SYN. How much of that is the round trip cannot be told: the ${role('client')} may have waited with its data.${server}`
}

const brokenOff = () =>
  say`No ACK followed: the ${role('client')} sent a RST instead, and the connection never opened (half-open). Who only looks whether a port is open does so.`

/** On shorter paths the ends’ own delays are as long as the way. */
const shortPath = 2e-3

/** Where the recorder stood, by the share of the round trip that lies between it and the server. */
function tap(rtt: number, rttToServer: number | null): Sentence[] {
  if (rttToServer === null || rtt < shortPath) return []
  const share = rttToServer / rtt
  const split = `${duration(rttToServer)} from SYN to SYN+ACK, ${duration(Math.max(0, rtt - rttToServer))} from there to the ACK`
  if (share > 0.9) return [say`The capture was taken at the ${role('client')} (${split}).`]
  if (share < 0.1) return [say`The capture was taken at the ${role('server')} (${split}).`]
  return [say`The capture was taken on the way between the two (${split}).`]
}

function fastOpen({ fastOpenBytes }: Initiation): Sentence[] {
  return fastOpenBytes === 0
    ? []
    : [
        say`The SYN carried ${size(fastOpenBytes)} of data (TCP Fast Open, RFC 7413): the first request began one round trip earlier than a plain handshake allows.`,
      ]
}

function refused({ initiation, server }: ConnectionAnalysis): Sentence[] {
  const syn = playing(initiation, 'syn')
  const rst = playing(initiation, 'reset')
  const after = initiation.rttToServer === null ? '' : ` ${duration(initiation.rttToServer)} later`
  return [
    ...(syn === null
      ? []
      : [
          say`${inFrame(syn.packet)}, SYN: the ${role('client')} asks for a connection${isn(initiation.client)}.`,
        ]),
    ...(rst === null
      ? []
      : [
          say`${inFrame(rst.packet)}, RST:${after} the ${role('server')} refuses. Nobody listens on port ${String(server.port)}, or a firewall refuses in its place.`,
        ]),
    say`No connection came about: there is nothing to maintain or to close.`,
  ]
}

function unanswered({ initiation, start, end }: ConnectionAnalysis): Sentence[] {
  const syn = playing(initiation, 'syn')
  const again =
    initiation.synRetransmissions > 0
      ? `and ${count(initiation.synRetransmissions, 'more time')} within ${duration(end - start)}`
      : ''
  return [
    ...(syn === null
      ? []
      : [
          say`${inFrame(syn.packet)}, SYN: the ${role('client')} asks for a connection${isn(initiation.client)}${again === '' ? '' : `, ${again}`}.`,
        ]),
    say`No answer is in the capture: the SYN or its answer was lost, a firewall drops it without a word, or the answer took another way past the recorder.`,
  ]
}

function unseen({ initiation, rolesFrom, firstPacket }: ConnectionAnalysis): Sentence[] {
  const roles = {
    handshake: 'its direction',
    http: 'the requests',
    ports: 'the port numbers only',
  }[rolesFrom]
  const half =
    initiation.server !== null
      ? ` Only the server's SYN+ACK is (ISN ${initiation.server.isn}).`
      : ''
  return [
    say`The handshake is not captured: the connection was open when the capture met it, in ${frames([firstPacket])}.${half}`,
    say`So the round trip and what the ends agreed on (ISNs, MSS, window scale) are unknown; sequence numbers count from the first captured byte. Who is client and who is server is known from ${roles}.`,
  ]
}
