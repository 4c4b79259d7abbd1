// Requests whose framing or host can't be trusted, refused before anybody looks at what they ask for (RFC 9112).
import type { IncomingMessage } from 'node:http'
import type { Refusal } from './refusals.ts'

/** Why the request is refused whatever it asks for, or `null`. */
export function refuseMalformed(request: IncomingMessage): Refusal | null {
  const coding = request.headers['transfer-encoding']
  // RFC 9112 §6.1: what was coded twice would be taken for the file itself.
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return {
      status: 501,
      text: 'The only transfer coding understood here is "chunked".',
      closes: true,
    }
  }
  // RFC 9112 §3.2: Node takes the first, and something before it may have taken the other.
  if (countHosts(request.rawHeaders) > 1) {
    return { status: 400, text: 'A request has one Host.', closes: true }
  }
  return null
}

/** Of a flat list of names and values. */
function countHosts(raw: readonly string[]): number {
  let count = 0
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}
