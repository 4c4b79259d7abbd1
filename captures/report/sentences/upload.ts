// One upload in words: what of it arrived, over which connections, and whether its offsets fit. Analysis in, words out.
import type {
  Analysis,
  ConnectionAnalysis,
  ExchangeAnalysis,
  ExchangeUpload,
  UploadAnalysis,
  UploadProtocol,
} from '../../analysis.ts'
import type { Sentence } from '../prose.ts'
import { connections, frames, join, listOf, say, tone } from '../prose.ts'
import { amount, count, size } from '../quantity.ts'
import { bringsBytes, conflict, creationBytes, isConflict } from './exchange.ts'

/** `/files/3f2a "holiday.mp4"` */
export function uploadName({ url, filename }: UploadAnalysis): Sentence {
  return filename === null ? say`${tone('strong', url)}` : say`${tone('strong', url)} "${filename}"`
}

/** Length and completeness; PATCHes and connections; resumptions; consistency. */
export function uploadSentences(analysis: Analysis, upload: UploadAnalysis): Sentence[] {
  return [progress(upload), carriage(analysis, upload), consistency(analysis, upload)].filter(
    (sentence) => sentence.length > 0,
  )
}

function progress(upload: UploadAnalysis): Sentence {
  const { length, offset, complete, cancelled } = upload
  const draft = ` (${protocolWords(upload)}${cancelled ? '; the client gave it up: DELETE' : ''})`
  if (!upload.isOffsetKnown && !complete) {
    const of = length === null ? ', nor its length' : `; it has ${size(length)}`
    return say`how much of it arrived is not in the capture${of}${draft}.`
  }
  if (length === null) {
    return say`${size(offset)} arrived (offset ${offset}); the length is not in the capture${complete ? ', yet the upload is complete' : ''}${draft}.`
  }
  if (complete) return say`${size(length)} (${count(length, 'byte')}), complete${draft}.`
  const share = length > 0 ? ` (${Math.floor((100 * offset) / length)} %)` : ''
  return say`${tone('warning', 'incomplete')}: ${size(offset)} of ${size(length)}${share}, offset ${offset} of ${length}${draft}.`
}

const protocolNames: Readonly<Record<UploadProtocol['protocol'], string>> = {
  tus: 'tus',
  ietf: 'IETF resumable upload',
}

/** `tus 1.0.0`; `begun with tus 1.0.0, continued with IETF resumable upload, interop version 8` */
function protocolWords({ protocol, protocols }: UploadAnalysis): string {
  const [first = protocolNames[protocol], ...others] = protocols.map(
    ({ protocol: one, version }) => {
      if (version === null) return protocolNames[one]
      return one === 'tus' ? `tus ${version}` : `${protocolNames[one]}, interop version ${version}`
    },
  )
  return others.length === 0
    ? first
    : `begun with ${first}, continued with ${others.join(', then with ')}`
}

function carriage(analysis: Analysis, upload: UploadAnalysis): Sentence {
  const { concatenation, damaged } = upload
  if (concatenation?.kind === 'final') return joinedOf(analysis, concatenation.parts)
  const again =
    upload.bytesSentAgain > 0
      ? say` ${size(upload.bytesSentAgain)} had to be sent again.`
      : upload.resumptions > 0
        ? say` No byte was sent again.`
        : []
  const resumptions =
    upload.resumptions === 0 ? 'no resumption' : count(upload.resumptions, 'resumption')
  const created = carriersOf(analysis, upload).reduce(
    (sum, { exchanges }) =>
      exchanges.reduce(
        (bytes, one) => bytes + (one.upload?.url === upload.url ? creationBytes(one) : 0),
        sum,
      ),
    0,
  )
  const first = created > 0 ? `${size(created)} with its creation, ` : ''
  return say`${first}${count(upload.patches, 'PATCH', 'PATCHes')} on ${places(analysis, upload)}; ${resumptions}.${again}${damagedOnes(damaged)}${partOf(concatenation)}`
}

function damagedOnes(damaged: number): string {
  if (damaged === 0) return ''
  return ` ${count(damaged, 'request')} arrived damaged (460): ${damaged === 1 ? 'its' : 'their'} bytes did not count.`
}

function partOf(concatenation: UploadAnalysis['concatenation']): Sentence {
  if (concatenation?.kind !== 'partial') return []
  const { final } = concatenation
  return final === null
    ? say` It is a part of another upload (Upload-Concat: partial); which one, the capture does not show.`
    : say` It is a part of ${tone('strong', final)}.`
}

const mostParts = 6

/** A final upload carries nothing itself. */
function joinedOf({ uploads }: Analysis, parts: readonly string[]): Sentence {
  const named = parts.slice(0, mostParts).map((url) => [url])
  const rest = parts.length - named.length
  const list = rest > 0 ? say`${join(named, ', ')} and ${amount(rest)} more` : listOf(named)
  const used = uploads.filter(({ url }) => parts.includes(url)).flatMap((part) => part.connections)
  const where = used.length === 0 ? [] : say`, which came on ${connections([...new Set(used)])}`
  return say`Joined of ${count(parts.length, 'part')} (tus concatenation: ${list})${where}; nothing was sent again for that.`
}

/** A capture may have 200,000 connections, and few of them have to do with one upload. */
function carriersOf(
  { connections: all }: Analysis,
  { connections: used }: UploadAnalysis,
): ConnectionAnalysis[] {
  return used.flatMap((number) => {
    const likely = all[number]
    return likely?.number === number ? likely : (all.find((one) => one.number === number) ?? [])
  })
}

/** `connections 0 and 2, other requests of it on connection 1` */
function places(analysis: Analysis, upload: UploadAnalysis): Sentence {
  const { url, connections: used } = upload
  const carriers = new Set(
    carriersOf(analysis, upload).flatMap(({ number, exchanges }) =>
      exchanges.some((exchange) => exchange.upload?.url === url && bringsBytes(exchange))
        ? [number]
        : [],
    ),
  )
  const carrying = used.filter((number) => carriers.has(number))
  const others = used.filter((number) => !carriers.has(number))
  if (carrying.length === 0) return connections(used)
  return others.length === 0
    ? connections(carrying)
    : say`${connections(carrying)}, other requests of it on ${connections(others)}`
}

function consistency(analysis: Analysis, upload: UploadAnalysis): Sentence {
  if (upload.concatenation?.kind === 'final') return []
  const appends = appendsOf({ connections: carriersOf(analysis, upload) }, upload.url)
  const wrong = appends.filter(({ upload: part }) => part?.isConsistent === false)
  const first = wrong[0]
  if (first?.upload) return inconsistent(first, first.upload, wrong.length)
  if (!upload.isConsistent)
    return say`${tone('damage', 'Inconsistent')}: the offsets do not fit one another.`
  const unknown = appends.filter(
    ({ upload: part }) => part?.isConsistent === null && !part.isDamaged,
  ).length
  if (appends.length === 0) return say`No PATCH, so no offset to check.`
  const refused = conflictsIn(appends)
  if (unknown === 0) return say`Every answered offset fits what was sent.${refused}`
  if (unknown === appends.length)
    return say`Whether the offsets fit cannot be told: no answered offset is captured.${refused}`
  return say`Every answered offset that is captured fits what was sent; ${amount(unknown)} of ${appends.length} cannot be checked.${refused}`
}

/** The answer may fit, and the request not: it begins where the server could not be, and nobody refused it. */
function inconsistent(
  { requestPacket, responsePacket }: ExchangeAnalysis,
  { from, to, answeredOffset }: ExchangeUpload,
  wrong: number,
): Sentence {
  const damage = tone('damage', 'Inconsistent')
  const verb = wrong === 1 ? 'does' : 'do'
  if (answeredOffset === null || answeredOffset === to) {
    const at = requestPacket === null ? [] : say` (${frames([requestPacket])})`
    return say`${damage}: ${count(wrong, 'exchange')} ${verb} not fit what was known before; the first${at} begins at offset ${told(from)}, where the server was not.`
  }
  const at = responsePacket === null ? [] : say` (${frames([responsePacket])})`
  return say`${damage}: ${count(wrong, 'answer')} ${verb} not fit what was sent; the first${at} answers offset ${told(answeredOffset)} where ${told(to)} was due.`
}

/** Refused for their offset, with the one that was due. */
function conflictsIn(appends: readonly ExchangeAnalysis[]): Sentence {
  const refused = appends.filter(isConflict)
  const [first] = refused
  if (first === undefined) return []
  const at =
    first.requestPacket === null ? [] : say` (the first in ${frames([first.requestPacket])})`
  return say` ${count(refused.length, 'request')} began at another offset than the server's${at}: ${String(conflict)} refused ${refused.length === 1 ? 'it' : 'them'}.`
}

const told = (offset: number | null) => (offset === null ? 'an unknown one' : amount(offset))

function appendsOf(
  { connections }: Pick<Analysis, 'connections'>,
  url: string,
): ExchangeAnalysis[] {
  return connections.flatMap(({ exchanges }) =>
    exchanges.filter(({ upload }) => upload?.url === url && upload.action === 'append'),
  )
}
