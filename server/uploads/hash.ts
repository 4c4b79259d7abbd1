// The hash functions by which a body, or the whole of an upload, can be checked.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Each with the bytes of its digest. */
export const digestLengths = { md5: 16, sha1: 20, sha256: 32, sha512: 64, crc32: 4 } as const

export type HashName = keyof typeof digestLengths

/** What some bytes hash to. */
export interface Digest {
  readonly hash: HashName
  readonly value: Buffer
}

export interface Hasher {
  update(chunk: Uint8Array): void
  /** To be called once, at the end. */
  digest(): Buffer
}

/** Starts to hash. A CRC-32 (ISO 3309, as in zlib) is written in network order. */
export function createHasher(hash: HashName): Hasher {
  if (hash === 'crc32') return createCrc32()
  const hasher = createHash(hash)
  return {
    update: (chunk) => {
      hasher.update(chunk)
    },
    digest: () => hasher.digest(),
  }
}

function createCrc32(): Hasher {
  let sum = 0
  return {
    update(chunk) {
      sum = crc32(chunk, sum)
    },
    digest() {
      const value = Buffer.alloc(digestLengths.crc32)
      value.writeUInt32BE(sum)
      return value
    },
  }
}
