// Keeps web pages from reaching the service under a name of their own (DNS rebinding).
// A page of evil.example whose name is made to lead to 127.0.0.1 is of our origin for the browser. What gives it away is
// the Host header. Only the API needs the check: without its list, nobody can guess the id of an upload.
import { isIP } from 'node:net'
import type { RequestHandler } from 'express'
import type { Config } from './config.ts'

type HostOptions = Pick<Config, 'host' | 'publicHost' | 'token' | 'allowAnonymous' | 'trustProxy'>

/** Answers 421 to requests under a name that nobody gave to this service; a token, or leave for all, makes it needless. */
export function checkHost(options: HostOptions): RequestHandler {
  const isNeedless =
    options.token !== null || options.allowAnonymous || options.trustProxy.length > 0
  const names = new Set(
    ['localhost', options.host, ...options.publicHost].map((name) => name.toLowerCase()),
  )
  return (request, response, next) => {
    const name = hostName(request.headers.host ?? '')
    if (isNeedless || names.has(name) || name.endsWith('.localhost') || isIP(name) !== 0)
      return next()
    response
      .status(421)
      .json({ error: `This service is not called ${name}: name it with --public-host.` })
  }
}

/** Without port and brackets. */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}
