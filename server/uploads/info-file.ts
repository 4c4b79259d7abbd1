// The record of an upload on the disk, `ID.json`: text in, UploadInfo out, and back.
// The layout is the one of @tus/file-store, so that its folders can be taken over, and handed back;
// what that layout cannot hold stands under "longhaul".
import { isMetadataKey, metadataText, parseMetadata } from './metadata.ts'

/** How far the delivery of an upload's finish hook has come. */
export interface HookState {
  readonly state: 'pending' | 'delivered' | 'given-up'
  readonly attempts: number
}

/** What the disk remembers of an upload, besides its bytes. Times are milliseconds since the epoch. */
export interface UploadInfo {
  readonly id: string
  /** Bytes; `null` while the client has not declared it (tus: Upload-Defer-Length). */
  readonly length: number | null
  /** The Upload-Metadata header, to the byte. */
  readonly metadata: string
  readonly created: number
  /** When the last byte was safe; `null` while unfinished. */
  readonly finished: number | null
  /** `null` where no hook was configured when the upload finished. */
  readonly hook: HookState | null
  /** Why its bytes can't be trusted any more, in words; `null` while they can. */
  readonly damage: string | null
  /** Whether the record was last written by @tus/file-store, which doesn't note that an upload is finished. */
  readonly isStock?: boolean
}

/** Why a record can't be used, in words for a person. */
export class InfoFileError extends Error {
  override readonly name = 'InfoFileError'
}

/** The text of `ID.json`. `dataFile` is told to a stock reader of the folder. */
export function serialiseInfo(info: UploadInfo, dataFile: string): string {
  return `${JSON.stringify({
    id: info.id,
    ...(info.length === null ? {} : { size: info.length }),
    offset: 0,
    metadata: metadataText(info.metadata),
    creation_date: new Date(info.created).toISOString(),
    storage: { type: 'file', path: dataFile },
    longhaul: {
      version: 1,
      metadata: info.metadata,
      finished: info.finished === null ? null : new Date(info.finished).toISOString(),
      hook: info.hook,
      ...(info.damage === null ? {} : { damage: info.damage }),
    },
  })}\n`
}

/** Reads what `serialiseInfo` or @tus/file-store wrote; throws an `InfoFileError`. */
export function parseInfo(id: string, text: string): UploadInfo {
  const record = objectOf(parseJson(text))
  const own = record.longhaul === undefined ? null : objectOf(record.longhaul)
  const length = record.size ?? null
  if (record.id !== id) throw new InfoFileError('it names another upload')
  if (length !== null && !(Number.isSafeInteger(length) && Number(length) >= 0)) {
    throw new InfoFileError('its size is no number of bytes')
  }
  return {
    id,
    length: length === null ? null : Number(length),
    metadata: own === null ? stockMetadata(record.metadata) : ownMetadata(own.metadata),
    created: timeOf(record.creation_date),
    finished: own?.finished ? timeOf(own.finished) : null,
    hook: own?.hook ? hookOf(objectOf(own.hook)) : null,
    damage: typeof own?.damage === 'string' ? own.damage : null,
    ...(own === null ? { isStock: true } : {}),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InfoFileError(text === '' ? 'it is empty' : 'it is no whole JSON', { cause })
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new InfoFileError('it is no JSON object')
  return value as Readonly<Record<string, unknown>>
}

function timeOf(value: unknown): number {
  const time = Date.parse(String(value))
  if (Number.isNaN(time)) throw new InfoFileError(`it has no time in "${value}"`)
  return time
}

function hookOf(record: Readonly<Record<string, unknown>>): HookState {
  const state = (['pending', 'delivered', 'given-up'] as const).find(
    (name) => name === record.state,
  )
  return { state: state ?? 'pending', attempts: Number(record.attempts) || 0 }
}

/** It goes into a header as it is, so it must be what the client once sent: nothing else was let in. */
function ownMetadata(header: unknown): string {
  if (typeof header !== 'string' || parseMetadata(header) === null) {
    throw new InfoFileError('its metadata is no Upload-Metadata header')
  }
  return header
}

/** @tus/file-store keeps decoded text only; encoding it again is what it does itself. Keys that no header can hold go. */
function stockMetadata(metadata: unknown): string {
  if (typeof metadata !== 'object' || metadata === null) return ''
  return Object.entries(metadata)
    .filter(([key]) => isMetadataKey(key))
    .map(([key, value]) =>
      value === null ? key : `${key} ${Buffer.from(String(value)).toString('base64')}`,
    )
    .join(',')
}
