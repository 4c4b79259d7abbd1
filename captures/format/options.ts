// Options of pcapng blocks (draft-ietf-opsawg-pcapng §3.5): code and length, u16 each, then the value, padded to 4 bytes.
import { OptionCode } from './pcapng-blocks.ts'

const header = 4

/**
 * Where the value of the first option with that code begins, or −1. The list may end without its end mark,
 * and what doesn't fit in `[at, end)` counts as its end.
 */
export function findOption(
  view: DataView,
  at: number,
  end: number,
  code: number,
  little: boolean,
): number {
  let next = at
  while (next + header <= end) {
    const found = view.getUint16(next, little)
    const length = view.getUint16(next + 2, little)
    const value = next + header
    if (value + length > end || found === OptionCode.end) return -1
    if (found === code) return value
    next = value + padded(length)
  }
  return -1
}

/** Of the value that begins there. */
export function lengthOfOption(view: DataView, value: number, little: boolean): number {
  return view.getUint16(value - 2, little)
}

/** Up to the next multiple of 4. */
export const padded = (length: number): number => length + (-length & 3)

const decoder = new TextDecoder()

/** A text option; `null`: it isn't there, or says nothing. Control characters become spaces: it may be printed. */
export function textOption(
  view: DataView,
  at: number,
  end: number,
  code: number,
  little: boolean,
): string | null {
  const value = findOption(view, at, end, code, little)
  if (value < 0) return null
  return textAt(view, value, lengthOfOption(view, value, little))
}

export function textAt(view: DataView, at: number, length: number): string | null {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length)
  const text = decoder
    .decode(bytes)
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
  return text === '' ? null : text
}

/** An option of 8 bytes, unsigned; exact up to 2⁵³. `null`: it isn't there. */
export function countOption(
  view: DataView,
  at: number,
  end: number,
  code: number,
  little: boolean,
): number | null {
  const value = findOption(view, at, end, code, little)
  if (value < 0 || lengthOfOption(view, value, little) !== 8) return null
  return Number(view.getBigUint64(value, little))
}
