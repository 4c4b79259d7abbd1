// What an upload is proved with: a checksum for each PATCH, ready before it is needed, and the SHA-256 of all of it from the same reading.
import { createHash, type Hash } from 'node:crypto'
import * as zlib from 'node:zlib'
import { FinalError, longestChecked } from '../retry-policy.ts'
import type { Body, ByteSource } from './byte-source.ts'

/** tus's names of the hash functions, in the order in which they are preferred. */
export const checksumNames = ['sha256', 'sha512', 'sha1', 'crc32', 'md5'] as const
export type ChecksumName = (typeof checksumNames)[number]

export interface Proof {
  /** The same bytes; bodies bring their `Upload-Checksum`. */
  readonly source: ByteSource
  /** SHA-256 of everything, hexadecimal; reads what wasn't read yet. Null when it can't be told any more. */
  whole(): Promise<string | null>
}

/** `choose` tells the hash function when the first PATCH is due; null: without. */
export function prove(source: ByteSource, choose: () => Promise<ChecksumName | null>): Proof {
  const all = createHash('sha256')
  /** How much of the input `all` has taken in. */
  let position = 0
  /** The begin of the chunk that was asked for last: what lies before it was sent, or is on its way. */
  let frontier = 0
  let isCatchingUp = false
  let next: { readonly start: number; readonly checksum: Promise<string> } | null = null

  function take(start: number, piece: Uint8Array): void {
    if (start > position || start + piece.length <= position) return
    all.update(piece.subarray(position - start))
    position = start + piece.length
  }

  async function* watched(start: number, body: Body): AsyncGenerator<Uint8Array> {
    let at = start
    for await (const piece of body.pieces()) {
      take(at, piece)
      at += piece.length
      yield piece
    }
  }

  async function checksumOf(start: number, body: Body, hash: ChecksumName): Promise<string> {
    const hasher = createChecksum(hash)
    for await (const piece of watched(start, body)) hasher.update(piece)
    return `${hash} ${hasher.digest().toString('base64')}`
  }

  // What an earlier run sent is read beside the sending; from where both meet, one reading serves both.
  async function catchUp(): Promise<void> {
    if (isCatchingUp || source.size === null) return
    isCatchingUp = true
    try {
      while (position < frontier) await readTo(Math.min(frontier, position + 2 ** 20))
    } catch {
      // The sending reads the same file and tells what is wrong with it.
    }
    isCatchingUp = false
  }

  async function readTo(end: number): Promise<void> {
    const start = position
    const { value } = await source.slice(start, end)
    for await (const _ of watched(start, value)) {
      // `watched` takes in each piece.
    }
  }

  // Only a file can be read ahead; a pipe's next chunk isn't there before this one is confirmed.
  async function prepare(start: number, size: number, hash: ChecksumName): Promise<void> {
    if (source.size === null || start >= source.size) return
    const { value } = await source.slice(start, start + size)
    const checksum = checksumOf(start, value, hash)
    checksum.catch(() => {})
    next = { start, checksum }
  }

  const checksumFor = async (start: number, body: Body): Promise<string | null> => {
    const hash = body.size > longestChecked ? null : await choose()
    frontier = start
    void catchUp()
    if (hash === null || body.size === 0) return null
    const ready = next?.start === start ? next.checksum : null
    next = null
    const checksum = await (ready ?? checksumOf(start, body, hash))
    void prepare(start + body.size, body.size, hash).catch(() => {})
    return checksum
  }

  return {
    source: {
      size: source.size,
      async slice(start, end) {
        const { value, done } = await source.slice(start, end)
        return {
          value: {
            size: value.size,
            pieces: () => watched(start, value),
            checksum: () => checksumFor(start, value),
          },
          done,
        }
      },
      close: () => source.close(),
    },
    async whole() {
      while (source.size !== null && position < source.size) {
        await readTo(Math.min(source.size, position + 2 ** 23))
      }
      return all.digest('hex')
    },
  }
}

interface Checksum {
  update(piece: Uint8Array): void
  digest(): Buffer
}

function createChecksum(name: ChecksumName): Checksum | Hash {
  if (name !== 'crc32') return createHash(name)
  let sum = 0
  return {
    update(piece: Uint8Array) {
      sum = zlib.crc32(piece, sum)
    },
    digest() {
      const value = Buffer.alloc(4)
      value.writeUInt32BE(sum)
      return value
    },
  }
}

/** The server doesn't check what was asked for: no file of this run can go that way. */
export class NotOfferedError extends FinalError {}

/** The hash function for a server that offers these; throws a `NotOfferedError` where it doesn't offer the one that was asked for. */
export function chooseChecksum(
  wanted: ChecksumName | null,
  offered: readonly string[],
): ChecksumName | null {
  if (wanted === null) return checksumNames.find((name) => offered.includes(name)) ?? null
  if (offered.includes(wanted)) return wanted
  const others = offered.length > 0 ? `it offers ${offered.join(', ')}` : 'it checks none'
  throw new NotOfferedError(`the server doesn't check ${wanted} (${others}); leave --checksum out`)
}
