// A file's identity: name, size, date, and a hash over samples of its content. Pure; the caller reads the bytes and hashes them.

/** Metadata keys of an upload that say which file it came from (see Upload-Metadata in docs). */
export interface FileIdentity {
  readonly filename: string
  readonly size: number
  /** ms since the epoch; null when the upload doesn't say. */
  readonly lastModified: number | null
  /** null when the upload doesn't say. */
  readonly fingerprint: string | null
}

/** Bytes in one sample. */
const sampleSize = 64 * 1024

/** Which byte ranges [from, to) are hashed: the whole of a small file, else first, middle and last 64 KiB. */
export function sampleRanges(size: number): readonly (readonly [number, number])[] {
  if (size <= 3 * sampleSize) return [[0, size]]
  const middle = Math.floor((size - sampleSize) / 2)
  return [
    [0, sampleSize],
    [middle, middle + sampleSize],
    [size - sampleSize, size],
  ]
}

/** The bytes to hash with SHA-256: the size as a decimal line, then the samples in order. */
export function fingerprintInput(size: number, samples: readonly Uint8Array[]): Uint8Array {
  const head = new TextEncoder().encode(`${size}\n`)
  const input = new Uint8Array(samples.reduce((sum, sample) => sum + sample.length, head.length))
  input.set(head)
  let at = head.length
  for (const sample of samples) {
    input.set(sample, at)
    at += sample.length
  }
  return input
}

/** The value of the `fingerprint` metadata key for a SHA-256 digest of `fingerprintInput`. */
export function formatFingerprint(digest: Uint8Array): string {
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `s1:${hex}`
}

/** Times in ms; the words of two may be the same. */
function changeBetween(chosen: number, upload: number, words: (ms: number) => string): string {
  if (words(chosen) !== words(upload)) {
    return `it was changed ${words(chosen)}, not ${words(upload)}`
  }
  const apart = Math.abs(chosen - upload)
  const span = apart < 1000 ? `${apart} ms` : `${Math.round(apart / 1000)} s`
  return `it was changed ${span} ${chosen > upload ? 'later' : 'earlier'}, ${words(chosen)}`
}

/** In what a chosen file differs from the upload it should continue; empty when it's the same. Unknown properties aren't held against it. */
export function differences(
  chosen: FileIdentity,
  upload: FileIdentity,
  words: {
    readonly bytes: (count: number) => string
    readonly date: (ms: number) => string
  },
): string[] {
  const found: string[] = []
  if (chosen.filename !== upload.filename) {
    found.push(`it is called “${chosen.filename}”, not “${upload.filename}”`)
  }
  if (chosen.size !== upload.size) {
    found.push(`it has ${words.bytes(chosen.size)}, not ${words.bytes(upload.size)}`)
  }
  if (upload.lastModified !== null && chosen.lastModified !== upload.lastModified) {
    found.push(changeBetween(chosen.lastModified ?? 0, upload.lastModified, words.date))
  }
  // With another size the content differs anyway; saying so twice helps nobody.
  if (
    chosen.size === upload.size &&
    upload.fingerprint !== null &&
    chosen.fingerprint !== upload.fingerprint
  ) {
    found.push('its content is different')
  }
  return found
}

/** True when an upload surely came from this file; an upload that doesn't tell enough is never taken for it. */
export function isSameFile(file: FileIdentity, upload: FileIdentity): boolean {
  return (
    upload.fingerprint !== null &&
    file.fingerprint === upload.fingerprint &&
    file.size === upload.size &&
    file.filename === upload.filename &&
    file.lastModified === upload.lastModified
  )
}
