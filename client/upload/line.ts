// What is known of one file's upload across its requests: where it stands, how it fares, and who hears of it.
import type { Proof } from './checksum/proof.ts'
import type { Wait } from './transfer.ts'

/** Kept by the HTTP stack (`http-stack.ts`), and shown by the queue. */
export interface Line {
  readonly file: Blob
  /** Where the checksums come from; null: bodies go without. */
  proof: Proof | null
  /** Times in a row that the server had other bytes of a chunk than were read here. */
  damaged: number
  /** Attempts since anything last got through. */
  attempt: number
  /** ms to wait before the next request. */
  delay: number
  /** When a byte was last sent, or seen committed; ms since the epoch. */
  lastActivity: number
  /** The offset of the last HEAD or PATCH answer. */
  offset: number
  /** The offset that the server's events told last. */
  committed: number
  /** Set when a creation may have reached the server without its answer reaching us. */
  isCreationInDoubt: boolean
  /** An upload that such a creation made; the next creation takes it. */
  createdUrl: string | null
  /** The file was taken off the list; whatever it still creates is to be removed. */
  isClosed: boolean
  /** Why the last request failed, for the next HEAD to report; null when none did. */
  trouble: string | null
  hear: LineListener
}

export interface LineListener {
  /** A request goes out. */
  onRequest(): void
  onWait(wait: Wait): void
  onSent(offset: number): void
  onSafe(offset: number): void
  onPatch(connection: number | null, from: number, to: number): void
  /** A request was lost or refused; what of it arrived is for HEAD to say. */
  onLost(why: string): void
  /** A chunk that had arrived damaged has arrived whole. */
  onMended(): void
  /** `sent`: bytes on their way elsewhere, of an upload that goes in parts. */
  onResumed(offset: number, why: string | null, sent?: number): void
  onGone(): void
  onCreated(url: string): void
  /** Looks for an upload of this file that has no byte yet; null when there is none. */
  findEmpty(): Promise<string | null>
  /** Looks for the upload that this file's parts were joined to; null when there is none. */
  findJoined(): Promise<string | null>
  /** An upload that was created for a file since taken off the list. */
  onOrphan(url: string): void
}

/** A line at its beginning. */
export function newLine(file: Blob, hear: LineListener): Line {
  return {
    file,
    proof: null,
    damaged: 0,
    attempt: 0,
    delay: 0,
    lastActivity: Date.now(),
    offset: 0,
    committed: 0,
    isCreationInDoubt: false,
    createdUrl: null,
    isClosed: false,
    trouble: null,
    hear,
  }
}
