// Upload-Checksum values and bodies that carry one behind them (tus 1.0.0, Checksum).
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Headers } from './tus.ts'

/** The value of an `Upload-Checksum` header that is right for this body. */
export function checksumOf(algorithm: string, body: string | Uint8Array): string {
  return `${algorithm} ${digestOf(algorithm, Buffer.from(body)).toString('base64')}`
}

function digestOf(algorithm: string, body: Buffer): Buffer {
  if (algorithm !== 'crc32') return createHash(algorithm).update(body).digest()
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(body))
  return value
}

/** The headers of a body with a checksum behind it. */
export const trailerHeaders: Headers = {
  'Transfer-Encoding': 'chunked',
  Trailer: 'Upload-Checksum',
}

/** A chunked body to the byte, with what stands behind it: header lines. */
export function chunkedBody(body: string | Uint8Array, ...trailers: string[]): Buffer {
  const content = Buffer.from(body)
  const head = content.length === 0 ? '' : `${content.length.toString(16)}\r\n`
  const end = `${content.length === 0 ? '' : '\r\n'}0\r\n`
  const behind = [...trailers, ''].map((line) => `${line}\r\n`).join('')
  return Buffer.concat([Buffer.from(head), content, Buffer.from(end + behind, 'latin1')])
}
