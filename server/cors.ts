// Which pages of other origins may upload, and what they may see (Fetch standard, CORS protocol).
import type { IncomingMessage } from 'node:http'
import { parseUrl } from './parse-url.ts'

/** What a page from another origin may send. */
export const requestHeaders = [
  'Authorization',
  'Content-Digest',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Type',
  'Repr-Digest',
  'Tus-Resumable',
  'Upload-Checksum',
  'Upload-Complete',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Draft-Interop-Version',
  'Upload-Incomplete',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'Want-Repr-Digest',
  'X-HTTP-Method-Override',
  'X-Requested-With',
  'X-Request-ID',
] as const

/** What a page from another origin may read. */
export const responseHeaders = [
  'Accept-Patch',
  'Location',
  'Longhaul-Connection',
  'Repr-Digest',
  'Retry-After',
  'Tus-Checksum-Algorithm',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Complete',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Draft-Interop-Version',
  'Upload-Expires',
  'Upload-Incomplete',
  'Upload-Length',
  'Upload-Limit',
  'Upload-Metadata',
  'Upload-Offset',
  // Of a download, and of every answer.
  'Accept-Ranges',
  'Cache-Control',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'Date',
  'ETag',
] as const

export const methods = ['POST', 'GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Those of the IETF's protocol too. */
const pageMethods = [...methods, 'PUT'] as const

type Headers = Readonly<Record<string, string>>

export interface CorsDecision {
  /** `false`: the request comes from a page that may not upload here, and must not be processed. */
  readonly isAllowed: boolean
  /** Of the answer, errors included. */
  readonly headers: Headers
}

/** What the request's origin may do. `allowed` holds origins, or `*` for all. */
export function decideCors(request: IncomingMessage, allowed: readonly string[]): CorsDecision {
  const { origin, host } = request.headers
  if (allowed.includes('*')) return origin === undefined ? everybody : everyPage
  if (origin === undefined || isSameOrigin(origin, host))
    return { isAllowed: true, headers: varies }
  if (!allowed.includes(origin)) return { isAllowed: false, headers: varies }
  const headers = { ...varies, ...exposed, 'Access-Control-Allow-Origin': origin }
  return { isAllowed: true, headers }
}

/** What a preflight request asks for. A day is the longest that browsers remember it (seconds). */
export const preflightHeaders: Headers = {
  'Access-Control-Allow-Methods': pageMethods.join(', '),
  'Access-Control-Allow-Headers': requestHeaders.join(', '),
  'Access-Control-Max-Age': '86400',
}

const exposed: Headers = { 'Access-Control-Expose-Headers': responseHeaders.join(', ') }
const star: Headers = { 'Access-Control-Allow-Origin': '*' }
/** A program has no use for the long list; a cache may still hand its answer to a page. */
const everybody: CorsDecision = { isAllowed: true, headers: star }
const everyPage: CorsDecision = { isAllowed: true, headers: { ...star, ...exposed } }
const varies: Headers = { Vary: 'Origin' }

/** By host alone: behind a proxy that ends TLS the scheme is not ours to see. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  return parseUrl(origin)?.host === host
}
