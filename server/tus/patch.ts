// PATCH: a body on its way from the socket to the file, past @tus/server (tus 1.0.0, PATCH).
import type { IncomingMessage } from 'node:http'
import { bodyLengthOf, mediaTypeOf } from '../exchange.ts'
import type { Refusal } from '../refusals.ts'
import type { BodyCheck } from '../uploads/body-check.ts'
import type { Upload } from '../uploads/upload.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { readCheck } from './checksum.ts'
import { patchType, readNumber } from './protocol.ts'

/** A body to append, as its headers describe it. Sizes in bytes. */
export interface BodyHead {
  readonly offset: number
  readonly length: number | null
  readonly bodyLength: number | null
  /** What it must hash to; `null`: nothing is said. */
  readonly check: BodyCheck | null
}

/** The headers of a PATCH, or why it is refused. */
export function readPatchHead(request: IncomingMessage): BodyHead | Refusal {
  const { headers } = request
  if (!isPatchType(headers['content-type'])) {
    return { status: 415, text: `A PATCH needs Content-Type: ${patchType}.` }
  }
  const offset = readNumber(headers['upload-offset'])
  if (typeof offset !== 'number') {
    return { status: 400, text: 'A PATCH needs Upload-Offset, a number of bytes.' }
  }
  const length = readNumber(headers['upload-length'])
  if (length === null) return { status: 400, text: 'Upload-Length must be a number of bytes.' }
  const check = readCheck(request)
  if (check !== null && 'status' in check) return check
  return { offset, length: length ?? null, bodyLength: bodyLengthOf(request), check }
}

/** Whether a body is meant to be stored (also in a POST: tus 1.0.0, Creation With Upload). */
export function isPatchType(contentType: string | undefined): boolean {
  return contentType === patchType || mediaTypeOf(contentType) === patchType
}

/** Appends the body; `onAccept` is called right before it is read. Rejects with an `UploadError`. */
export function appendBody(
  uploads: Uploads,
  id: string,
  request: IncomingMessage,
  head: BodyHead,
  connection: number,
  onAccept: () => void,
): Promise<Upload> {
  return uploads.append(id, { ...head, body: request, end: 'length', connection, onAccept })
}
