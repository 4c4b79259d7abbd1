// One upload as the running service knows it: its record, how far it has come, who writes to it.
import { isPart, partsOf } from './concatenation.ts'
import { digestRecord, type UploadInfo } from './info-file.ts'
import type { Lock } from './lock.ts'
import { metadataText } from './metadata.ts'

/** Changed only by `uploads/`; everybody else reads. */
export interface Upload {
  info: UploadInfo
  /** Bytes that the file has; what HEAD answers. Never ahead of the file. */
  offset: number
  /** When it last got bytes (ms since the epoch): expiry counts from here. */
  modified: number
  /** Why it can't be used any more, or `null`. */
  damage: string | null
  removed: boolean
  /** The open data file, kept between PATCHes. */
  fd: number | null
  readonly mark: Mark
  /** The connection whose PATCH is being received. */
  connection: number | null
  readonly lock: Lock
}

/** Up to where the file of an upload counts (`marks.ts`). */
export interface Mark {
  /** Whether bytes behind the upload's offset don't count. */
  isSet: boolean
  /** The open file that says so. */
  fd: number | null
  /** The offset that is written there, as far as that is known. */
  says: number | null
}

export type UploadState = 'unfinished' | 'finished' | 'damaged'

/** What the API and the events tell of an upload. Times are ISO 8601. */
export interface UploadView {
  readonly id: string
  readonly url: string
  readonly name: string | null
  readonly type: string | null
  readonly length: number | null
  readonly offset: number
  readonly state: UploadState
  readonly created: string
  readonly modified: string
  readonly expires: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly active: boolean
  readonly connection: number | null
  /** In words, where the state is "damaged". */
  readonly damage: string | null
  /** Of how many parts it is made (concatenation), or `null`. */
  readonly parts: number | null
  /** What its content hashes to, in Base64 by the name of the function, as far as it is known. */
  readonly digests: Readonly<Record<string, string>>
}

export function stateOf(upload: Upload): UploadState {
  if (upload.damage !== null) return 'damaged'
  return upload.info.finished === null ? 'unfinished' : 'finished'
}

/**
 * When an unfinished upload is removed (ms since the epoch); `null`: never. A part is only a step on the way, so it goes
 * even if it is finished. What is made of parts lives as long as they do. `expireAfter` in seconds, 0 is never.
 */
export function expiryOf(upload: Upload, expireAfter: number): number | null {
  if (expireAfter === 0 || partsOf(upload.info) !== null) return null
  if (upload.info.finished !== null && !isPart(upload.info)) return null
  return upload.modified + expireAfter * 1000
}

/** The upload as JSON; `expireAfter` in seconds. */
export function viewOf(upload: Upload, expireAfter: number): UploadView {
  const { id, length, created, metadata } = upload.info
  const text = metadataText(metadata)
  const expires = expiryOf(upload, expireAfter)
  return {
    id,
    url: `/files/${id}`,
    name: text.filename ?? text.name ?? null,
    type: text.filetype ?? text.type ?? null,
    length,
    offset: upload.offset,
    state: stateOf(upload),
    created: new Date(created).toISOString(),
    modified: new Date(upload.modified).toISOString(),
    expires: expires === null ? null : new Date(expires).toISOString(),
    metadata: text,
    active: upload.connection !== null,
    connection: upload.connection,
    damage: upload.damage,
    parts: partsOf(upload.info)?.length ?? null,
    digests: digestRecord(upload.info.digests),
  }
}
