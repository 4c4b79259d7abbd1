// The Upload-Checksum header, before a body or behind it (tus 1.0.0, Checksum).
import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../refusals.ts'
import type { BodyCheck } from '../uploads/body-check.ts'
import { UploadError } from '../uploads/errors.ts'
import { type Digest, digestLengths, type HashName } from '../uploads/hash.ts'

/** tus' names of the hash functions are ours. In the order in which a client should choose: strong for its price first. */
export const checksumAlgorithms = [
  'sha256',
  'sha512',
  'sha1',
  'md5',
  'crc32',
] as const satisfies readonly HashName[]

const name = 'upload-checksum'

/**
 * What the body is promised to hash to: `null` when nothing is, and a refusal when the promise can't be kept, before any of
 * the body is read. A checksum behind the body must be announced by `Trailer`: one that comes unannounced is
 * none, since by then the bytes count.
 */
export function readCheck(request: IncomingMessage): BodyCheck | Refusal | null {
  const { [name]: header, trailer } = request.headers
  const isAnnounced = trailer !== undefined && announces(trailer)
  if (header === undefined) return isAnnounced ? checkBehind(request) : null
  if (isAnnounced) return refused('Upload-Checksum comes before the body or behind it, not both.')
  const digest = parseChecksum(String(header))
  if (typeof digest === 'string') return refused(digest)
  return { promised: [digest], trailing: () => [] }
}

/** Only a chunked body can have something behind it (RFC 9112 §7.1.2): a proxy that made it a plain one took the checksum away. */
function checkBehind(request: IncomingMessage): BodyCheck | Refusal {
  if (request.headers['transfer-encoding'] === undefined) {
    return refused('Upload-Checksum behind a body needs Transfer-Encoding: chunked.')
  }
  return {
    promised: [],
    trailing() {
      const trailer = request.trailers[name]
      const digest =
        trailer === undefined
          ? 'The Upload-Checksum that was to come behind the body did not.'
          : parseChecksum(trailer)
      if (typeof digest === 'string') throw new UploadError('checksum-invalid', digest)
      return [digest]
    },
  }
}

/**
 * Reads the value of an Upload-Checksum header: one algorithm, a space, the digest's bytes in Base64 (RFC 4648 §4, padded).
 * Gives the digest, or what is wrong, in words for the client.
 */
export function parseChecksum(header: string): Digest | string {
  const [algorithm = '', base64 = '', ...rest] = header.split(' ')
  const hash = checksumAlgorithms.find((one) => one === algorithm)
  if (hash === undefined) {
    return `Upload-Checksum must begin with one of ${checksumAlgorithms.join(', ')}.`
  }
  const value = Buffer.from(base64, 'base64')
  // Written back it must be the same: Node's decoder passes over whatever is no Base64.
  const isExact = value.length === digestLengths[hash] && value.toString('base64') === base64
  if (isExact && rest.length === 0) return { hash, value }
  return `After ${hash}, Upload-Checksum needs one space and ${digestLengths[hash]} bytes in Base64.`
}

/** Whether a Trailer header names ours: a list of field names in any case (RFC 9110 §6.6.2). */
const announces = (trailer: string) =>
  trailer.split(',').some((field) => field.trim().toLowerCase() === name)

const refused = (text: string): Refusal => ({ status: 400, text })
