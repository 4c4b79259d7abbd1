// The digest of a finished upload, for clients that ask for it (RFC 9530 §3 and §4; draft, Representation Digests).
import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { HashName } from '../uploads/hash.ts'
import type { Upload } from '../uploads/upload.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { readWanted, writeDigests } from './digests.ts'
import type { Fields } from './fields.ts'

export interface ReprDigests {
  /** Remembers what a creation asks for: the answer that is meant may be that to a later request. */
  want(upload: Upload, hash: HashName | null): void
  /** Repr-Digest of a finished upload: what was asked for, else what is known. */
  fieldOf(upload: Upload, headers: IncomingHttpHeaders): Promise<Fields>
}

export function createReprDigests(uploads: Uploads, log: Logger): ReprDigests {
  const wishes = new WeakMap<Upload, HashName>()

  async function fieldOf(upload: Upload, headers: IncomingHttpHeaders): Promise<Fields> {
    if (upload.info.finished === null) return {}
    const { id, digests } = upload.info
    const wanted = readWanted(headers['want-repr-digest']) ?? wishes.get(upload) ?? null
    try {
      const told = wanted === null ? digests : [await uploads.digest(id, wanted)]
      const value = writeDigests(told)
      return value === '' ? {} : { 'Repr-Digest': value }
    } catch (error) {
      // The upload is what it is without it.
      log.warn({ err: error, upload: id }, 'the digest of an upload could not be computed')
      return {}
    }
  }

  return {
    want(upload, hash) {
      if (hash !== null) wishes.set(upload, hash)
    },
    fieldOf,
  }
}
