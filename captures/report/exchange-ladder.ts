// The ladder of exchanges: request and response segments, what lies between them folded. Analysis in, rows out.
import type { ExchangeAnalysis, SequenceRange } from '../analysis.ts'
import { runSentence } from './exchange-run.ts'
import type { FoldRow, LadderRow } from './ladder.ts'
import { folded, segment } from './ladder.ts'
import { frame, frameRange, say } from './prose.ts'
import { size } from './quantity.ts'

/** The request and response segments of one exchange, what lies between them folded. */
export function exchangeLadder(exchange: ExchangeAnalysis): LadderRow[] {
  const { requestPacket, lastRequestPacket, requestSequence, responseSequence, upload } = exchange
  const isLong =
    requestPacket !== null && lastRequestPacket !== null && lastRequestPacket > requestPacket
  const states = null
  return [
    ...segment(requestPacket, {
      time: exchange.start,
      by: 'client',
      label: `${exchange.method ?? 'request'}${upload?.action === 'append' && upload.from !== null ? ` from offset ${upload.from}` : ''}`,
      numbers: first(requestSequence),
      states,
    }),
    ...(isLong ? body(exchange, requestPacket, lastRequestPacket) : []),
    ...(isLong || requestPacket === null
      ? segment(lastRequestPacket, {
          time: exchange.requestEnd,
          by: 'client',
          label: ending(exchange),
          numbers: next(requestSequence),
          states,
        })
      : []),
    ...exchange.interim.map((status) => folded(say`interim answer ${String(status)}`)),
    ...segment(exchange.responsePacket, {
      time: exchange.responseStart,
      by: 'server',
      label: `${exchange.status ?? 'response'}${upload?.answeredOffset == null ? '' : ` offset ${upload.answeredOffset}`}`,
      numbers: first(responseSequence),
      states,
    }),
    ...answerRest(exchange),
  ]
}

const ending = ({ isRequestComplete }: ExchangeAnalysis) =>
  isRequestComplete ? 'end of the request' : 'last segment of it, not its end'

function answerRest({
  responsePacket,
  lastResponsePacket,
  responseBytes,
}: ExchangeAnalysis): FoldRow[] {
  if (responsePacket === null) return [folded(say`no answer`)]
  if (lastResponsePacket === null || lastResponsePacket === responsePacket) return []
  return [folded(say`to frame ${frame(lastResponsePacket)}, ${size(responseBytes)} in all`)]
}

/** Other connections' packets may lie between these frames too. */
function body({ requestBodyBytes }: ExchangeAnalysis, first: number, last: number): FoldRow[] {
  return last - first < 2
    ? []
    : [folded(say`${frameRange(first + 1, last - 1)}, ${size(requestBodyBytes)} of body in all`)]
}

const first = (range: SequenceRange | null) => (range === null ? '' : `seq ${range.from}`)
const next = (range: SequenceRange | null) => (range === null ? '' : `next seq ${range.to}`)

/** The first and the last exchange, and what lies between them as one line. */
export function firstAndLastLadder(
  exchanges: readonly ExchangeAnalysis[],
  from: ExchangeAnalysis,
  to: ExchangeAnalysis,
): LadderRow[] {
  if (from === to) return exchangeLadder(from)
  const between = exchanges.slice(exchanges.indexOf(from) + 1, exchanges.indexOf(to))
  return [
    ...exchangeLadder(from),
    ...(between.length > 0 ? [folded(runSentence(between))] : []),
    ...exchangeLadder(to),
  ]
}
