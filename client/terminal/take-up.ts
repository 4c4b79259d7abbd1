// What an earlier run left of a file's upload, if the file is the same still: an open file in, an upload URL or none out.
import { createHash } from 'node:crypto'
import { fingerprintInput, formatFingerprint, sampleRanges } from '../fingerprint.ts'
import type { FileByteSource } from './byte-source.ts'
import { type Claim, ClaimedError, claimUpload, stateFolder } from './saved-uploads.ts'

/** By what a file is known again. */
export interface Identity {
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modified: number
  /** See client/fingerprint.ts. */
  readonly fingerprint: string
}

export interface Previous {
  readonly identity: Identity
  /** The unfinished upload of this very content; null to begin anew. */
  readonly uploadUrl: string | null
  /** What the user should know about it; null if nothing. */
  readonly warning: string | null
  /** Remembers the upload for the next run. */
  save(url: string): void
  forget(): void
  /** Lets other processes have it. */
  release(): void
}

/** Looks for an unfinished upload of the file at the endpoint. Throws a `ClaimedError` while another process sends it. */
export async function takeUp(
  file: string,
  endpoint: string,
  source: FileByteSource,
): Promise<Previous> {
  const fingerprint = await fingerprintOf(source)
  const identity: Identity = { size: source.size, modified: source.modified, fingerprint }
  const { claim, trouble } = tryClaim(file, endpoint)
  const saved = claim?.saved ?? null
  const change = saved === null ? null : changeBetween(saved, identity)
  return {
    identity,
    uploadUrl: change === null ? (saved?.uploadUrl ?? null) : null,
    warning:
      trouble ??
      (change && `${change} since its upload was interrupted; it is sent from the beginning`),
    save(uploadUrl) {
      const created = new Date().toISOString()
      claim?.save({ file, endpoint, ...identity, uploadUrl, created })
    },
    forget: () => claim?.forget(),
    release: () => claim?.release(),
  }
}

function tryClaim(file: string, endpoint: string): { claim: Claim | null; trouble: string | null } {
  try {
    return { claim: claimUpload(stateFolder(process.env), file, endpoint), trouble: null }
  } catch (error) {
    if (error instanceof ClaimedError) throw error
    // A home that can't be written to is no reason to refuse the upload.
    return { claim: null, trouble: notContinued(error) }
  }
}

/** What to say when nothing can be remembered of an upload. */
export function notContinued(error: unknown): string {
  const why = error instanceof Error ? error.message : error
  return `a later run won't be able to continue this upload: ${why}`
}

function changeBetween(saved: Identity, file: Identity): string | null {
  if (saved.size !== file.size) return 'its size changed'
  if (saved.modified !== file.modified) return 'it was modified'
  return saved.fingerprint === file.fingerprint ? null : 'its content changed'
}

async function fingerprintOf(source: FileByteSource): Promise<string> {
  const samples: Buffer[] = []
  for (const [from, to] of sampleRanges(source.size)) {
    const sample = Buffer.alloc(to - from)
    const { bytesRead } = await source.handle.read(sample, 0, sample.length, from)
    samples.push(sample.subarray(0, bytesRead))
  }
  const hash = createHash('sha256').update(fingerprintInput(source.size, samples))
  return formatFingerprint(hash.digest())
}
