// Ranges and conditions of a download as RFC 9110 has them, where `send` reads them otherwise.
import type { IncomingHttpHeaders } from 'node:http'

/** Sets the headers right for `send`; `size` in bytes. */
export function mendConditions(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  size: number,
): void {
  // §14.2: a range is for GET alone. §13.1.5: a weak validator never makes one count.
  if (method !== 'GET' || isWeak(headers['if-range'])) delete headers.range
  if (headers.range !== undefined) headers.range = cutSuffixes(headers.range, size)
  // §13.1.1: If-Match compares strongly, so a weak one is no match.
  const match = headers['if-match']
  if (match !== undefined) headers['if-match'] = match.replace(/W\/"[^"]*"/g, '"weak"')
}

const isWeak = (validator: string | string[] | undefined): boolean =>
  typeof validator === 'string' && validator.trim().startsWith('W/')

/** §14.1.2: of a file that is shorter than the suffix asked for, it is all of the file. */
function cutSuffixes(range: string, size: number): string {
  return range.replace(/([=,]\s*-)(\d+)/g, (whole, before: string, length: string) =>
    size > 0 && Number(length) > size ? `${before}${size}` : whole,
  )
}
