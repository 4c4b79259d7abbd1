// POST: creation, with a first body if there is one (tus 1.0.0, Creation and Creation With Upload).
import type { IncomingMessage } from 'node:http'
import { bodyLengthOf } from '../exchange.ts'
import type { Refusal } from '../refusals.ts'
import { parseMetadata } from '../uploads/metadata.ts'
import { isPatchType } from './patch.ts'
import { readNumber } from './protocol.ts'

/** The headers of a creation that @tus/server judges: those that tell the length. */
export const creationHeaders = ['upload-length', 'upload-defer-length'] as const

/** What makes a creation impossible before @tus/server is asked, or `null`. `maxMetadata` in bytes. */
export function refuseCreation(request: IncomingMessage, maxMetadata: number): Refusal | null {
  return refuseMetadata(request.headers['upload-metadata'], maxMetadata) ?? refuseBody(request)
}

function refuseMetadata(header: string | string[] | undefined, most: number): Refusal | null {
  if (header === undefined) return null
  if (typeof header !== 'string' || Buffer.byteLength(header) > most) {
    return { status: 413, text: `Upload-Metadata may have ${most} bytes.` }
  }
  if (parseMetadata(header) !== null) return null
  return {
    status: 400,
    text: 'Upload-Metadata must be "key base64" pairs parted by commas, each key once.',
  }
}

/** A body that can't fit is refused before the upload exists: nobody would know of it. */
function refuseBody(request: IncomingMessage): Refusal | null {
  if (!isPatchType(request.headers['content-type'])) return null
  const length = readNumber(request.headers['upload-length'])
  if (typeof length !== 'number' || (bodyLengthOf(request) ?? 0) <= length) return null
  return { status: 413, text: 'The body is larger than Upload-Length.' }
}
