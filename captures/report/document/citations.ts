// What an explanation says of frames, as Wireshark's display filters: anybody can check it there. Connection in, claims out.
import type { ConnectionAnalysis, EndOptions, ExchangeAnalysis } from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import type { Role } from '../../units.ts'
import { playing } from '../opening.ts'

/** `filter` holds for this frame. */
export interface FrameCitation {
  readonly frame: number
  readonly claim: string
  readonly filter: string
}

/** `filter` holds for so many frames of the file. */
export interface CountCitation {
  readonly count: number
  readonly claim: string
  readonly filter: string
}

/** Of everything that is told of one connection, in the order of the frames; one for each. */
export function frameCitations(connection: ConnectionAnalysis): FrameCitation[] {
  const byFrame = new Map<number, FrameCitation>()
  for (const { frame, claim, filter } of claims(connection)) {
    const there = byFrame.get(frame)
    byFrame.set(
      frame,
      there === undefined
        ? { frame, claim, filter }
        : { frame, claim: `${there.claim}; ${claim}`, filter: united(there.filter, filter) },
    )
  }
  return [...byFrame.values()].sort((a, b) => a.frame - b.frame)
}

/** Both, what is in both once. */
const united = (one: string, other: string) =>
  [...new Set([...one.split(' && '), ...other.split(' && ')])].join(' && ')

function claims(connection: ConnectionAnalysis): FrameCitation[] {
  return [
    ...ends(connection),
    ...initiation(connection),
    ...connection.exchanges.flatMap((exchange) => exchangeCitations(connection, exchange)),
    ...idleTimes(connection),
    ...termination(connection),
  ]
}

export function countCitations(connection: ConnectionAnalysis): CountCitation[] {
  const { number, packets, packetsBy, maintenance, termination: end, exchanges } = connection
  const stream = `tcp.stream == ${number}`
  const counted = (claim: string, count: number, filter: string): CountCitation => ({
    claim,
    count,
    filter: filter === '' ? stream : `${stream} && ${filter}`,
  })
  const from = (role: Role) => sentBy(connection, role)
  const { dataSegments, largestSegment } = maintenance
  return [
    counted('packets of the connection', packets, ''),
    counted('packets of the client', packetsBy.client, from('client')),
    counted('packets of the server', packetsBy.server, from('server')),
    counted('SYN: one connection', 1, 'tcp.flags.syn == 1 && tcp.flags.ack == 0'),
    counted('requests', exchanges.length, 'http.request'),
    counted('PATCHes', exchanges.filter(isPatch).length, 'http.request.method == "PATCH"'),
    counted('answers', exchanges.filter(({ status }) => status !== null).length, 'http.response'),
    counted('data segments of the client', dataSegments.client, `${from('client')} && tcp.len > 0`),
    counted('data segments of the server', dataSegments.server, `${from('server')} && tcp.len > 0`),
    counted(
      'segments longer than the longest',
      0,
      `tcp.len > ${Math.max(largestSegment.client, largestSegment.server)}`,
    ),
    counted('retransmissions', maintenance.retransmissions, 'tcp.analysis.retransmission'),
    counted('zero windows', maintenance.zeroWindows, 'tcp.analysis.zero_window'),
    counted('TCP keep-alive probes', maintenance.keepAliveProbes, 'tcp.analysis.keep_alive'),
    counted('zero-window probes', maintenance.zeroWindowProbes, 'tcp.analysis.zero_window_probe'),
    counted('resets', end.resets, 'tcp.flags.reset == 1'),
  ]
}

/** Ports tell the sides apart, also where both have one address. */
function sentBy({ client, server }: ConnectionAnalysis, role: Role): string {
  const [from, to] = role === 'client' ? [client, server] : [server, client]
  return `tcp.srcport == ${from.port} && tcp.dstport == ${to.port}`
}

/** To the nanosecond. */
const at = (seconds: number) => `frame.time_relative == ${seconds.toFixed(9)}`

const all = (...filters: readonly (string | null)[]) =>
  filters.filter((filter) => filter !== null && filter !== '').join(' && ')

function ends(connection: ConnectionAnalysis): FrameCitation[] {
  const { number, firstPacket, lastPacket, start, end } = connection
  const stream = `tcp.stream == ${number}`
  return [
    { frame: firstPacket, claim: 'the first packet', filter: all(stream, at(start)) },
    { frame: lastPacket, claim: 'the last packet', filter: all(stream, at(end)) },
  ]
}

function initiation(connection: ConnectionAnalysis): FrameCitation[] {
  const { initiation: opening } = connection
  const [syn, synAck, ack] = (['syn', 'syn-ack', 'ack'] as const).map((part) =>
    playing(opening, part),
  )
  if (opening.kind !== 'handshake' || opening.synRetransmissions > 0) return []
  const { client, server } = opening
  const next = (end: EndOptions | null) =>
    end === null ? null : `tcp.ack_raw == ${(end.isn + 1) % 2 ** 32}`
  return [
    ...cited(
      syn?.packet,
      'SYN of the client',
      all(sentBy(connection, 'client'), 'tcp.flags == 0x002', announced(client)),
    ),
    ...cited(
      synAck?.packet,
      'SYN, ACK of the server',
      all(
        sentBy(connection, 'server'),
        'tcp.flags == 0x012',
        announced(server),
        next(client),
        atTime(synAck?.time ?? null),
      ),
    ),
    ...cited(
      ack?.packet,
      'ACK of the client, the handshake is complete',
      all(
        sentBy(connection, 'client'),
        'tcp.flags.syn == 0 && tcp.flags.ack == 1 && tcp.seq == 1',
        next(server),
        atTime(ack?.time ?? null),
      ),
    ),
  ]
}

const cited = (frame: number | null | undefined, claim: string, filter: string): FrameCitation[] =>
  frame === null || frame === undefined ? [] : [{ frame, claim, filter }]

function announced(end: EndOptions | null): string {
  if (end === null) return ''
  return all(
    `tcp.seq == 0 && tcp.seq_raw == ${end.isn} && tcp.window_size_value == ${end.window}`,
    end.mss === null ? '!tcp.options.mss' : `tcp.options.mss_val == ${end.mss}`,
    end.windowScale === null
      ? '!tcp.options.wscale'
      : `tcp.options.wscale.shift == ${end.windowScale}`,
    `${end.sackPermitted ? '' : '!'}tcp.options.sack_perm`,
    `${end.timestamps ? '' : '!'}tcp.options.timestamp`,
  )
}

function exchangeCitations(
  connection: ConnectionAnalysis,
  exchange: ExchangeAnalysis,
): FrameCitation[] {
  const { number, method, target, status, upload, requestSequence, responseSequence } = exchange
  const { requestPacket, headPacket, lastRequestPacket, responsePacket } = exchange
  const name = `exchange ${number}`
  const client = sentBy(connection, 'client')
  const server = sentBy(connection, 'server')
  const isAppend = upload?.action === 'append'
  return [
    ...cited(
      requestPacket,
      `${name} begins`,
      all(client, beginsAt(requestSequence?.from), atTime(exchange.start)),
    ),
    ...cited(
      headPacket,
      `${name}: ${method ?? 'request'}${isAppend ? ` from offset ${upload.from}` : ''}`,
      all(
        client,
        method === null ? null : `http.request.method == "${method}"`,
        target === null ? null : `http.request.uri == "${target}"`,
        isAppend && upload.from !== null
          ? `http.request.line contains "pload-Offset: ${upload.from}\\r\\n"`
          : null,
        exchange.requestBodyBytes > 0 && exchange.isRequestComplete
          ? `http.content_length == ${exchange.requestBodyBytes}`
          : null,
      ),
    ),
    ...cited(
      lastRequestPacket,
      `${name}: the last byte of the request`,
      all(client, endsAt(requestSequence?.to), atTime(exchange.requestEnd)),
    ),
    ...between(requestPacket, lastRequestPacket, name, connection.number),
    ...cited(
      responsePacket,
      `${name}: answer ${status ?? '?'}`,
      all(
        server,
        status === null ? null : `http.response.code == ${status}`,
        beginsAt(responseSequence?.from),
        upload?.answeredOffset == null || upload.action === 'creation'
          ? null
          : `http.response.line contains "pload-Offset: ${upload.answeredOffset}\\r\\n"`,
        atTime(exchange.responseStart),
      ),
    ),
    ...cited(
      exchange.lastResponsePacket,
      `${name}: the last byte of the answer`,
      all(server, endsAt(responseSequence?.to), atTime(exchange.end)),
    ),
  ]
}

const beginsAt = (from: number | undefined) =>
  from === undefined ? null : `tcp.seq <= ${from} && tcp.nxtseq > ${from}`
const endsAt = (to: number | undefined) =>
  to === undefined ? null : `tcp.seq < ${to} && tcp.nxtseq >= ${to}`
const atTime = (time: number | null) => (time === null ? null : at(time))

/** Those that a ladder folds. */
function between(
  first: number | null,
  last: number | null,
  name: string,
  stream: number,
): FrameCitation[] {
  if (first === null || last === null || last - first < 2) return []
  return [...new Set([first + 1, last - 1])].map((frame) => ({
    frame,
    claim: `${name}: in the middle of the request`,
    filter: `tcp.stream == ${stream}`,
  }))
}

function idleTimes({ maintenance, number }: ConnectionAnalysis): FrameCitation[] {
  const stream = `tcp.stream == ${number}`
  return maintenance.idleGaps.flatMap(({ from, to, fromPacket, toPacket }) => [
    { frame: fromPacket, claim: 'an idle time begins', filter: all(stream, at(from)) },
    ...cited(toPacket, 'an idle time ends', all(stream, at(to))),
  ])
}

function termination(connection: ConnectionAnalysis): FrameCitation[] {
  return connection.termination.segments.map((segment) => {
    const { packet, by, what, sequence, acknowledgement, length, time } = segment
    const flags = ['FIN', 'RST', 'ACK'] as const
    return {
      frame: packet,
      claim: `${what} of the ${by}`,
      filter: all(
        sentBy(connection, by),
        ...flags
          .filter((flag) => what.split(', ').includes(flag))
          .map((flag) => `tcp.flags.${fieldOf[flag]} == 1`),
        sequence === null ? null : `tcp.seq == ${sequence}`,
        acknowledgement === null ? null : `tcp.ack == ${acknowledgement}`,
        `tcp.len == ${length}`,
        at(time),
      ),
    }
  })
}

const fieldOf = { FIN: 'fin', RST: 'reset', ACK: 'ack' } as const
