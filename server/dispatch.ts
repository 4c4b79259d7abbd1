// Which protocol a request for /files or /files/ID speaks.
import type { IncomingHttpHeaders } from 'node:http'
import { mediaTypeOf } from './exchange.ts'

/** `download`: a file is asked for, in no protocol but HTTP. */
export type Protocol = 'tus' | 'ietf' | 'download'

/** Fields that only the IETF's resumable uploads have. */
const marks = ['upload-draft-interop-version', 'upload-complete', 'upload-incomplete'] as const

/** What needs nothing but the method in the IETF's protocol, and more in tus. */
const plainMethods = new Set(['HEAD', 'DELETE'])

/**
 * tus 1.0.0 has Tus-Resumable in every request but OPTIONS, whose answer serves both. A request with neither protocol's
 * marks that changes something is taken for a tus one that lacks its version.
 */
export function protocolOf(method: string, headers: IncomingHttpHeaders): Protocol {
  const isMarked =
    marks.some((name) => headers[name] !== undefined) ||
    mediaTypeOf(headers['content-type']) === 'application/partial-upload'
  const isTus = headers['tus-resumable'] !== undefined
  if (method === 'GET') return isMarked && !isTus ? 'ietf' : 'download'
  if (isTus || method === 'OPTIONS') return 'tus'
  return isMarked || plainMethods.has(method) ? 'ietf' : 'tus'
}
