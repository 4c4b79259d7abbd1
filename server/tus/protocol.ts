// tus 1.0.0 in constants: versions, extensions and header names, and how a number is written in a header.

export const version = '1.0.0'

/** The media type of a PATCH body (tus 1.0.0, PATCH). */
export const patchType = 'application/offset+octet-stream'

/** What a page from another origin may send. */
export const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Tus-Resumable',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-HTTP-Method-Override',
  'X-Requested-With',
  'X-Request-ID',
] as const

/** What a page from another origin may read. */
export const responseHeaders = [
  'Location',
  'Longhaul-Connection',
  'Retry-After',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  // Of a download, and of every answer.
  'Accept-Ranges',
  'Cache-Control',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'Date',
  'ETag',
] as const

export const methods = ['POST', 'GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'] as const

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
