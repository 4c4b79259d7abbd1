// Which hash function a chunk's checksum is made with. Pure.
import type { ChunkHash } from './protocol.ts'

// Web Crypto's SHA-256 runs on a thread of its own and is quicker than any connection. Without it CRC-32 costs a sixth of what SHA-256
// does: enough against accidents on the way of a chunk, since the SHA-256 of the whole file is compared in the end.
const preference = {
  withWebCrypto: ['sha256', 'crc32'],
  without: ['crc32', 'sha256'],
} as const satisfies Record<string, readonly ChunkHash[]>

/** `offered` is what `Tus-Checksum-Algorithm` lists; null when nothing of it suits. */
export function chooseHash(offered: readonly string[], hasWebCrypto: boolean): ChunkHash | null {
  const wanted = hasWebCrypto ? preference.withWebCrypto : preference.without
  return wanted.find((hash) => offered.includes(hash)) ?? null
}

/** An `Upload-Checksum` header's value (tus 1.0, Checksum). */
export function checksumHeader(hash: ChunkHash, digest: Uint8Array): string {
  return `${hash} ${base64(digest)}`
}

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
