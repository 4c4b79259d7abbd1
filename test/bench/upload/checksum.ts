// The checksums of the PATCH bodies that `connection.ts` sends.
import { createHash } from 'node:crypto'
import * as zlib from 'node:zlib'
import { payload } from './payload.ts'

/** tus's names; all that our server checks. */
export const checksumNames = ['sha256', 'sha512', 'sha1', 'md5', 'crc32'] as const
export type ChecksumName = (typeof checksumNames)[number]

/** The value of `Upload-Checksum` for each PATCH of an upload, in order. */
export function checksumsOf(name: ChecksumName, size: number, chunk: number): string[] {
  const checksums: string[] = []
  for (let offset = 0; offset < size; offset += chunk) {
    const digest = digestOf(name, offset, Math.min(chunk, size - offset))
    checksums.push(`${name} ${digest.toString('base64')}`)
  }
  return checksums
}

// The first eight bytes are the offset, the rest is the payload again and again.
function digestOf(name: ChecksumName, offset: number, length: number): Buffer {
  const stamp = Buffer.alloc(8)
  stamp.writeDoubleLE(offset)
  const pieces: Buffer[] = [stamp.subarray(0, length)]
  for (let at = 8; at < length; ) {
    const start = at % payload.length
    const piece = payload.subarray(start, Math.min(payload.length, start + length - at))
    pieces.push(piece)
    at += piece.length
  }
  if (name === 'crc32') {
    const value = Buffer.alloc(4)
    value.writeUInt32BE(pieces.reduce((crc, piece) => zlib.crc32(piece, crc), 0))
    return value
  }
  const hash = createHash(name)
  for (const piece of pieces) hash.update(piece)
  return hash.digest()
}
