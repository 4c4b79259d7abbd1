// Which pages of other origins may upload, and what they may see (Fetch standard, CORS protocol).
import type { IncomingMessage } from 'node:http'
import { methods, requestHeaders, responseHeaders } from './tus/protocol.ts'

type Headers = Readonly<Record<string, string>>

/**
 * The CORS headers of an answer, errors included. `null`: the request comes from a page that may not upload here and
 * must not be processed. `allowed` holds origins, or `*` for all.
 */
export function corsHeaders(request: IncomingMessage, allowed: readonly string[]): Headers | null {
  if (allowed.includes('*')) return forEverybody
  const { origin, host } = request.headers
  if (origin === undefined || isSameOrigin(origin, host)) return forOwnPages
  if (!allowed.includes(origin)) return null
  return { ...forOwnPages, ...exposed, 'Access-Control-Allow-Origin': origin }
}

/** What a preflight request asks for. A day is the longest that browsers remember it (seconds). */
export const preflightHeaders: Headers = {
  'Access-Control-Allow-Methods': methods.join(', '),
  'Access-Control-Allow-Headers': requestHeaders.join(', '),
  'Access-Control-Max-Age': '86400',
}

const exposed: Headers = { 'Access-Control-Expose-Headers': responseHeaders.join(', ') }
const forEverybody: Headers = { 'Access-Control-Allow-Origin': '*', ...exposed }
const forOwnPages: Headers = { Vary: 'Origin' }

/** By host alone: behind a proxy that ends TLS the scheme is not ours to see. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
