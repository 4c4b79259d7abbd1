// HTTP persistence, the one of the two keep-alives that a head speaks of (RFC 9112 §9.3).
import type { Exchange, Request, Response } from '../http/exchange.ts'

/** The connection is not to be used again after this message. */
export const asksToClose = (message: Request | Response | null): boolean =>
  closesBy(message) !== null

/** Why it is not to be used again after this message: the field says so, or it is of HTTP/1.0; `null`: it may be. */
export function closesBy(message: Request | Response | null): 'field' | 'version' | null {
  if (message === null) return null
  const options = (message.fields.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
  if (options.includes('close')) return 'field'
  return message.version === '1.0' && !options.includes('keep-alive') ? 'version' : null
}

/** What the server said last of how long it keeps an idle connection: `Keep-Alive: timeout=5` (RFC 2068 §19.7.1.1), seconds. */
export function announcedTimeout(exchanges: readonly Exchange[], before: number): number | null {
  const last = exchanges.findLast(
    ({ response }) => response !== null && response.first.packet <= before,
  )
  const match = /timeout\s*=\s*"?(\d+)/i.exec(last?.response?.fields.get('keep-alive') ?? '')
  return match === null ? null : Number(match[1])
}
