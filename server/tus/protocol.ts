// tus 1.0.0: its version and the media type of its bodies, and numbers as its headers have them.

export const version = '1.0.0'

/** The media type of a PATCH body (tus 1.0.0, PATCH). */
export const patchType = 'application/offset+octet-stream'

/**
 * A non-negative integer as tus writes it: digits only. `undefined`: the header is not there;
 * `null`: it is there and no such number.
 */
export function readNumber(header: string | string[] | undefined): number | null | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^\d{1,16}$/.test(header)) return null
  const number = Number(header)
  return Number.isSafeInteger(number) ? number : null
}
