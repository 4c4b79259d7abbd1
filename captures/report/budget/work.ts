// The part of a capture that is the upload: its connections, its exchanges, and the time from first to last.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../analysis.ts'

export interface Work {
  /** Connections that carried a creation, a PATCH or a question for the offset. */
  readonly connections: readonly ConnectionAnalysis[]
  readonly exchanges: readonly PlacedExchange[]
  /** First SYN of the upload, or its first request where that ran on an older connection, to the end of its last exchange. Seconds. */
  readonly from: number
  readonly to: number
  /** File bytes that were carried, those sent again not counted twice. */
  readonly bytes: number
  readonly patches: number
}

/** An exchange on its connection, with the end that it really had. */
export interface PlacedExchange {
  readonly exchange: ExchangeAnalysis
  readonly connection: ConnectionAnalysis
  readonly start: number
  readonly end: number
  readonly isUpload: boolean
  /** The first with a body: it meets the initial window. */
  readonly isFirstBody: boolean
}

/** `null` where the capture shows no upload. */
export function workOf(analysis: Analysis): Work | null {
  const connections = analysis.connections.filter(({ exchanges }) => exchanges.some(isUploading))
  const exchanges = connections.flatMap(place)
  const uploading = exchanges.filter(({ isUpload }) => isUpload)
  const patches = uploading.filter(({ exchange }) => exchange.upload?.action === 'append').length
  if (uploading.length === 0) return null
  const again = analysis.uploads.reduce((sum, { bytesSentAgain }) => sum + bytesSentAgain, 0)
  const carried = uploading.reduce((sum, { exchange }) => sum + fileBytes(exchange), 0)
  const from = uploading.reduce((least, placed) => Math.min(least, beginning(placed)), Infinity)
  return {
    connections,
    exchanges,
    from,
    to: uploading.reduce((most, { end }) => Math.max(most, end), from),
    bytes: Math.max(0, carried - again),
    patches,
  }
}

function isUploading({ upload, start }: ExchangeAnalysis): boolean {
  return (
    start !== null &&
    upload !== null &&
    (upload.action === 'append' || upload.action === 'creation' || upload.action === 'offset')
  )
}

function fileBytes({ upload }: ExchangeAnalysis): number {
  return upload === null || upload.from === null || upload.to === null ? 0 : upload.to - upload.from
}

function place(connection: ConnectionAnalysis): PlacedExchange[] {
  const firstBody = connection.exchanges.find(({ requestBodyBytes }) => requestBodyBytes > 0)
  return connection.exchanges.flatMap((exchange) =>
    exchange.start === null
      ? []
      : [
          {
            exchange,
            connection,
            start: exchange.start,
            end: Math.max(exchange.start, endOf(exchange, connection)),
            isUpload: isUploading(exchange),
            isFirstBody: exchange === firstBody,
          },
        ],
  )
}

/** One that was never answered lasted until its connection began to end; one answered early until its request was out. */
function endOf(
  { end, requestEnd }: ExchangeAnalysis,
  { termination, end: last }: ConnectionAnalysis,
): number {
  const answered = end ?? termination.segments[0]?.time ?? last
  return Math.max(answered, requestEnd ?? answered)
}

/** The handshake belongs to the upload if it was made for it. */
function beginning({ exchange, connection, start }: PlacedExchange): number {
  const isFirst = connection.exchanges[0] === exchange
  return isFirst && connection.initiation.kind !== 'unseen' ? connection.start : start
}
