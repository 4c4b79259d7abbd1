// The URL of an upload, so that the Location of its creation and the targets of its requests agree.
import type { Request } from '../http/exchange.ts'

/** The request's own target: its path and query. */
export function targetUrl({ target }: Request): string {
  const absolute = splitAbsolute(target)
  return absolute === null ? target : absolute.path
}

/**
 * A Location, resolved against the request (RFC 9110 §10.2.2): path and query where it is on the host that was asked, else
 * the whole of it. Without fragment.
 */
export function locationUrl(location: string, request: Request): string {
  const reference = (location.split('#')[0] ?? '').trim()
  const absolute = splitAbsolute(reference)
  if (absolute !== null) {
    const asked = request.fields.get('host') ?? splitAbsolute(request.target)?.host ?? null
    const isSame = asked === null || bareHost(asked) === bareHost(absolute.host)
    return isSame ? absolute.path : reference
  }
  return reference.startsWith('/') ? reference : relativeTo(targetUrl(request), reference)
}

/** The path of an absolute URL; `null`: it is none. */
export const pathOfAbsolute = (url: string): string | null => splitAbsolute(url)?.path ?? null

function splitAbsolute(url: string): { readonly host: string; readonly path: string } | null {
  const match = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(url)
  if (match === null) return null
  const [, authority = '', rest = ''] = match
  return {
    host: authority.slice(authority.lastIndexOf('@') + 1),
    path: rest.startsWith('/') ? rest : `/${rest}`,
  }
}

/** Without the ports that http and https have anyway. */
const bareHost = (host: string): string => host.toLowerCase().replace(/:(?:80|443)?$/, '')

function relativeTo(base: string, reference: string): string {
  const from = new URL(base.startsWith('/') ? base : '/', 'http://host')
  if (!URL.canParse(reference, from)) return reference
  const url = new URL(reference, from)
  return url.host === 'host' ? `${url.pathname}${url.search}` : url.href
}
