// HTTP persistence, the one of the two keep-alives that a head speaks of (RFC 9112 §9.3).
import type { Exchange, Request, Response } from '../http/exchange.ts'

/** The connection is not to be used again after this message. */
export function asksToClose(message: Request | Response | null): boolean {
  if (message === null) return false
  const options = (message.fields.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
  return options.includes('close') || (message.version === '1.0' && !options.includes('keep-alive'))
}

/** What the server said last of how long it keeps an idle connection: `Keep-Alive: timeout=5` (RFC 2068 §19.7.1.1), seconds. */
export function announcedTimeout(exchanges: readonly Exchange[], before: number): number | null {
  const last = exchanges.findLast(
    ({ response }) => response !== null && response.first.packet <= before,
  )
  const match = /timeout\s*=\s*"?(\d+)/i.exec(last?.response?.fields.get('keep-alive') ?? '')
  return match === null ? null : Number(match[1])
}
