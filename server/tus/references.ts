// What a client calls an upload in a header: a URL that leads back to us.
import type { IncomingMessage } from 'node:http'
import { idIn, isUploadPath } from '../exchange.ts'
import { parseUrl } from '../parse-url.ts'
import { idPattern } from '../uploads/info-file.ts'

/**
 * Makes the function that reads references in the headers of `request`, absolute or relative to the request's own URL (RFC
 * 3986 §5): it gives the id of the upload, `null` for what is none of ours. Whether it exists is not looked at.
 */
export function referencesOf(request: IncomingMessage): (reference: string) => string | null {
  const base = `http://${here}${request.url}`
  const hosts = [here, ...hostsOf(request)]
  return (reference) => {
    const url = uriCharacters.test(reference) ? parseUrl(reference, base) : null
    if (url === null) return null
    const { protocol, hostname, pathname } = url
    if (protocol !== 'http:' && protocol !== 'https:') return null
    const id = hosts.includes(hostname) && isUploadPath(pathname) ? idIn(pathname) : null
    return id !== null && idPattern.test(id) ? id : null
  }
}

/** Those that a URI is made of (RFC 3986 §2). A URL parser takes others too, and drops some. */
const uriCharacters = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/

/** Stands for the host of a reference that names none. */
const here = 'here.invalid'

/**
 * What the client may call us: by the Host header, and by the one that a proxy puts beside it when it changes that. Without
 * the port, which proxies lose. Nothing is let in by that: whoever knows an id may use it.
 */
function hostsOf({ headers }: IncomingMessage): string[] {
  const forwarded = String(headers['x-forwarded-host'] ?? '').split(',')
  return [headers.host ?? '', ...forwarded].flatMap(
    (host) => parseUrl(`http://${host.trim()}`)?.hostname ?? [],
  )
}
