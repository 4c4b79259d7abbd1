// One exchange as the analysis document tells it: packets, times, amounts, and what its sending waited for.
import type { ExchangeAnalysis, ExchangeUpload, SequenceRange, Waits } from '../analysis.ts'
import type { Exchange, Request, Response } from '../http/exchange.ts'
import { Wait } from '../tcp/pace.ts'
import { inSeconds, type Nanoseconds } from '../units.ts'
import { closesBy } from './persistence.ts'

export interface ExchangeContext {
  /** From, to (ns) and kind of each wait of the client's stream, in order of time. */
  readonly waits: readonly number[]
  /** When the last byte of each request was acknowledged, by number of the exchange (ns). */
  readonly acknowledged: ReadonlyMap<number, Nanoseconds>
  /** After so long without sending, a sender starts slowly again (RFC 5681 §4.1). */
  readonly retransmissionTimer: Nanoseconds
}

/** `upload` gets its value where the tus stage finds one. */
export function describeExchange(
  exchange: Exchange,
  before: Exchange | null,
  upload: ExchangeUpload | null,
  context: ExchangeContext,
): ExchangeAnalysis {
  const { request, response } = exchange
  const acknowledged = context.acknowledged.get(exchange.number)
  const ways = [closesBy(request), closesBy(response)] as const
  const closing = ways.find((way) => way === 'field') ?? ways.find((way) => way !== null) ?? null
  return {
    number: exchange.number,
    method: request?.method ?? null,
    target: request?.target ?? null,
    status: response?.status ?? null,
    requestPacket: request?.first.packet ?? null,
    headPacket: request?.headLast.packet ?? null,
    lastRequestPacket: request?.last.packet ?? null,
    responsePacket: response?.first.packet ?? null,
    lastResponsePacket: response?.last.packet ?? null,
    requestBytes: lengthOf(request),
    responseBytes: lengthOf(response),
    requestHeadBytes: request === null ? 0 : request.headEnd - request.from,
    responseHeadBytes: response === null ? 0 : response.headEnd - response.from,
    requestBodyBytes: request?.bodyLength ?? 0,
    responseBodyBytes: response?.bodyLength ?? 0,
    requestSequence: sequenceOf(request),
    responseSequence: sequenceOf(response),
    start: secondsOf(request?.first.time),
    requestEnd: secondsOf(request?.last.time),
    requestAcknowledged: secondsOf(acknowledged),
    responseStart: secondsOf(response?.first.time),
    responseEnd: secondsOf(response?.last.time),
    end: secondsOf(endOf(request, response)),
    isRequestComplete: request !== null && request.to !== null,
    isResponseComplete: response !== null && response.to !== null,
    interim: exchange.interim.map(({ status }) => status),
    connectionClose: closing !== null,
    connectionCloseBy: closing,
    isHeadCut: request?.isHeadCut === true || response?.isHeadCut === true,
    headCutBy: request?.headCutBy ?? response?.headCutBy ?? null,
    waits: waitsOf(request, before, context),
    upload,
  }
}

/** An answer may come before its request is whole, and the rest of the body all the same. */
function endOf(request: Request | null, response: Response | null): Nanoseconds | undefined {
  if (response === null) return undefined
  return request === null ? response.last.time : Math.max(request.last.time, response.last.time)
}

/** The whole message; of one that was not seen to its end what there was of it. */
function lengthOf(message: Request | Response | null): number {
  if (message === null) return 0
  return message.to === null
    ? message.headEnd - message.from + message.bodyLength
    : message.to - message.from
}

/** Wireshark counts from 1. */
function sequenceOf(message: Request | Response | null): SequenceRange | null {
  return message === null
    ? null
    : { from: message.from + 1, to: message.from + 1 + lengthOf(message) }
}

const secondsOf = (time: Nanoseconds | undefined): number | null =>
  time === undefined ? null : inSeconds(time)

function waitsOf(
  request: Request | null,
  before: Exchange | null,
  context: ExchangeContext,
): Waits {
  const times = [0, 0, 0, 0]
  let acknowledgementRounds = 0
  const { waits } = context
  if (request !== null) {
    for (let at = firstWait(waits, request.first.time); at < waits.length; at += 3) {
      const from = waits[at] ?? 0
      const to = waits[at + 1] ?? 0
      const kind = waits[at + 2] ?? 0
      if (to > request.last.time) break
      times[kind] = (times[kind] ?? 0) + to - from
      if (kind === Wait.acknowledgement) acknowledgementRounds += 1
    }
  }
  const rested = before?.response?.last.time
  return {
    acknowledgement: inSeconds(times[Wait.acknowledgement] ?? 0),
    acknowledgementRounds,
    afterIdle:
      request !== null &&
      rested !== undefined &&
      request.first.time - rested > context.retransmissionTimer,
    retransmission: inSeconds(times[Wait.retransmission] ?? 0),
    window: inSeconds(times[Wait.window] ?? 0),
    sender: inSeconds(times[Wait.sender] ?? 0),
  }
}

/** Index of the first wait that begins at `time` or later. */
function firstWait(waits: readonly number[], time: Nanoseconds): number {
  let low = 0
  let high = waits.length / 3
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((waits[3 * middle] ?? 0) < time) low = middle + 1
    else high = middle
  }
  return 3 * low
}
