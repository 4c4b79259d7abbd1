// The exchanges of all connections in, the uploads that they made out: each across the connections that carried it.
import type { ExchangeUpload, Progress, UploadAnalysis, UploadProtocol } from '../analysis.ts'
import type { Exchange, MissedTime } from '../http/exchange.ts'
import { inSeconds } from '../units.ts'
import { joinParts } from './concatenation.ts'
import { endOf, groupSteps, type PlacedStep } from './groups.ts'
import { judgeOffsets, type Offsets } from './offsets.ts'
import { bytesSentAgain } from './ranges.ts'
import { resumptionsIn } from './resumptions.ts'
import { readSteps, type UploadConnection } from './steps.ts'
import { bodySequence, wholeNumber } from './upload-step.ts'
import { targetUrl } from './url.ts'

export interface CollectedUploads {
  /** In the order in which they began. */
  readonly uploads: readonly UploadAnalysis[]
  /** What each exchange did to an upload, where it did anything. */
  readonly byExchange: ReadonlyMap<Exchange, ExchangeUpload>
}

export function collectUploads(connections: readonly UploadConnection[]): CollectedUploads {
  const byExchange = new Map<Exchange, ExchangeUpload>()
  const uploads: UploadAnalysis[] = []
  const placed = readSteps(connections)
  const missed = missedOf(connections)
  for (const { url, steps } of groupSteps(placed)) {
    const servers = [...new Set(steps.map(({ server }) => server))]
    const offsets = judgeOffsets(
      steps,
      servers.flatMap((server) => missed.get(server) ?? []),
    )
    for (const one of steps) byExchange.set(one.exchange, told(url, one, offsets))
    if (url !== null && isUpload(steps, offsets)) uploads.push(describeUpload(url, steps, offsets))
  }
  return { uploads: joinParts(uploads), byExchange }
}

/** By server: what is missing on one connection may have been of any upload. */
function missedOf(connections: readonly UploadConnection[]): ReadonlyMap<string, MissedTime[]> {
  const missed = new Map<string, MissedTime[]>()
  for (const one of connections) {
    if (one.missed.length === 0) continue
    const there = missed.get(one.server)
    if (there === undefined) missed.set(one.server, [...one.missed])
    else there.push(...one.missed)
  }
  return missed
}

function told(url: string | null, one: PlacedStep, { verdicts }: Offsets): ExchangeUpload {
  const { step, exchange } = one
  const { request } = exchange
  const carries = step.action === 'append' || step.action === 'creation'
  return {
    // Of a creation that was not answered only the address of the service is known.
    url: url ?? (request === null ? '' : targetUrl(request)),
    protocol: step.protocol,
    action: step.action,
    from: step.from,
    to: step.to,
    answeredOffset: step.answeredOffset,
    isConsistent: verdicts.get(one) ?? null,
    sequence: carries && request !== null ? bodySequence(request) : null,
    version: step.version,
    checksum: step.checksum,
    isDamaged: step.isDamaged,
    progress: progressIn(exchange),
  }
}

const none: readonly Progress[] = []

function progressIn({ interim }: Exchange): readonly Progress[] {
  if (interim.length === 0) return none
  return interim.flatMap(({ fields, first }) => {
    const offset = wholeNumber(fields, 'upload-offset')
    return offset === null ? [] : [{ packet: first.packet, time: inSeconds(first.time), offset }]
  })
}

/** Something is known of it: it was created, or has bytes, or its server told an offset. */
const isUpload = (steps: readonly PlacedStep[], { highest }: Offsets): boolean =>
  highest !== null || steps.some(({ step }) => step.action === 'append')

function describeUpload(
  url: string,
  steps: readonly PlacedStep[],
  { verdicts, highest }: Offsets,
): UploadAnalysis {
  const work = steps.filter(({ step }) => step.action !== 'download')
  const lengths = work.flatMap(({ step }) => step.length ?? [])
  const length = lengths.at(-1) ?? null
  const offset = highest ?? 0
  const complete =
    work.some(({ step }) => step.isComplete) ||
    (length !== null && highest !== null && highest >= length)
  const protocols = protocolsOf(work)
  return {
    url,
    protocol: protocols[0]?.protocol ?? 'tus',
    protocols,
    length,
    offset,
    isOffsetKnown: highest !== null,
    patches: work.filter(({ step }) => step.action === 'append').length,
    connections: [...new Set(work.map(({ connection }) => connection))],
    resumptions: resumptionsIn(work),
    complete,
    filename: work.find(({ step }) => step.filename !== null)?.step.filename ?? null,
    cancelled:
      !complete && work.some(({ step }) => step.action === 'cancellation' && step.isSuccess),
    bytesSentAgain: bytesSentAgain(work.map(({ step }) => step)),
    damaged: work.filter(({ step }) => step.isDamaged).length,
    concatenation: concatenationIn(work),
    isConsistent: [...verdicts.values()].every((verdict) => verdict !== false),
    start: inSeconds(work[0]?.asked ?? 0),
    end: inSeconds(endOf({ steps: work })),
  }
}

/** Those that brought bytes, each with the version that one of its requests told: whoever only asks carries nothing. */
function protocolsOf(work: readonly PlacedStep[]): UploadProtocol[] {
  const carrying = work.filter(({ step }) => step.action === 'creation' || step.action === 'append')
  const found = new Map<UploadProtocol['protocol'], string | null>()
  for (const { step } of carrying.length > 0 ? carrying : work)
    found.set(step.protocol, found.get(step.protocol) ?? step.version)
  return [...found].map(([protocol, version]) => ({ protocol, version }))
}

function concatenationIn(work: readonly PlacedStep[]): UploadAnalysis['concatenation'] {
  const told = work.find(({ step }) => step.concatenation !== null)?.step.concatenation ?? null
  return told?.kind === 'partial' ? { ...told, final: null } : told
}
