// How long the body of a message is: what its head says in, the way to its end out (RFC 9112 §6.3).
import type { Fields } from './exchange.ts'

export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }
  /** What follows is no HTTP any more: after 101, or a CONNECT that succeeded. */
  | { readonly kind: 'tunnel' }
  /** The head contradicts itself. */
  | { readonly kind: 'unknown'; readonly why: string }

const none: BodyFraming = { kind: 'none' }
const chunked: BodyFraming = { kind: 'chunked' }
const untilClose: BodyFraming = { kind: 'until-close' }
const tunnel: BodyFraming = { kind: 'tunnel' }

/** A request without a length has no body. */
export function requestFraming(fields: Fields): BodyFraming {
  const codings = transferCodings(fields)
  if (codings.length === 0) return lengthFraming(fields, none)
  return codings.at(-1) === 'chunked'
    ? chunked
    : { kind: 'unknown', why: 'a request with a Transfer-Encoding that does not end in chunked' }
}

/** `method`: of the request that it answers, `null` where that was not captured. */
export function responseFraming(
  status: number,
  method: string | null,
  fields: Fields,
): BodyFraming {
  if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return tunnel
  if (isBodiless(status, method)) return none
  const codings = transferCodings(fields)
  if (codings.length === 0) return lengthFraming(fields, untilClose)
  return codings.at(-1) === 'chunked' ? chunked : untilClose
}

/** Whatever its head says of a length (RFC 9110 §6.4.1). */
export const isBodiless = (status: number, method: string | null): boolean =>
  status < 200 || status === 204 || status === 304 || method === 'HEAD'

/** Content-Length: one number, or the same one repeated; `null`: not there, or not to be believed. */
export function contentLength(fields: Fields): number | null {
  const values = (fields.get('content-length') ?? '').split(',').map((value) => value.trim())
  const first = values[0] ?? ''
  const length = /^\d{1,16}$/.test(first) ? Number(first) : Number.NaN
  return Number.isSafeInteger(length) && values.every((value) => value === first) ? length : null
}

/** What a reader should know of the lengths that a head tells; `null`: nothing. */
export function lengthRemark(fields: Fields): string | null {
  const length = fields.get('content-length')
  if (length === undefined) return null
  if (transferCodings(fields).length > 0) {
    return 'a head with both Transfer-Encoding and Content-Length: the first counts (RFC 9112 §6.3)'
  }
  return length.includes(',') && contentLength(fields) !== null
    ? 'a head that repeats its Content-Length'
    : null
}

function lengthFraming(fields: Fields, otherwise: BodyFraming): BodyFraming {
  const text = fields.get('content-length')
  if (text === undefined) return otherwise
  const length = contentLength(fields)
  if (length !== null) return { kind: 'length', length }
  const why = text.includes(',')
    ? 'a head with Content-Lengths that differ'
    : 'an invalid Content-Length'
  return { kind: 'unknown', why }
}

/** In lower case, without parameters; `identity` was a word for none (RFC 2616 §3.6). */
function transferCodings(fields: Fields): string[] {
  const text = fields.get('transfer-encoding')
  if (text === undefined) return []
  const codings = text.split(',').map((coding) => (coding.split(';')[0] ?? '').trim().toLowerCase())
  return codings.filter((coding) => coding !== '' && coding !== 'identity')
}
