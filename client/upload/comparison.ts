// Is what the server holds what was read here? The SHA-256 of a finished file, from both ends, and the words for the answer.
import { backoff } from '../retry-policy.ts'
import type { Proof } from './checksum/proof.ts'
import { bytesOf } from './units.ts'

/** Hexadecimal digests. */
export type Comparison =
  /** This computer is still reading its file. */
  | { readonly kind: 'reading'; readonly read: number; readonly size: number }
  /** The server is reading. */
  | { readonly kind: 'asking'; readonly ours: string }
  | { readonly kind: 'equal'; readonly ours: string }
  | {
      readonly kind: 'different'
      readonly ours: string
      readonly theirs: string
      readonly cause: Cause
    }
  | { readonly kind: 'unknown'; readonly why: string }

/** What a second reading of the file tells of a difference. */
export type Cause =
  /** The file reads otherwise now than while it was uploaded. */
  | 'file-changed'
  /** It reads as before, but a part of it was sent before this page took the upload up. */
  | 'earlier-part'
  /** It reads as before, and this page sent all of it. */
  | 'damage'

export interface Comparing {
  readonly proof: Proof
  readonly size: number
  /** A part had been sent before this page took the upload up. */
  readonly isResumed: boolean
  /** The server's digest; null when it has none to tell. Rejects while it's away. */
  readonly askServer: () => Promise<string | null>
  /** Waits `ms`, or until the server is back. */
  readonly wait: (ms: number) => Promise<void>
  readonly onChange: (comparison: Comparison) => void
}

/** Compares; the last call of `onChange` is the answer. */
export async function compare(comparing: Comparing): Promise<void> {
  const { proof, size, onChange } = comparing
  const reading = (read: number) => onChange({ kind: 'reading', read, size })
  reading(0)
  try {
    const ours = await proof.whole(reading)
    onChange({ kind: 'asking', ours })
    const theirs = await serverDigest(comparing)
    if (theirs === null) onChange({ kind: 'unknown', why: untold })
    else if (theirs === ours) onChange({ kind: 'equal', ours })
    else onChange({ kind: 'different', ours, theirs, cause: await causeOf(ours, comparing) })
  } catch (error) {
    const isUnreadable = error instanceof DOMException
    onChange({ kind: 'unknown', why: isUnreadable ? unreadableFile : uncomputed })
  }
}

const untold = 'This server doesn’t tell the SHA-256 of its files, so this one was not compared.'
const unreadableFile =
  'Not compared: the file was changed, moved or deleted on this computer while it was uploaded. If it was changed, delete the upload and upload the file again.'
const uncomputed =
  'Not compared: this browser could not compute the SHA-256. Reload the page; the next upload will be compared.'

const attempts = 8

async function serverDigest({ askServer, wait }: Comparing): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askServer()
    } catch {
      if (attempt >= attempts) return null
      await wait(backoff(attempt))
    }
  }
}

async function causeOf(ours: string, { proof, isResumed }: Comparing): Promise<Cause> {
  const again = await proof.wholeAgain().catch(() => null)
  if (again !== ours) return 'file-changed'
  return isResumed ? 'earlier-part' : 'damage'
}

/** How a digest is shortened where there is little room. */
export const shortDigest = (digest: string): string => `${digest.slice(0, 8)}…`

/** The fact for the file's line; null: nothing to say. */
export function comparisonFact(comparison: Comparison): string {
  switch (comparison.kind) {
    case 'reading':
      return comparison.read > 0
        ? `SHA-256: ${bytesOf(comparison.read, comparison.size)} read here`
        : 'SHA-256: reading the file here'
    case 'asking':
      return 'SHA-256: the server is reading its file'
    case 'equal':
      return 'equal'
    case 'different':
      return 'not equal'
    case 'unknown':
      return 'not compared'
  }
}

/** The sentence below it; null while all is well. */
export function comparisonSentence(comparison: Comparison): string | null {
  if (comparison.kind === 'unknown') return comparison.why
  if (comparison.kind !== 'different') return null
  const [ours, theirs] = [comparison.ours, comparison.theirs].map((digest) => digest.slice(0, 8))
  return `${causes[comparison.cause]} SHA-256 here ${ours}, on the server ${theirs}.`
}

const causes: Readonly<Record<Cause, string>> = {
  'file-changed':
    'This file was changed on this computer while it was uploaded: the server holds a mixture of both versions. Delete it there and upload the file again.',
  'earlier-part':
    'What the server holds is not this file: the part that was sent before this page took it up seems to come from another version of it. Delete it there and upload the file again.',
  damage:
    'What the server holds is not this file, though the file didn’t change: bytes were damaged on their way or on a disk. Delete it there and upload the file again; if it happens again, tell whoever runs the server.',
}
