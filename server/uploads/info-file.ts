// The record of an upload on the disk, `ID.json`: text in, UploadInfo out, and back.
// The layout is the one of @tus/file-store, so that its folders can be taken over, and handed back;
// what that layout cannot hold stands under "longhaul".
import type { Concatenation } from './concatenation.ts'
import { type Digest, digestLengths, type HashName } from './hash.ts'
import { isMetadataKey, metadataText, parseMetadata } from './metadata.ts'

/** What an id may be made of, in the folder as in a URL. */
export const idPattern = /^[A-Za-z0-9_-]{8,128}$/

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
  /** `null`: it stands for itself. */
  readonly concatenation: Concatenation | null
  /** Its end is what the client says is the end, and not that its length is reached. */
  readonly endsByWord: boolean
  /** What the client promised that the whole content hashes to. */
  readonly promised: readonly Digest[]
  /** What the whole content of a finished upload hashes to, as far as somebody asked. */
  readonly digests: readonly Digest[]
  /** Whether the record was last written by @tus/file-store, which doesn't note that an upload is finished. */
  readonly isStock?: boolean
}

/** The record of an upload that nothing is known of yet. */
export function newInfo(
  id: string,
  created: number,
  known: Partial<Omit<UploadInfo, 'id' | 'created'>> = {},
): UploadInfo {
  return {
    id,
    created,
    length: null,
    metadata: '',
    finished: null,
    hook: null,
    damage: null,
    concatenation: null,
    endsByWord: false,
    promised: [],
    digests: [],
    ...known,
  }
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
      ...(info.concatenation === null ? {} : { concatenation: info.concatenation }),
      ...(info.endsByWord ? { endsByWord: true } : {}),
      ...(info.promised.length === 0 ? {} : { promised: digestRecord(info.promised) }),
      ...(info.digests.length === 0 ? {} : { digests: digestRecord(info.digests) }),
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
  return newInfo(id, timeOf(record.creation_date), {
    length: length === null ? null : Number(length),
    metadata: own === null ? stockMetadata(record.metadata) : ownMetadata(own.metadata),
    finished: own?.finished ? timeOf(own.finished) : null,
    hook: own?.hook ? hookOf(objectOf(own.hook)) : null,
    damage: typeof own?.damage === 'string' ? own.damage : null,
    concatenation: own?.concatenation ? concatenationOf(objectOf(own.concatenation)) : null,
    endsByWord: own?.endsByWord === true,
    promised: own?.promised ? digestsOf(objectOf(own.promised)) : [],
    digests: own?.digests ? digestsOf(objectOf(own.digests)) : [],
    ...(own === null ? { isStock: true } : {}),
  })
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

/** Digests in Base64 by the name of the function. */
export function digestRecord(digests: readonly Digest[]): Record<string, string> {
  return Object.fromEntries(digests.map(({ hash, value }) => [hash, value.toString('base64')]))
}

/** Those of a function that is not known here are left out: a newer version wrote them. */
function digestsOf(record: Readonly<Record<string, unknown>>): Digest[] {
  return Object.keys(digestLengths).flatMap((name) => {
    const hash = name as HashName
    if (typeof record[hash] !== 'string') return []
    const value = Buffer.from(record[hash], 'base64')
    return value.length === digestLengths[hash] ? [{ hash, value }] : []
  })
}

/** Parts become names of files, so they must be what ids are. */
function concatenationOf(record: Readonly<Record<string, unknown>>): Concatenation {
  const { kind, header, parts } = record
  if (typeof header === 'string') {
    if (kind === 'part') return { kind, header }
    if (kind === 'final' && Array.isArray(parts) && parts.every(isId))
      return { kind, header, parts }
  }
  throw new InfoFileError('it is not clear of what it is a part')
}

const isId = (value: unknown): value is string => typeof value === 'string' && idPattern.test(value)

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
