// The first line of a message: bytes in, request line or status line out (RFC 9112 §3 and §4).
import { LF, latin1, nextLineFeed, withoutCr } from './text.ts'

export type StartLine =
  | {
      readonly kind: 'request'
      readonly method: string
      readonly target: string
      /** Empty: the line was cut before it. */
      readonly version: string
    }
  | { readonly kind: 'response'; readonly status: number; readonly version: string }

/** A method is any token (RFC 9110 §9.1), as long as people would still call it a word. */
const longestMethod = 40

/** Believed even where the line was cut before its version. */
const knownMethods: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE PROPFIND'.split(' '),
)

const requestLine = /^([!#$%&'*+.^_`|~\w-]{1,40})[ \t]+([^\s]+)[ \t]+HTTP\/(\d\.\d)[ \t]*$/
const cutRequestLine = /^([!#$%&'*+.^_`|~\w-]{1,40}) ([^\s]*)(?: H?T?T?P?\/?(?:\d\.?\d?)?)?$/
const statusLine = /^HTTP\/(\d\.\d)[ \t]+([1-9]\d\d)(?:[ \t]|$)/

/** Without the line end; `isCut`: the line went on where the capture didn't. `null`: no start line of HTTP/1. */
export function parseStartLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  isCut: boolean,
): StartLine | null {
  const text = latin1(bytes, from, withoutCr(bytes, from, to))
  const status = statusLine.exec(text)
  if (status !== null) {
    return { kind: 'response', status: Number(status[2]), version: status[1] ?? '' }
  }
  const request = requestLine.exec(text)
  if (request !== null) return requestOf(request, request[3] ?? '')
  const cut = isCut ? cutRequestLine.exec(text) : null
  return cut !== null && isBelievable(cut[1] ?? '', cut[2] ?? '') ? requestOf(cut, '') : null
}

/**
 * A request line that breaks the grammar, of a method that everybody knows: servers answer it, so it is a request. `null`: it
 * is none, or of another protocol (RTSP, SIP).
 */
export function parseOddRequestLine(bytes: Uint8Array, from: number, to: number): StartLine | null {
  const words = latin1(bytes, from, withoutCr(bytes, from, to))
    .trim()
    .split(/[ \t]+/)
  const [method = '', first = ''] = words
  const isVersionThere = words.at(-1)?.startsWith('HTTP/') === true
  const target = isVersionThere && words.length < 3 ? '' : first
  const isOfHttp = target === '' || isBelievable(method, target)
  const isOther = /^[A-Z]+\/\d/.test(words.at(-1) ?? '') && !isVersionThere
  if (!knownMethods.has(method) || !isOfHttp || isOther) return null
  return { kind: 'request', method, target, version: '0.9' }
}

const requestOf = (match: RegExpExecArray, version: string): StartLine => ({
  kind: 'request',
  method: match[1] ?? '',
  target: match[2] ?? '',
  version,
})

const isBelievable = (method: string, target: string): boolean =>
  knownMethods.has(method) && (method === 'CONNECT' || /^(?:\/|\*|https?:)/.test(target))

/** What the first bytes of a stream are, however few: `maybe` as long as they could become a start line. */
export function recognise(
  bytes: Uint8Array,
  from: number,
  to: number,
): 'maybe' | 'tls' | 'h2' | 'no' {
  const first = bytes[from] ?? 0
  // A TLS record: handshake, or one in the middle of a connection, of version 3.x (RFC 8446 §5.1).
  if (first >= 0x14 && first <= 0x17) {
    if (to - from < 2) return 'maybe'
    return bytes[from + 1] === 3 ? 'tls' : 'no'
  }
  if (startsWith(bytes, from, to, 'PRI * HTTP/2.0')) return 'h2'
  return mayBeStartLine(bytes, from, to) ? 'maybe' : 'no'
}

/** Whether a token and a space are there, or still could be. */
function mayBeStartLine(bytes: Uint8Array, from: number, to: number): boolean {
  if (startsWith(bytes, from, to, 'HTTP/')) return true
  const end = Math.min(to, from + longestMethod + 1)
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (isTokenByte(byte)) continue
    return at > from && (byte === 0x20 || byte === 0x09)
  }
  return end === to
}

/** Whether a whole start line stands here, or the beginning of one that nobody would doubt. */
export function startsMessage(
  bytes: Uint8Array,
  from: number,
  to: number,
  kind: 'request' | 'response' | null,
): boolean {
  const isResponse = startsWith(bytes, from, to, 'HTTP/1.')
  if (isResponse ? kind === 'request' : kind === 'response') return false
  if (!isResponse && !mayBeStartLine(bytes, from, to)) return false
  const lineFeed = nextLineFeed(bytes, from, Math.min(to, from + 16_384))
  return parseStartLine(bytes, from, lineFeed, bytes[lineFeed] !== LF || lineFeed === to) !== null
}

function startsWith(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from < text.length) return false
  for (let at = 0; at < text.length; at += 1) {
    if (bytes[from + at] !== text.charCodeAt(at)) return false
  }
  return true
}

/** RFC 9110 §5.6.2. */
function isTokenByte(byte: number): boolean {
  if (byte >= 0x61 && byte <= 0x7a) return true
  if (byte >= 0x41 && byte <= 0x5a) return true
  return (byte >= 0x30 && byte <= 0x39) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte))
}
