// Short words for the packets that mark the phases: a trimmed capture carries them as comments, so that Wireshark shows them.
import type {
  Analysis,
  ConnectionAnalysis,
  ExchangeAnalysis,
  Initiation,
  InitiationSegment,
  TerminationSegment,
} from '../analysis.ts'
import { duration, size } from './quantity.ts'

/** By frame number. */
export type Labels = ReadonlyMap<number, readonly string[]>

export function labelsOf(analysis: Analysis): Labels {
  const labels = new Map<number, string[]>()
  const put = (packet: number | null | undefined, text: string) => {
    if (packet === null || packet === undefined) return
    const there = labels.get(packet)
    if (there === undefined) labels.set(packet, [text])
    else there.push(text)
  }
  for (const connection of analysis.connections) {
    const name = `Connection ${connection.number}`
    labelInitiation(connection, (packet, text) => put(packet, `${name}, initiation: ${text}`))
    labelIdle(connection, (packet, text) => put(packet, `${name}, maintenance: ${text}`))
    for (const exchange of connection.exchanges)
      labelExchange(exchange, (packet, text) => put(packet, `${name}, maintenance: ${text}`))
    for (const segment of connection.termination.segments)
      put(segment.packet, `${name}, termination: ${endText(segment)}`)
  }
  return labels
}

type Put = (packet: number | null | undefined, text: string) => void

function labelInitiation({ initiation }: ConnectionAnalysis, put: Put): void {
  const { kind, segments } = initiation
  if (kind === 'unseen') return
  for (const segment of segments) put(segment.packet, openings[segment.part](segment, initiation))
}

const openings: Readonly<
  Record<InitiationSegment['part'], (segment: InitiationSegment, initiation: Initiation) => string>
> = {
  syn: ({ by }) =>
    by === 'client' ? 'SYN, the client asks' : 'SYN of the other side: both opened at once',
  'syn-ack': ({ by }, { kind }) =>
    kind === 'simultaneous'
      ? `SYN+ACK of ${by === 'client' ? 'the client' : 'the other side'}: both opened at once`
      : 'SYN+ACK, the server agrees',
  ack: (_, { rtt }) =>
    `ACK, the handshake is complete${rtt === null ? '' : ` after ${duration(rtt)}`}`,
  reset: () => 'refused by a reset',
}

function labelIdle({ maintenance, protocol }: ConnectionAnalysis, put: Put): void {
  const idle = protocol === 'http' ? 'idle, kept open (HTTP persistence),' : 'no data either way'

  for (const { kind, from, to, toPacket, probes } of maintenance.idleGaps) {
    const what = kind === 'http-idle' ? idle : `silent (${kind})`
    const probed = probes === 0 ? '' : `, ${probes} TCP keep-alive probes in it`
    put(toPacket, `${what} for ${duration(to - from)} until here${probed}`)
  }
}

function labelExchange(exchange: ExchangeAnalysis, put: Put): void {
  const { number, method, target, status, upload, lastRequestPacket, headPacket } = exchange
  const name = `exchange ${number}`
  const range =
    upload === null || upload.from === null || upload.to === null
      ? ''
      : `, bytes ${upload.from}–${Math.max(upload.from, upload.to - 1)} of the file (${size(upload.to - upload.from)})`
  put(exchange.requestPacket, `${name} begins: ${method ?? '?'} ${target ?? ''}${range}`)
  if (lastRequestPacket !== headPacket) put(lastRequestPacket, `${name}: last byte of the request`)
  for (const { packet, offset: reached } of upload?.progress ?? [])
    put(packet, `${name}: 104, the server has ${reached} bytes`)
  const offset = upload?.answeredOffset ?? null
  put(
    exchange.responsePacket,
    `${name} answered: ${status ?? '?'}${upload?.isDamaged ? ', arrived damaged' : ''}${offset === null ? '' : `, Upload-Offset ${offset}`}`,
  )
}

function endText({ what, by, clientState, serverState }: TerminationSegment): string {
  return `${what} of the ${by} (client ${clientState}, server ${serverState})`
}
