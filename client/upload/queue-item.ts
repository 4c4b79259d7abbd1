// One file of the queue: what the page shows of it, and what belongs to it while it is here.
import type { FileIdentity } from '../fingerprint.ts'
import type { ServerUpload } from './api.ts'
import type { BegunFile } from './begun-parts.ts'
import type { Proof } from './checksum/proof.ts'
import type { Release } from './file-lock.ts'
import type { Line } from './line.ts'
import type { PartLines } from './part-lines.ts'
import type { Transfer } from './transfer.ts'

export interface Item {
  transfer: Transfer
  readonly file: File
  readonly path: string | null
  readonly line: Line
  readonly removed: AbortController
  identity: FileIdentity | null
  /** Chosen for this very upload. */
  expected: ServerUpload | null
  release: Release | null
  isStarted: boolean
  /** Go on although another program seems to be sending. */
  isTakingOver: boolean
  recheck: () => void
  /** In how many parts it goes at once. */
  partCount: number
  /** The parts that an earlier page began, or this one; null while there are none. */
  begun: BegunFile | null
  partLines: PartLines | null
  /** Null: not proved. It outlives the item until the comparison is done. */
  proof: Proof | null
  /** A part had been sent before this page took it up. */
  isResumed: boolean
}

export const isRemoved = (item: Item): boolean => item.removed.signal.aborted

/** All lines of its requests. */
export const linesOf = (item: Item): readonly Line[] => item.partLines?.all() ?? [item.line]
