// Which pages of other origins may upload, and what they may see (Fetch standard, CORS protocol).
import type { IncomingMessage, ServerResponse } from 'node:http'
import { methods, requestHeaders, responseHeaders } from './tus/protocol.ts'

/** A day: browsers ask no more often than this. */
const maxAge = '86400'

/**
 * Sets the CORS headers of an answer, errors included. `false`: the request comes from a page that may not upload here
 * and must not be processed. `allowed` holds origins, or `*` for all.
 */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[],
): boolean {
  const { origin } = request.headers
  const everybody = allowed.includes('*')
  if (!everybody) response.setHeader('Vary', 'Origin')
  if (origin === undefined || isSameOrigin(origin, request.headers.host)) {
    if (everybody) grant(response, '*')
    return true
  }
  if (!everybody && !allowed.includes(origin)) return false
  grant(response, everybody ? '*' : origin)
  return true
}

/** Adds what a preflight request asks for. */
export function answerPreflight(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', methods.join(', '))
  response.setHeader('Access-Control-Allow-Headers', requestHeaders.join(', '))
  response.setHeader('Access-Control-Max-Age', maxAge)
}

const exposed = responseHeaders.join(', ')

function grant(response: ServerResponse, origin: string): void {
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Expose-Headers', exposed)
}

/** By host alone: behind a proxy that ends TLS the scheme is not ours to see. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
