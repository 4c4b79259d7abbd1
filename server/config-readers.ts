// How the text of one setting is read: a value out, or a `RangeError` that says what is allowed.
import proxyAddr from 'proxy-addr'
import { parseDuration } from './units.ts'

export const text = (value: string) => value
export const list = (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

export function proxies(value: string): string[] {
  const named = list(value)
  try {
    proxyAddr.compile(named)
  } catch {
    throw new RangeError(`"${value}" is no list of addresses, networks (10.0.0.0/8) or "loopback"`)
  }
  return named
}

export function wholeNumber(least: number, most: number) {
  return (value: string): number => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= least && number <= most)) {
      throw new RangeError(`"${value}" is no whole number from ${least} to ${most}`)
    }
    return number
  }
}

export function oneOf<const T extends string>(allowed: readonly T[]) {
  return (value: string): T => {
    const found = allowed.find((item) => item === value)
    if (found === undefined) throw new RangeError(`"${value}" is none of ${allowed.join(', ')}`)
    return found
  }
}

export function yesOrNo(value: string): boolean {
  if (['true', '1', 'yes', 'on'].includes(value)) return true
  if (['false', '0', 'no', 'off', ''].includes(value)) return false
  throw new RangeError(`"${value}" is neither true nor false`)
}

export function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new RangeError(`"${value}" is no http or https URL`)
  }
  try {
    decodeURIComponent(url.username + url.password)
  } catch {
    throw new RangeError('a % in the name or password must be written as %25')
  }
  return url.href
}

/** As browsers send it in Origin, to the byte: anything else would never match. */
export function origins(value: string): string[] {
  if (value === 'none') return []
  const named = list(value)
  for (const origin of named) {
    const url = URL.canParse(origin) ? new URL(origin) : null
    if (origin === '*' || url?.origin === origin) continue
    const meant = url !== null && url.origin !== 'null' ? url.origin : 'https://app.example.com'
    throw new RangeError(`"${origin}" is no web origin: write scheme and host, e.g. ${meant}`)
  }
  return named
}

/** Names or addresses without scheme and port. */
export function hosts(value: string): string[] {
  const named = list(value)
  for (const name of named) {
    const host = URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : null
    if (host === name.toLowerCase()) continue
    const meant = URL.canParse(name) ? new URL(name).hostname : (host ?? '')
    const example = meant === '' ? 'uploads.example.com' : meant
    throw new RangeError(`"${name}" is no name: write it without scheme and port, e.g. ${example}`)
  }
  return named
}

export function withoutBrackets(value: string): string {
  return text(value).replace(/^\[(.*)\]$/, '$1')
}

/** Dates end some 270,000 years from now; what is kept so long is kept for ever. */
const longest = 100 * 365 * 86_400

export function expiry(value: string): number {
  const seconds = parseDuration(value)
  if (seconds > longest) {
    throw new RangeError(`"${value}" is more than a hundred years: 0 keeps uploads for ever`)
  }
  return seconds
}
