// Structured fields (RFC 9651) as far as resumable uploads use them. What breaks a rule is as if it were not there.
import { type Dictionary, parseDictionary, parseItem } from 'structured-headers'

type Header = string | string[] | undefined

/** A non-negative Integer; `null` for anything else. */
export function readInteger(header: Header): number | null {
  const value = bareItem(header)
  if (typeof value !== 'number' || value < 0 || isDecimal(header)) return null
  // Not -0.
  return Math.abs(value)
}

/** A Boolean; `null` for anything else. */
export function readBoolean(header: Header): boolean | null {
  const value = bareItem(header)
  return typeof value === 'boolean' ? value : null
}

export const writeBoolean = (value: boolean): string => (value ? '?1' : '?0')

/** A Dictionary's members that are Byte Sequences, by their keys; the others are left out. */
export function readByteSequences(header: Header): Map<string, Buffer> {
  return membersOf(header, (value) => (value instanceof ArrayBuffer ? Buffer.from(value) : null))
}

/** A Dictionary's members that are numbers, by their keys; the others are left out. */
export function readNumbers(header: Header): Map<string, number> {
  return membersOf(header, (value) => (typeof value === 'number' ? value : null))
}

export const writeByteSequence = (value: Buffer): string => `:${value.toString('base64')}:`

function bareItem(header: Header): unknown {
  if (typeof header !== 'string') return null
  try {
    return parseItem(header)[0]
  } catch {
    return null
  }
}

/** The library makes one number of both: `3.0` is a Decimal, and no Integer. */
const isDecimal = (header: Header): boolean =>
  String(header).split(';', 1)[0]?.includes('.') === true

function membersOf<T>(header: Header, read: (value: unknown) => T | null): Map<string, T> {
  const members = new Map<string, T>()
  for (const [key, [value]] of dictionaryOf(header)) {
    const one = read(value)
    if (one !== null) members.set(key, one)
  }
  return members
}

function dictionaryOf(header: Header): Dictionary {
  if (typeof header !== 'string') return new Map()
  try {
    return parseDictionary(header)
  } catch {
    return new Map()
  }
}
