// Our exchanges beside tshark's requests and responses. tshark overlooks some (behind loss, pipelined, of which the head is
// cut): each that it lists must be among ours, on the same packet, with the same answer.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../../captures/analysis.ts'
import { Flag } from '../helpers/segment.ts'
import type { TsharkPacket } from './tshark.ts'

export const messageFields = [
  'frame.number',
  'tcp.stream',
  'http.request.method',
  'http.request.uri',
  'http.response.code',
  'http.response_in',
  'tcp.flags',
  'tcp.seq',
  'tcp.analysis.reused_ports',
  'tcp.analysis.retransmission',
] as const

export type MessagePacket = TsharkPacket<(typeof messageFields)[number]>

export type MessageDifference =
  | 'interim answer'
  | 'pipelining'
  | 'sent again'
  | 'answer overlooked'
  | 'behind loss'
  | 'cut head'
  | 'before the start'
  | 'SYN+ACK alone'

export interface MessageAgreement {
  requests: number
  responses: number
  pairs: number
  readonly onPurpose: Map<MessageDifference, number>
  readonly breaches: string[]
}

export function compareMessages(
  { connections }: Analysis,
  packets: readonly MessagePacket[],
): MessageAgreement {
  const agreement: MessageAgreement = {
    requests: 0,
    responses: 0,
    pairs: 0,
    onPurpose: new Map(),
    breaches: [],
  }
  const streams = streamsOf(packets)
  for (const packet of packets) {
    const stream = streams.get(packet['tcp.stream'])
    const connection = connections[Number(packet['tcp.stream'] || Number.NaN)]
    if (connection === undefined || stream === undefined) continue
    const side: Side = { ...connection, ...stream }
    for (const request of requestsIn(packet)) compareRequest(request, side, agreement)
    for (const code of valuesOf(packet['http.response.code'])) {
      compareResponse(packet, Number(code), side, agreement)
    }
  }
  return agreement
}

/** What tshark says of a stream as a whole. */
interface Stream {
  /** Packets with a response. */
  readonly answers: number[]
  /** Ports were used again, and the SYN not captured. */
  hasForeignSynAck: boolean
  /** Bytes came that lie before the first one seen. */
  hasBeforeStart: boolean
}

/** A connection as we see it, and as tshark does. */
type Side = ConnectionAnalysis & Stream

function streamsOf(packets: readonly MessagePacket[]): Map<string, Stream> {
  const streams = new Map<string, Stream>()
  for (const packet of packets) {
    const stream = streams.get(packet['tcp.stream']) ?? newStream()
    streams.set(packet['tcp.stream'], stream)
    if (packet['http.response.code'] !== '') stream.answers.push(Number(packet['frame.number']))
    if (Number(packet['tcp.seq']) >= 2 ** 31) stream.hasBeforeStart = true
    const isSynAck = (Number(packet['tcp.flags']) & Flag.ack) !== 0
    if (isSynAck && packet['tcp.analysis.reused_ports'] !== '') stream.hasForeignSynAck = true
  }
  return streams
}

const newStream = (): Stream => ({ answers: [], hasForeignSynAck: false, hasBeforeStart: false })

/** A request as tshark lists it. */
interface ListedRequest {
  readonly packet: number
  readonly method: string
  readonly target: string
  /** How many stand in its packet. */
  readonly count: number
  readonly answeredIn: number | null
}

const valuesOf = (field: string) => field.split('|').filter((value) => value !== '')

function requestsIn(packet: MessagePacket): ListedRequest[] {
  const targets = valuesOf(packet['http.request.uri'])
  const [answeredIn] = valuesOf(packet['http.response_in']).map(Number)
  return valuesOf(packet['http.request.method']).map((method, n, { length }) => ({
    packet: Number(packet['frame.number']),
    method,
    target: targets[n] ?? '',
    count: length,
    answeredIn: answeredIn ?? null,
  }))
}

function compareRequest(
  request: ListedRequest,
  connection: Side,
  agreement: MessageAgreement,
): void {
  const { exchanges } = connection
  const what = `packet ${request.packet}, ${request.method} ${request.target}`
  const alike = exchanges.filter(
    ({ method, target }) => method === request.method && target === request.target,
  )
  const exchange = alike.find(({ headPacket }) => headPacket === request.packet)
  if (exchange === undefined) {
    note(agreement, missingBecause(request, connection, alike), `${what}: no such request here`)
    return
  }
  agreement.requests += 1
  const { answeredIn } = request
  if (answeredIn === null) return
  if (isAnsweredIn(exchange, answeredIn)) {
    agreement.pairs += 1
    return
  }
  const breach = `${what}: answered in ${exchange.responsePacket} here, in ${answeredIn} there`
  note(agreement, pairedBecause(exchange, connection, request.count), breach)
}

function compareResponse(
  packet: MessagePacket,
  code: number,
  connection: Side,
  agreement: MessageAgreement,
): void {
  const { exchanges } = connection
  const number = Number(packet['frame.number'])
  const isHere = exchanges.some(
    (one) => one.interim.includes(code) || (one.status === code && isAnsweredIn(one, number)),
  )
  if (isHere) agreement.responses += 1
  else {
    const isSentAgain = packet['tcp.analysis.retransmission'] !== ''
    const because = isSentAgain ? 'sent again' : doubtful(connection)
    note(agreement, because, `packet ${number}, ${code}: no such response here`)
  }
}

function note(
  { onPurpose, breaches }: MessageAgreement,
  difference: MessageDifference | null,
  breach: string,
): void {
  if (difference === null) breaches.push(breach)
  else onPurpose.set(difference, (onPurpose.get(difference) ?? 0) + 1)
}

/** Ours tells where an answer begins; tshark, where its head ends. */
const isAnsweredIn = ({ responsePacket, lastResponsePacket }: ExchangeAnalysis, packet: number) =>
  responsePacket !== null &&
  responsePacket <= packet &&
  packet <= (lastResponsePacket ?? responsePacket)

/**
 * tshark lists a head once more when it is sent again in another cut; and one that it takes for a head because it begins
 * a segment, where we don't know how long the body before it is.
 */
function missingBecause(
  request: ListedRequest,
  { exchanges, hasForeignSynAck, hasBeforeStart }: Side,
  alike: readonly ExchangeAnalysis[],
): MessageDifference | null {
  if (alike.some(({ headPacket }) => headPacket !== null && headPacket < request.packet)) {
    return 'sent again'
  }
  if (hasForeignSynAck) return 'SYN+ACK alone'
  if (hasBeforeStart) return 'before the start'
  const isCut = request.target === '' || exchanges.some(({ isHeadCut }) => isHeadCut)
  return isCut ? 'cut head' : null
}

/** tshark takes the next message back for the answer: a 1xx, that of an earlier request, or of one that it overlooked. */
function pairedBecause(
  exchange: ExchangeAnalysis,
  connection: Side,
  requestsInPacket: number,
): MessageDifference | null {
  if (exchange.interim.length > 0) return 'interim answer'
  const isUnderWay = connection.exchanges.some(
    ({ number, end }) =>
      number < exchange.number &&
      (end ?? Number.POSITIVE_INFINITY) > (exchange.start ?? Number.POSITIVE_INFINITY),
  )
  if (isUnderWay || requestsInPacket > 1) return 'pipelining'
  if (!connection.answers.some((packet) => isAnsweredIn(exchange, packet))) {
    return 'answer overlooked'
  }
  return doubtful(connection)
}

/** Where neither can be sure. */
function doubtful({
  exchanges,
  maintenance,
  missingBytes,
  hasForeignSynAck,
}: Side): MessageDifference | null {
  if (hasForeignSynAck) return 'SYN+ACK alone'
  if (exchanges.some(({ isHeadCut }) => isHeadCut)) return 'cut head'
  const isLossy =
    maintenance.retransmissions + maintenance.outOfOrder > 0 ||
    missingBytes.client + missingBytes.server > 0
  return isLossy ? 'behind loss' : null
}
