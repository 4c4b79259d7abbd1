// The digest that comes with a request's bytes: fields in, the name of its algorithm out.
import type { Fields } from '../http/exchange.ts'

/** tus 1.0.0, Checksum: the bytes did not fit, and were not kept. */
export const checksumMismatch = 460

/** `Upload-Checksum: sha1 Kq5s…` (tus 1.0.0, Checksum); where a trailer will tell it, `trailer`. `null`: none. */
export function uploadChecksum(fields: Fields): string | null {
  const algorithm = fields.get('upload-checksum')?.split(' ')[0]?.toLowerCase()
  if (algorithm) return algorithm
  return /\bupload-checksum\b/i.test(fields.get('trailer') ?? '') ? 'trailer' : null
}

/** Of the content, else of the whole file: `Content-Digest: sha-256=:…:` (RFC 9530 §2, §3). `null`: none. */
export function digestAlgorithm(fields: Fields): string | null {
  const digest = fields.get('content-digest') ?? fields.get('repr-digest')
  return /^\s*([a-z0-9*_.-]+)\s*=/.exec(digest ?? '')?.[1] ?? null
}
