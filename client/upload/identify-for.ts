// A file that was chosen to go on with an upload: is it the one?
import { differences, type FileIdentity } from '../fingerprint.ts'
import type { ServerUpload } from './api.ts'
import { identify, identityOf } from './identity.ts'
import { bytes, dayAndTime } from './units.ts'

/** `path` is its place in the folder that the upload was dropped with; null where there was none. */
export interface Chosen {
  readonly identity: FileIdentity
  readonly path: string | null
}

/** The file as a continuation of `upload`; or why it can't be one, a sentence for the reader. */
export async function identifyFor(
  upload: ServerUpload,
  file: File,
): Promise<Chosen | { readonly refusal: string }> {
  const wanted = identityOf(upload)
  const path = upload.metadata.relativePath ? wanted.filename : null
  let identity: FileIdentity
  try {
    identity = await identify(file, path)
  } catch {
    return {
      refusal:
        'The browser can’t read this file. Check that it still exists, then choose it again.',
    }
  }
  // A file chosen alone doesn't tell its folder, so only its own name is compared.
  const ownName = wanted.filename.split('/').at(-1) ?? wanted.filename
  const chosen = { ...identity, filename: file.name }
  const found = differences(chosen, { ...wanted, filename: ownName }, differenceWords)
  if (found.length > 0)
    return { refusal: `This is a different file: ${joined(found)}. Nothing was sent.` }
  return { identity, path }
}

const differenceWords = {
  bytes: (count: number) => (count < 0 ? 'an unknown size' : `${bytes(count)} (${count} bytes)`),
  date: (ms: number) => dayAndTime(ms, Date.now()),
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
