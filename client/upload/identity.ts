// Which file is it? Reads the samples of a File and hashes them; reads the same facts from an upload's metadata.
import {
  type FileIdentity,
  fingerprintInput,
  formatFingerprint,
  sampleRanges,
} from '../fingerprint.ts'
import type { ServerUpload } from './api.ts'
import { sha256 } from './sha256.ts'

/** The identity of a chosen file; rejects when the browser can't read it. `path` is its place in a dropped folder. */
export async function identify(file: File, path: string | null): Promise<FileIdentity> {
  const samples: Uint8Array[] = []
  for (const [from, to] of sampleRanges(file.size)) {
    samples.push(new Uint8Array(await file.slice(from, to).arrayBuffer()))
  }
  const input = new Uint8Array(fingerprintInput(file.size, samples))
  return {
    filename: path ?? file.name,
    size: file.size,
    lastModified: file.lastModified,
    fingerprint: formatFingerprint(await sha256(input)),
  }
}

/** The identity that an upload's metadata tells. */
export function identityOf(upload: ServerUpload): FileIdentity {
  const { metadata } = upload
  const lastModified = Number(metadata.lastModified)
  return {
    filename: metadata.relativePath || metadata.filename || upload.name || upload.id,
    size: upload.length ?? -1,
    lastModified: metadata.lastModified && Number.isFinite(lastModified) ? lastModified : null,
    fingerprint: metadata.fingerprint ?? null,
  }
}

/** One string per identity: the same file chosen twice, in whatever tab, gives the same. */
export function keyOf(identity: FileIdentity): string {
  return JSON.stringify([
    identity.filename,
    identity.size,
    identity.lastModified,
    identity.fingerprint,
  ])
}
