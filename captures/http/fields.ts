// Header field lines in, the fields that the later stages ask for out (RFC 9112 §5).
import type { Fields } from './exchange.ts'
import { CR, HT, LF, latin1, nextLineFeed, SP, withoutCr } from './text.ts'

/** A million exchanges are kept: each with what is asked for later and no more. */
const keptNames: ReadonlySet<string> = new Set([
  'connection',
  'content-digest',
  'content-length',
  'content-range',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'location',
  'range',
  'repr-digest',
  'retry-after',
  'server',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-http-method-override',
])
const keptPrefixes = ['upload-', 'tus-'] as const

const longestName = 64
const longestValue = 4096
const mostFields = 64

const isKept = (name: string): boolean =>
  keptNames.has(name) || keptPrefixes.some((prefix) => name.startsWith(prefix))

const none: Fields = new Map()

/**
 * The field lines between a start line and the empty line. `isCut`: the last line may go on where the capture didn't; what
 * is there of it is not believed.
 */
export function readFields(bytes: Uint8Array, from: number, to: number, isCut: boolean): Fields {
  let fields: Map<string, string> | null = null
  let at = from
  while (at < to) {
    const end = endOfLine(bytes, at, to)
    const isWhole = bytes[end - 1] === LF || bytes[end - 1] === CR
    if (isWhole || !isCut) fields = addLine(fields, bytes, at, end)
    at = end
  }
  return fields ?? none
}

/** After the line end; a line that begins with space goes on with the one before it (obs-fold, RFC 9112 §5.2). */
function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  let end = Math.min(to, nextLineFeed(bytes, from, to) + 1)
  while (end < to && (bytes[end] === SP || bytes[end] === HT)) {
    end = Math.min(to, nextLineFeed(bytes, end, to) + 1)
  }
  return end
}

function addLine(
  fields: Map<string, string> | null,
  bytes: Uint8Array,
  from: number,
  to: number,
): Map<string, string> | null {
  let colon = from
  const end = Math.min(to, from + longestName)
  while (colon < end && bytes[colon] !== 0x3a) colon += 1
  if (colon === end) return fields
  const name = latin1(bytes, from, colon).trim().toLowerCase()
  if (!isKept(name)) return fields
  const known = fields ?? new Map<string, string>()
  const before = known.get(name)
  if (before === undefined && known.size >= mostFields) return fields
  const value = fieldValue(bytes, colon + 1, to)
  known.set(name, before === undefined ? value : `${before}, ${value}`.slice(0, longestValue))
  return known
}

/** Without the white space around it; a fold becomes one space. */
function fieldValue(bytes: Uint8Array, from: number, to: number): string {
  const end = bytes[to - 1] === LF ? withoutCr(bytes, from, to - 1) : to
  const text = latin1(bytes, from, Math.min(end, from + longestValue)).trim()
  return text.includes('\n') ? text.replace(/\r?\n[ \t]+/g, ' ') : text
}
