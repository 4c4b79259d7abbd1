// One upload as the running service knows it: its record, how far it has come, who writes to it.
import type { UploadInfo } from './info-file.ts'
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
  /** The connection whose PATCH is being received. */
  connection: number | null
  readonly lock: Lock
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
}

export function stateOf(upload: Upload): UploadState {
  if (upload.damage !== null) return 'damaged'
  return upload.info.finished === null ? 'unfinished' : 'finished'
}

/** When an unfinished upload is removed (ms since the epoch); `null`: never. `expireAfter` in seconds, 0 is never. */
export function expiryOf(upload: Upload, expireAfter: number): number | null {
  if (expireAfter === 0 || upload.info.finished !== null) return null
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
  }
}
