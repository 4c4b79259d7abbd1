// What a body must hash to before any of its bytes count.
import { read as readCallback } from 'node:fs'
import { promisify } from 'node:util'
import { createHasher, type Digest, type Hasher } from './hash.ts'

const read = promisify(readCallback)
/** So much is read at once (bytes). */
const pieceBytes = 256 * 1024

export interface BodyCheck {
  /** Promised before the body; empty when the promise comes behind it. */
  readonly promised: readonly Digest[]
  /**
   * Asked when the body has ended, for what came behind it. Throws an `UploadError` "checksum-invalid" when nothing
   * usable did.
   */
  trailing(): readonly Digest[]
}

/** Hashes a body while it comes, by every function that was promised before it. */
export interface BodyHash {
  update(chunk: Uint8Array): void
  /** To be called once: whether every promise is kept. */
  matches(): boolean
}

/** Starts to check bytes against what they are promised to hash to. */
export function createBodyHash(promised: readonly Digest[]): BodyHash {
  const hashers: readonly (readonly [Hasher, Digest])[] = promised.map((digest) => [
    createHasher(digest.hash),
    digest,
  ])
  return {
    update(chunk) {
      for (const [hasher] of hashers) hasher.update(chunk)
    },
    matches: () => hashers.every(([hasher, { value }]) => hasher.digest().equals(value)),
  }
}

/**
 * Whether a body that has ended keeps what was promised before it (`hash` has seen its bytes) and behind it: those functions
 * are known only now, so the bytes from `from` to `to` are read back from the file.
 */
export async function isKept(
  check: BodyCheck,
  hash: BodyHash,
  fd: number,
  from: number,
  to: number,
): Promise<boolean> {
  const trailing = check.trailing()
  if (!hash.matches()) return false
  if (trailing.length === 0) return true
  const behind = createBodyHash(trailing)
  const piece = Buffer.allocUnsafe(pieceBytes)
  for (let at = from; at < to; ) {
    const { bytesRead } = await read(fd, piece, 0, Math.min(pieceBytes, to - at), at)
    if (bytesRead === 0) return false
    behind.update(piece.subarray(0, bytesRead))
    at += bytesRead
  }
  return behind.matches()
}
