// The Upload-Concat header: an upload as a part of another one, or made of others (tus 1.0.0, Concatenation).
import type { IncomingMessage } from 'node:http'
import { bodyLengthOf } from '../exchange.ts'
import type { Refusal } from '../refusals.ts'
import type { Concatenation } from '../uploads/concatenation.ts'
import type { Upload } from '../uploads/upload.ts'
import { isPatchType } from './patch.ts'
import { referencesOf } from './references.ts'

/** An upload can be made of so many others; their URLs just fit in a head. */
export const mostParts = 1000

/** What a creation makes of the upload; `null` for one that stands for itself. */
export function readConcatenation(request: IncomingMessage): Concatenation | Refusal | null {
  const header = request.headers['upload-concat']
  if (header === undefined) return null
  if (header === 'partial') return { kind: 'part', header }
  if (typeof header !== 'string' || !header.startsWith(finalPrefix)) return malformed
  const urls = header.slice(finalPrefix.length).split(' ').filter(isNotEmpty)
  if (urls.length === 0) return malformed
  if (urls.length > mostParts) return refused(`A final upload has at most ${mostParts} parts.`)
  const idOf = referencesOf(request)
  const parts: string[] = []
  for (const url of urls) {
    const id = idOf(url)
    if (id === null) return refused('Upload-Concat names a URL that is none of an upload here.')
    parts.push(id)
  }
  return { kind: 'final', header, parts }
}

/**
 * What a final upload's creation must not bring along: its length follows from its parts, and so do its bytes. A body would
 * be a change to it, as a PATCH is.
 */
export function refuseFinal(request: IncomingMessage): Refusal | null {
  const { headers } = request
  if (headers['upload-length'] !== undefined || headers['upload-defer-length'] !== undefined) {
    return refused("A final upload's length is that of its parts: send no Upload-Length.")
  }
  const bringsBody = isPatchType(headers['content-type']) && bodyLengthOf(request) !== 0
  return bringsBody ? unchangeable : null
}

/** tus 1.0.0, Concatenation: of a PATCH to a final upload, whatever else is wrong with it. */
export const unchangeable: Refusal = {
  status: 403,
  text: 'A final upload is made of its parts: it takes no bytes.',
}

/** The headers of a HEAD, with what it tells of a part or a final one. While that is not finished its offset means nothing. */
export function concatenationHeaders(
  headers: Readonly<Record<string, string>>,
  { info }: Upload,
): Record<string, string> {
  const { 'Upload-Offset': offset, ...others } = headers
  const { concatenation } = info
  const isOffsetKnown = concatenation?.kind !== 'final' || info.finished !== null
  return {
    ...others,
    ...(offset !== undefined && isOffsetKnown ? { 'Upload-Offset': offset } : {}),
    ...(concatenation === null ? {} : { 'Upload-Concat': concatenation.header }),
  }
}

const finalPrefix = 'final;'
const isNotEmpty = (url: string) => url !== ''
const refused = (text: string): Refusal => ({ status: 400, text })
const malformed = refused(
  'Upload-Concat must be "partial", or "final;" and the URLs of the parts, parted by spaces.',
)
