// One file's checksums as the page asks for them: the digest of each chunk just before it is needed, in the end that of the whole file.
import { FinalError, longestChecked } from '../../retry-policy.ts'
import { type FileRange, rangeOf } from '../file-source.ts'
import { checksumHeader, hex } from './choose.ts'
import type { ChunkHash } from './protocol.ts'
import type { Prover } from './prover.ts'

export interface Proof {
  /** The `Upload-Checksum` for a body; null when it goes without. Makes the next one ready. Throws a `FinalError`. */
  checksumOf(body: Blob): Promise<string | null>
  /** The server had other bytes than this checksum's: the next one is computed anew. */
  distrust(body: Blob): void
  /** SHA-256 of the whole file, hexadecimal. `onProgress` hears the bytes read so far. */
  whole(onProgress: (read: number) => void): Promise<string>
  /** The same from a second reading. */
  wholeAgain(): Promise<string>
  close(): void
}

/** The name of the User Timing measure for a chunk that had to wait for its checksum. */
export const waitMeasure = 'waiting for a checksum'

export const unreadable =
  'The file was changed, moved or deleted on this computer since it was chosen. Choose it again to continue.'

/** `hash` null: chunks go without. `isParallel`: chunks come from several places at once. */
export function openProof(
  prover: Prover,
  file: Blob,
  hash: ChunkHash | null,
  isParallel: boolean,
  chunkSize: number,
): Proof {
  const isChecked = hash !== null && chunkSize <= longestChecked
  const reading = prover.open(file, isParallel || !isChecked)
  const ready = new Map<string, Promise<Uint8Array>>()
  const keyOf = ({ from, to }: FileRange) => `${from}-${to}`

  const compute = (range: FileRange, of: ChunkHash): Promise<Uint8Array> => {
    const known = ready.get(keyOf(range))
    if (known) return known
    const digest = reading.chunk(range.from, range.to, of)
    // Nobody may ever ask for it; whoever does hears of the error.
    digest.catch(() => {})
    ready.set(keyOf(range), digest)
    return digest
  }

  return {
    async checksumOf(body) {
      const range = rangeOf(body)
      if (!isChecked || !range || body.size === 0 || body.size > longestChecked) return null
      // Of each part there are at most two: the one that is needed and the next.
      for (const key of ready.keys()) if (isBehind(key, range)) ready.delete(key)
      const digest = compute(range, hash)
      const next = { ...range, from: range.to, to: Math.min(range.to + body.size, range.end) }
      if (next.to > next.from) compute(next, hash)
      const start = performance.now()
      try {
        const header = checksumHeader(hash, await digest)
        // Seen in the browser's own tools, and by the benchmark: the upload should wait for no hashing.
        if (performance.now() - start > 1) performance.measure(waitMeasure, { start })
        return header
      } catch (error) {
        ready.delete(keyOf(range))
        if (error instanceof DOMException) throw new FinalError(unreadable)
        // No worker, no WebAssembly: the upload goes on unproved, and its end says so.
        return null
      }
    },
    distrust(body) {
      const range = rangeOf(body)
      if (range) ready.delete(keyOf(range))
    },
    async whole(onProgress) {
      return hex(await reading.whole(onProgress))
    },
    async wholeAgain() {
      const again = prover.open(file, true)
      try {
        return hex(await again.whole(() => {}))
      } finally {
        again.close()
      }
    },
    close() {
      ready.clear()
      reading.close()
    },
  }

  function isBehind(key: string, range: FileRange): boolean {
    const [from = 0] = key.split('-').map(Number)
    return from >= range.start && from < range.from
  }
}
