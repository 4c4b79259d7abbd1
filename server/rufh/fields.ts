// What answers tell of an upload: its state and the limits.
import { uploadsPath } from '../exchange.ts'
import { expiryOf, type Upload } from '../uploads/upload.ts'
import { writeBoolean } from './structured.ts'
import type { Version } from './versions.ts'

export type Fields = Readonly<Record<string, string>>

export interface Limits {
  /** Bytes; 0: none. */
  readonly maxSize: number
  /** Seconds after the last byte; 0: never. */
  readonly expireAfter: number
}

/** The same in every answer. */
export const locationOf = (upload: Upload): Fields => ({
  Location: `${uploadsPath}/${upload.info.id}`,
})

/** The offset, and whether the upload is complete. */
export function stateFields(upload: Upload, version: Version): Fields {
  return {
    'Upload-Offset': String(upload.offset),
    ...completeField(version, upload.info.finished !== null),
  }
}

export function completeField(version: Version, isComplete: boolean): Fields {
  const value = isComplete ? version.completeValue : !version.completeValue
  return { [version.completeField]: writeBoolean(value) }
}

/** The state, with the length as far as it is known. */
export function retrievalFields(upload: Upload, version: Version): Fields {
  const { length } = upload.info
  return {
    ...stateFields(upload, version),
    ...(length === null ? {} : { 'Upload-Length': String(length) }),
  }
}

/** RFC 9651 §3.3.1. */
const largestInteger = 999_999_999_999_999

/** `upload` is `null` for what a new one will have. Where there is no limit, `min-size=0` says so. */
export function limitFields(limits: Limits, upload: Upload | null, version: Version): Fields {
  if (version.ageKey === null) return {}
  const age = upload === null ? Math.floor(limits.expireAfter) || null : secondsLeft(upload, limits)
  const { maxSize } = limits
  const members = [
    ...(maxSize > 0 && maxSize <= largestInteger ? [`max-size=${maxSize}`] : []),
    ...(age === null ? [] : [`${version.ageKey}=${age}`]),
  ]
  return { 'Upload-Limit': members.join(', ') || 'min-size=0' }
}

function secondsLeft(upload: Upload, { expireAfter }: Limits): number | null {
  const expiry = expiryOf(upload, expireAfter)
  return expiry === null ? null : Math.max(0, Math.floor((expiry - Date.now()) / 1000))
}
