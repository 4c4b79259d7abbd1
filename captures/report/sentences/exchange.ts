// One exchange in words: its request and response segments, its place in the file, and where its time went.
import type {
  ConnectionAnalysis,
  ExchangeAnalysis,
  ExchangeUpload,
  SequenceRange,
} from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import { unreachable } from '../../units.ts'
import type { Part, Sentence } from '../prose.ts'
import { frameRange, frames, say, tone } from '../prose.ts'
import { count, duration, listed, size } from '../quantity.ts'

/** `PATCH`, `GET`; of a request that is not captured, `?`. */
export const methodOf = ({ method }: ExchangeAnalysis) => method ?? '?'

/** A PATCH, or a creation that brings the beginning of the file, or all of it. */
export const bringsBytes = (exchange: ExchangeAnalysis): boolean =>
  isPatch(exchange) || creationBytes(exchange) > 0

export const creationBytes = ({ upload }: ExchangeAnalysis): number =>
  upload?.action === 'creation' && upload.from !== null && upload.to !== null
    ? upload.to - upload.from
    : 0

/** For a table: what it did to the file, or its target. */
export function matter({ upload, target }: ExchangeAnalysis): string {
  if (upload === null) return target ?? 'not captured'
  switch (upload.action) {
    case 'append':
      return upload.from === null ? 'offset not captured' : `${upload.from} → ${upload.to ?? '?'}`
    case 'creation':
      return upload.from !== null && upload.to !== null && upload.to > upload.from
        ? `creation, → ${upload.to}`
        : 'creation'
    case 'offset':
      return 'asks the offset'
    case 'cancellation':
      return 'cancellation'
    case 'download':
      return 'download'
    default:
      return unreachable(upload.action)
  }
}

/** For a table: interim and final status, and the offset that came with it. */
export function answer({
  status,
  interim,
  upload,
  isResponseComplete,
}: ExchangeAnalysis): Sentence {
  if (status === null)
    return say`${tone('warning', interim.length > 0 ? `${interim.join(', ')}, then none` : 'none')}`
  const statuses = `${[...interim, status].join(', ')}${upload?.isDamaged ? ' damaged' : ''}`
  const offset = upload?.answeredOffset == null ? '' : ` → ${upload.answeredOffset}`
  const cut = isResponseComplete ? '' : ', cut'
  const text = `${statuses}${offset}${cut}`
  if (upload?.isConsistent === false) return say`${tone('damage', `${text} ✗`)}`
  return status >= 400 ? say`${tone('warning', text)}` : say`${text}`
}

/** `seq 513–1049088`: inclusive, relative as in Wireshark. */
export function sequenceRange(range: SequenceRange | null): string | null {
  return range === null || range.to <= range.from ? null : `seq\u00a0${range.from}–${range.to - 1}`
}

/** A whole exchange told: request, file offsets, response, time. `name` is what it is called: `The first PATCH`. */
export function exchangeSentences(
  exchange: ExchangeAnalysis,
  name: string,
  connection: ConnectionAnalysis,
): Sentence[] {
  return [request(exchange, name), response(exchange), timing(exchange, connection)].filter(
    (sentence) => sentence.length > 0,
  )
}

function request(exchange: ExchangeAnalysis, name: string): Sentence {
  const {
    requestPacket,
    lastRequestPacket,
    requestHeadBytes,
    requestBodyBytes,
    isRequestComplete,
  } = exchange
  const title = say`${tone('strong', name)} (exchange ${exchange.number})`
  if (requestPacket === null) return say`${title}: its request is not captured.`
  const where = frameRange(requestPacket, lastRequestPacket ?? requestPacket)
  const parts = [
    `head ${size(requestHeadBytes)}`,
    ...(requestBodyBytes > 0 ? [`body ${size(requestBodyBytes)}`] : []),
    ...present(sequenceRange(exchange.requestSequence)),
  ]
  const cut = isRequestComplete ? [] : say` ${tone('warning', 'It was never sent to its end.')}`
  const headCut = exchange.headCutBy === null ? [] : say` ${headCuts[exchange.headCutBy]}`
  return say`${title}: request in ${where} (${parts.join(', ')})${fileBytes(exchange)}.${cut}${headCut}`
}

const headCuts: Readonly<Record<NonNullable<ExchangeAnalysis['headCutBy']>, string>> = {
  snapshot: 'Its head is cut by the snapshot length.',
  gap: 'The rest of its head is in no packet of the file.',
  end: 'Its head does not come to its end in the file.',
  length: 'Its head is longer than is read here.',
}

function fileBytes({ upload, requestPacket, headPacket }: ExchangeAnalysis): Sentence {
  const head =
    requestPacket !== null && headPacket !== null && headPacket !== requestPacket
      ? say`; the head ends in ${frames([headPacket])}`
      : []
  if (upload === null || upload.from === null) return head
  const { checksum } = upload
  const digest =
    checksum === null
      ? ''
      : `, with ${checksum === 'trailer' ? 'a checksum behind it' : `a ${checksum} checksum`}`
  if (upload.to === null)
    return say`${head}; the file from offset ${String(upload.from)} on${digest}`
  const body = sequenceRange(upload.sequence)
  const stream = body === null ? '' : `, ${body} of the stream`
  return say`${head}; its body is the file from offset ${String(upload.from)} up to ${String(upload.to)}${stream}${digest}`
}

function response(exchange: ExchangeAnalysis): Sentence {
  const { responsePacket, lastResponsePacket, status, interim, upload } = exchange
  const before =
    interim.length > 0
      ? say`Before the answer came ${listed(interim.map(String))}${progressOf(upload)}. `
      : []
  if (status === null || responsePacket === null) {
    return say`${before}${tone('warning', 'No answer')} to it is in the capture.`
  }
  const range = sequenceRange(exchange.responseSequence)
  const parts = [size(exchange.responseBytes), ...present(range)].join(', ')
  const where = frameRange(responsePacket, lastResponsePacket ?? responsePacket)
  return say`${before}Response ${tone('strong', String(status))} in ${where} (${parts})${outcome(exchange)}.`
}

/** The server says how far it is while the bytes still come (104, IETF). */
function progressOf(upload: ExchangeUpload | null): Sentence {
  const last = upload?.progress.at(-1)
  return last === undefined
    ? []
    : say`; the last that told an offset, ${frames([last.packet])}, told ${String(last.offset)}`
}

/** Mismatching offset (tus 1.0.0, PATCH; draft-ietf-httpbis-resumable-upload §7.1). */
export const conflict = 409

/** The server told where it stands, and that is not where the request begins. */
export const isConflict = ({ status, upload }: ExchangeAnalysis): boolean =>
  status === conflict &&
  upload !== null &&
  upload.from !== null &&
  upload.answeredOffset !== null &&
  upload.from !== upload.answeredOffset

function outcome(exchange: ExchangeAnalysis): Sentence {
  const { upload } = exchange
  if (upload === null) return []
  const { answeredOffset: offset, from, isConsistent, isDamaged, checksum } = upload
  if (isDamaged) {
    const digest = checksum === null || checksum === 'trailer' ? 'checksum' : `${checksum} checksum`
    return say`: the bytes arrived ${tone('damage', 'damaged')}, their ${digest} is not the one that was sent; they do not count`
  }
  if (offset === null) return []
  if (isConflict(exchange))
    return say`: the server stands at Upload-Offset ${String(offset)}, ${tone('damage', `not at ${from}`)}`
  switch (isConsistent) {
    case true:
      return say`: Upload-Offset ${String(offset)}, which fits`
    case false:
      return say`: Upload-Offset ${String(offset)}, which ${tone('damage', 'does not fit')}`
    case null:
      return say`: Upload-Offset ${String(offset)}`
  }
}

/** `129 ms in all: 85.0 ms to send it, 42.0 ms until the answer began (one round trip: 40.4 ms).` */
function timing(exchange: ExchangeAnalysis, { initiation }: ConnectionAnalysis): Sentence {
  const { start, requestEnd, responseStart, responseEnd, end, waits } = exchange
  if (start === null || end === null) return []
  const pieces = [
    ...(requestEnd !== null && requestEnd > start
      ? [`${duration(requestEnd - start)} to send it${waited(waits)}`]
      : []),
    ...(requestEnd !== null && responseStart !== null && responseStart >= requestEnd
      ? [
          `${duration(responseStart - requestEnd)} until the answer began${untilAnswer(exchange, initiation.rtt)}`,
        ]
      : []),
    ...(responseStart !== null && responseEnd !== null && responseEnd - responseStart > 1e-3
      ? [`${duration(responseEnd - responseStart)} to receive it`]
      : []),
  ]
  const early =
    requestEnd !== null && responseStart !== null && responseStart < requestEnd
      ? ' The answer began before the request had ended.'
      : ''
  return say`${duration(end - start)} in all${pieces.length > 0 ? `: ${listed(pieces)}` : ''}.${early}`
}

/** What of the wait is the way: one round trip, and longer where the last bytes stood in a queue. */
function untilAnswer(
  { requestEnd, requestAcknowledged, responseStart }: ExchangeAnalysis,
  rtt: number | null,
): string {
  const facts = [
    ...(rtt === null ? [] : [`one round trip: ${duration(rtt)}`]),
    ...(rtt !== null &&
    requestEnd !== null &&
    requestAcknowledged !== null &&
    responseStart !== null &&
    requestAcknowledged < responseStart &&
    requestAcknowledged - requestEnd > 1.25 * rtt
      ? [`the last byte was acknowledged after ${duration(requestAcknowledged - requestEnd)}`]
      : []),
  ]
  return facts.length === 0 ? '' : ` (${facts.join('; ')})`
}

function waited({
  acknowledgement,
  acknowledgementRounds,
  afterIdle,
  retransmission,
  window,
  sender,
}: ExchangeAnalysis['waits']): string {
  const pieces = [
    ...(acknowledgement > 0
      ? [
          `${duration(acknowledgement)} waiting for ACKs in ${count(acknowledgementRounds, 'round')}${afterIdle ? ' after the idle time' : ''}`,
        ]
      : []),
    ...(retransmission > 0 ? [`${duration(retransmission)} lost to retransmission`] : []),
    ...(window > 0 ? [`${duration(window)} before a closed window`] : []),
    ...(sender > 0 ? [`${duration(sender)} in which the client sent nothing`] : []),
  ]
  return pieces.length > 0 ? ` (${pieces.join('; ')})` : ''
}

const present = (text: string | null): string[] => (text === null ? [] : [text])

/** Where a reader finds it: all its frames. */
export function framesOf(exchange: ExchangeAnalysis): readonly Part[] {
  const first = exchange.requestPacket ?? exchange.responsePacket
  const { responsePacket, lastRequestPacket, lastResponsePacket } = exchange
  const last = Math.max(lastRequestPacket ?? 0, lastResponsePacket ?? responsePacket ?? first ?? 0)
  if (first === null) return ['–']
  return frameRange(first, last).slice(1)
}
