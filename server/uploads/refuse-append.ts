// What an append is refused for by its head alone: an upload and a request in, an error or nothing out.
import type { AppendRequest } from './append.ts'
import { partsOf } from './concatenation.ts'
import { tooLarge, UploadError } from './errors.ts'
import type { Upload } from './upload.ts'

type Head = Omit<AppendRequest, 'check' | 'connection' | 'onAccept'>

/** Why nothing of the body may be taken, or `null`. `maxSize` in bytes, 0: any. */
export function refuseAppend(upload: Upload, head: Head, maxSize: number): UploadError | null {
  const { offset } = head
  if (upload.removed) return new UploadError('gone', 'This upload was removed.')
  if (head.body.destroyed) return new UploadError('interrupted', 'The client went away.')
  if (partsOf(upload.info) !== null) {
    return new UploadError('is-final', 'This upload is made of others: nothing can be appended.')
  }
  if (offset !== upload.offset) {
    const text = `The upload stands at byte ${upload.offset}, not at ${offset}.`
    return new UploadError('offset-mismatch', text, { offset: upload.offset })
  }
  return refuseLength(upload, head, maxSize) ?? refuseBody(upload, head, maxSize)
}

/** tus 1.0.0, Creation: once set, the length must not change; to repeat it is harmless. */
function refuseLength(
  { info }: Upload,
  { length, offset }: Head,
  maxSize: number,
): UploadError | null {
  if (length === null || length === info.length) return null
  if (info.length !== null) {
    const text = `The upload's length is ${info.length} bytes already and can't change.`
    return new UploadError('length-conflict', text)
  }
  if (length < offset) {
    const text = `The upload has ${offset} bytes already, more than ${length}.`
    return new UploadError('length-conflict', text)
  }
  return maxSize > 0 && length > maxSize ? tooLarge(maxSize) : null
}

/** By where the body would end, if that is known before it comes. */
function refuseBody(
  { info, offset: stands }: Upload,
  { offset, bodyLength, end, ...head }: Head,
  maxSize: number,
): UploadError | null {
  if (bodyLength === null) return null
  const length = head.length ?? info.length
  const ends = offset + bodyLength
  if (length !== null && ends > length) {
    const text = `The upload has ${length} bytes; this body would go beyond.`
    return new UploadError('beyond-length', text)
  }
  if (end === 'last' && length !== null && ends < length) {
    const text = `The upload has ${length} bytes; this last body would end it before.`
    return new UploadError('length-conflict', text, { offset: stands })
  }
  return maxSize > 0 && ends > maxSize ? tooLarge(maxSize) : null
}
