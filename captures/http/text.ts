// Bytes of a head as text. HTTP heads are octets of which only US-ASCII has a meaning (RFC 9112 §2.2).

export const HT = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20

/** One character per byte: nothing is lost, nothing can fail. */
const decoder = new TextDecoder('latin1')

export const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  decoder.decode(bytes.subarray(from, to))

/** The end of a line without its line end, of which the CR may be missing (RFC 9112 §2.2). */
export const withoutCr = (bytes: Uint8Array, from: number, lineFeed: number): number =>
  lineFeed > from && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed

/** The place of the next LF, or `to`. */
export function nextLineFeed(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== LF) at += 1
  return at
}

export const isSpace = (byte: number | undefined): boolean => byte === SP || byte === HT
