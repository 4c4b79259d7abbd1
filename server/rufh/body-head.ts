// The head of a request that carries content: what of the upload it is, and what it must hash to.
import type { IncomingMessage } from 'node:http'
import { bodyLengthOf, mediaTypeOf } from '../exchange.ts'
import type { BodyCheck } from '../uploads/body-check.ts'
import { UploadError } from '../uploads/errors.ts'
import type { Digest, HashName } from '../uploads/hash.ts'
import { readDigests, readWanted } from './digests.ts'
import { inconsistentLength, invalidDigests, ProblemError } from './problems.ts'
import { readBoolean, readInteger } from './structured.ts'
import type { Version } from './versions.ts'

export const partialUpload = 'application/partial-upload'

/** Content of an upload, as its head describes it. Sizes in bytes. */
export interface BodyHead {
  readonly offset: number
  /** The upload's length, as far as the request tells it (draft, Length). */
  readonly length: number | null
  readonly bodyLength: number | null
  /** Whether the upload ends with it. */
  readonly isLast: boolean
  readonly check: BodyCheck | null
  /** What the client wants the whole upload's digest by, once it is complete. */
  readonly wanted: HashName | null
}

export interface CreationHead extends BodyHead {
  /** What the whole upload must hash to. */
  readonly promised: readonly Digest[]
}

/** The head of a request that begins an upload. Throws a `ProblemError`. */
export function readCreation(request: IncomingMessage, version: Version): CreationHead {
  const { headers } = request
  const isLast = readIsLast(request, version) ?? version.creationDefault
  if (isLast === null) throw missing(`${version.completeField}: ?1 or ?0`)
  if ((readInteger(headers['upload-offset']) ?? 0) > 0) {
    throw new ProblemError({ status: 400, text: 'An upload begins at Upload-Offset 0.' })
  }
  const body = readBody(request, 0, isLast)
  if (body.length !== null && (body.bodyLength ?? 0) > body.length) {
    throw inconsistentLength('The content is longer than Upload-Length.')
  }
  return { ...body, promised: digestsIn(request, 'Repr-Digest') }
}

/** The head of a request that goes on with an upload. Throws a `ProblemError`. */
export function readAppend(request: IncomingMessage, version: Version): BodyHead {
  const { headers } = request
  if (version.needsType && mediaTypeOf(headers['content-type']) !== partialUpload) {
    throw new ProblemError({
      status: 415,
      text: `To append needs Content-Type: ${partialUpload}.`,
      headers: { 'Accept-Patch': partialUpload },
    })
  }
  const offset = readInteger(headers['upload-offset'])
  if (offset === null) throw missing('Upload-Offset, a number of bytes')
  const isLast = readIsLast(request, version) ?? version.appendDefault
  if (isLast === null) throw missing(`${version.completeField}: ?1 or ?0`)
  return readBody(request, offset, isLast)
}

const missing = (field: string): ProblemError =>
  new ProblemError({ status: 400, text: `This request needs ${field}.` })

function readIsLast({ headers }: IncomingMessage, version: Version): boolean | null {
  const value = readBoolean(headers[version.completeField.toLowerCase()])
  return value === null ? null : value === version.completeValue
}

function readBody(request: IncomingMessage, offset: number, isLast: boolean): BodyHead {
  const { headers } = request
  const bodyLength = bodyLengthOf(request)
  const declared = readInteger(headers['upload-length'])
  const deduced = isLast && bodyLength !== null ? offset + bodyLength : null
  if (declared !== null && deduced !== null && declared !== deduced) {
    throw inconsistentLength(
      `Upload-Length is ${declared}, but with this content the upload would end at ${deduced}.`,
    )
  }
  return {
    offset,
    length: declared ?? deduced,
    bodyLength,
    isLast,
    check: checkOf(request),
    wanted: readWanted(headers['want-repr-digest']),
  }
}

function digestsIn(request: IncomingMessage, field: 'Content-Digest' | 'Repr-Digest'): Digest[] {
  const { digests, invalid } = readDigests(request.headers[field.toLowerCase()])
  if (invalid.length > 0) throw invalidDigests(field, invalid)
  return digests
}

/** A Content-Digest stands before the content, or behind it where Trailer announces that (RFC 9530 §2). */
function checkOf(request: IncomingMessage): BodyCheck | null {
  const promised = digestsIn(request, 'Content-Digest')
  const announced = /(^|,)\s*content-digest\s*(,|$)/i.test(request.headers.trailer ?? '')
  if (promised.length === 0 && !announced) return null
  return { promised, trailing: () => (announced ? trailingDigests(request) : []) }
}

function trailingDigests(request: IncomingMessage): readonly Digest[] {
  const { digests, invalid } = readDigests(request.trailers['content-digest'])
  if (digests.length > 0 && invalid.length === 0) return digests
  throw new UploadError(
    'checksum-invalid',
    'The Content-Digest that was announced did not come behind the content.',
  )
}
