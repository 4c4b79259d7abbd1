// Header field lines in, the fields that the later stages ask for out (RFC 9112 §5).
import type { Fields } from './exchange.ts'
import { keptName } from './field-names.ts'
import { CR, isSpace, LF, latin1, nextLineFeed, withoutCr } from './text.ts'

const longestValue = 4096
const mostFields = 64

export const noFields: Fields = new Map()

/**
 * The field lines between a start line and the empty line. `isCut`: the last line may go on where the capture didn't; what
 * is there of it is not believed. A value that the head `before` had too is the same string, not one more.
 */
export function readFields(
  bytes: Uint8Array,
  from: number,
  to: number,
  isCut: boolean,
  before: Fields,
): Fields {
  const fields = new Map<string, string>()
  let at = from
  while (at < to) {
    const end = endOfLine(bytes, at, to)
    const isWhole = bytes[end - 1] === LF || bytes[end - 1] === CR
    if (isWhole || !isCut) addLine(fields, bytes, at, end, before)
    at = end
  }
  return fields
}

/** After the line end; a line that begins with space goes on with the one before it (obs-fold, RFC 9112 §5.2). */
function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  let end = Math.min(to, nextLineFeed(bytes, from, to) + 1)
  while (end < to && isSpace(bytes[end])) end = Math.min(to, nextLineFeed(bytes, end, to) + 1)
  return end
}

function addLine(
  fields: Map<string, string>,
  bytes: Uint8Array,
  from: number,
  to: number,
  before: Fields,
): void {
  let colon = from
  while (colon < to && bytes[colon] !== 0x3a) colon += 1
  if (colon === to) return
  let nameEnd = colon
  while (nameEnd > from && isSpace(bytes[nameEnd - 1])) nameEnd -= 1
  const name = keptName(bytes, from, nameEnd)
  if (name === null) return
  const known = fields.get(name)
  if (known === undefined && fields.size >= mostFields) return
  const value = fieldValue(bytes, colon + 1, to)
  const all = known === undefined ? value : `${known}, ${value}`.slice(0, longestValue)
  const same = before.get(name)
  fields.set(name, same === all ? same : all)
}

/** Without the white space around it; a fold becomes one space. */
function fieldValue(bytes: Uint8Array, lineFrom: number, lineTo: number): string {
  let from = lineFrom
  let to = bytes[lineTo - 1] === LF ? withoutCr(bytes, lineFrom, lineTo - 1) : lineTo
  if (bytes[to - 1] === CR) to -= 1
  while (from < to && isSpace(bytes[from])) from += 1
  while (to > from && isSpace(bytes[to - 1])) to -= 1
  const text = latin1(bytes, from, Math.min(to, from + longestValue))
  return text.includes('\n') ? text.replace(/\r?\n[ \t]+/g, ' ').trim() : text
}
