// The header fields that the later stages ask for. A million exchanges are kept: each with these and no more.
import { latin1 } from './text.ts'

const names = [
  'connection',
  'content-disposition',
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
  'trailer',
  'transfer-encoding',
  'tus-resumable',
  'upgrade',
  'upload-complete',
  'upload-concat',
  'upload-defer-length',
  'upload-draft-interop-version',
  'upload-incomplete',
  'upload-length',
  'upload-limit',
  'upload-metadata',
  'upload-offset',
  'user-agent',
  'via',
  'x-http-method-override',
] as const

/** Kept whatever follows. */
const prefixes = ['tus-', 'upload-'] as const

const longestName = 64

const byLength: readonly (readonly string[])[] = Array.from(
  { length: longestName + 1 },
  (_, length) => names.filter((name) => name.length === length),
)

/** The name in lower case, if it is one of these; the same string each time, as far as the list goes. */
export function keptName(bytes: Uint8Array, from: number, to: number): string | null {
  if (to - from > longestName) return null
  const name = byLength[to - from]?.find((known) => isAt(bytes, from, known))
  if (name !== undefined) return name
  const hasPrefix = prefixes.some(
    (prefix) => to - from > prefix.length && isAt(bytes, from, prefix),
  )
  return hasPrefix ? latin1(bytes, from, to).toLowerCase() : null
}

/** Whether the lower-case text stands there, in whatever case. */
function isAt(bytes: Uint8Array, from: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const byte = bytes[from + at] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== text.charCodeAt(at)) return false
  }
  return true
}
