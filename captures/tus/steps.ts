// The exchanges of all connections in, the steps of uploads among them out, in the order of their requests.
import type { Exchange, MissedTime } from '../http/exchange.ts'
import { readDraftStep } from './draft-request.ts'
import type { PlacedStep } from './groups.ts'
import { readTusStep } from './request.ts'
import type { UploadStep } from './upload-step.ts'
import { targetUrl } from './url.ts'

export interface UploadConnection {
  /** As in the analysis document. */
  readonly number: number
  /** Address and port, as text: uploads of different servers are different ones. */
  readonly server: string
  readonly exchanges: readonly Exchange[]
  /** When requests may have gone unseen. */
  readonly missed: readonly MissedTime[]
}

/** An upload that one exchange tells of is known in all of them, also where a head was cut before the fields that tell. */
export function readSteps(connections: readonly UploadConnection[]): PlacedStep[] {
  const known = new Map<string, UploadStep['protocol']>()
  const placed: PlacedStep[] = []
  const others: (readonly [Exchange, UploadConnection])[] = []
  for (const connection of connections) {
    for (const exchange of connection.exchanges) {
      const step = readDraftStep(exchange) ?? readTusStep(exchange)
      if (step === null) {
        others.push([exchange, connection])
      } else {
        placed.push(placeStep(step, exchange, connection))
        if (isOfUpload(step)) known.set(`${connection.server} ${step.url}`, step.protocol)
      }
    }
  }
  for (const [exchange, connection] of others) {
    const step = readKnown(exchange, connection, known)
    if (step !== null) placed.push(placeStep(step, exchange, connection))
  }
  return placed.sort((a, b) => a.asked - b.asked)
}

/** A GET alone may be of anything. */
const isOfUpload = ({ url, action }: UploadStep): boolean => url !== null && action !== 'download'

function readKnown(
  exchange: Exchange,
  { server }: UploadConnection,
  known: ReadonlyMap<string, UploadStep['protocol']>,
): UploadStep | null {
  if (exchange.request === null) return null
  const protocol = known.get(`${server} ${targetUrl(exchange.request)}`)
  if (protocol === undefined) return null
  const step = protocol === 'tus' ? readTusStep(exchange, true) : readDraftStep(exchange, true)
  return step?.action === 'creation' ? null : step
}

function placeStep(
  step: UploadStep,
  exchange: Exchange,
  { number, server }: UploadConnection,
): PlacedStep {
  const { request, interim, response } = exchange
  return {
    step,
    exchange,
    connection: number,
    server,
    host: request?.fields.get('host')?.toLowerCase() ?? null,
    asked: request?.first.time ?? 0,
    answered: (response ?? interim.at(-1))?.first.time ?? null,
    end: Math.max(request?.last.time ?? 0, response?.last.time ?? 0),
  }
}
