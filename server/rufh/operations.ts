// What a request does with an upload: begin it, go on with it, ask how far it is, cancel it.
import type { Answer } from '../respond.ts'
import { isPart } from '../uploads/concatenation.ts'
import { tooLarge, UploadError } from '../uploads/errors.ts'
import type { Upload } from '../uploads/upload.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { type BodyHead, readAppend, readCreation } from './body-head.ts'
import type { Call } from './call.ts'
import { limitFields, locationOf, retrievalFields, stateFields } from './fields.ts'
import { metadataOf } from './metadata.ts'
import { inconsistentLength, ProblemError } from './problems.ts'
import type { Receiver } from './receive.ts'
import type { ReprDigests } from './repr-digests.ts'

/** `download`: the answer is that to a GET or HEAD of the file. */
export type Outcome = Answer | 'download'

/** Each rejects with an `UploadError` or a `ProblemError`; the call tells how far it came. */
export interface Operations {
  create(call: Call): Promise<Answer>
  append(call: Call, id: string): Promise<Answer>
  retrieve(call: Call, id: string): Promise<Outcome>
  cancel(call: Call, id: string): Promise<Answer>
}

interface OperationParts {
  readonly uploads: Uploads
  readonly receiver: Receiver
  readonly digests: ReprDigests
  /** Bytes of an Upload-Metadata header. */
  readonly maxMetadata: number
}

export function createOperations(parts: OperationParts): Operations {
  const { uploads, receiver, digests, maxMetadata } = parts

  /** draft, Upload Creation: whatever method carries content begins an upload, and may be all of it. */
  async function create(call: Call): Promise<Answer> {
    const { request, version } = call
    const head = readCreation(request, version)
    refuseTooLarge(head)
    const upload = await uploads.create({
      length: head.length,
      metadata: metadataOf(request.headers, maxMetadata),
      endsByWord: true,
      promised: head.promised,
    })
    call.head = head
    call.upload = upload
    call.connection.upload = upload.info.id
    call.where = { ...locationOf(upload), ...limitFields(uploads.options, upload, version) }
    receiver.announce(call, call.where)
    await receive(call, upload, head)
    return taken(call, upload)
  }

  /** Before the upload exists: nobody would know of it. */
  function refuseTooLarge({ length, bodyLength }: BodyHead): void {
    const { maxSize } = uploads.options
    if (maxSize > 0 && Math.max(length ?? 0, bodyLength ?? 0) > maxSize)
      throw tooLarge(uploads.options.maxSize)
  }

  /** draft, Upload Append. */
  async function append(call: Call, id: string): Promise<Answer> {
    call.connection.patches += 1
    call.connection.upload = id
    call.upload = uploads.peek(id)
    const head = readAppend(call.request, call.version)
    call.head = head
    const upload = await uploads.takeOver(id)
    call.upload = upload
    if (upload.info.finished === null) await receive(call, upload, head)
    else refuseAfterEnd(upload, head)
    return taken(call, upload)
  }

  /** The same empty end again is answered as the first time: that answer may have been lost. */
  function refuseAfterEnd(upload: Upload, { offset, bodyLength, isLast }: BodyHead): void {
    if (offset !== upload.offset) {
      const text = `The upload is complete with ${upload.offset} bytes.`
      throw new UploadError('offset-mismatch', text, { offset: upload.offset })
    }
    if (bodyLength !== 0) throw inconsistentLength('The upload is complete: nothing can follow.')
    if (isLast) return
    throw new ProblemError({
      status: 400,
      text: 'The upload is complete.',
      type: 'completed-upload',
    })
  }

  async function receive(call: Call, upload: Upload, head: BodyHead): Promise<void> {
    digests.want(upload, head.wanted)
    try {
      await receiver.receive(call, upload, head)
    } catch (error) {
      const isTooMuch = error instanceof UploadError && error.code === 'beyond-length'
      if (!isTooMuch || upload.info.finished !== null) throw error
      // Of unknown length: what it went beyond is our own limit.
      if (upload.info.length === null) throw tooLarge(uploads.options.maxSize)
      // draft, Upload Append: it would become longer than its length, so it is invalid from now on.
      await uploads.invalidate(upload.info.id, 'More came than the length of this upload.')
      throw error
    }
  }

  /** All of the content is in the upload. Of a finished one the answer is that of the place where uploads are created. */
  async function taken(call: Call, upload: Upload): Promise<Answer> {
    const isComplete = upload.info.finished !== null
    const headers = {
      ...call.where,
      ...(isComplete ? locationOf(upload) : {}),
      ...stateFields(upload, call.version),
      ...(await digests.fieldOf(upload, call.request.headers)),
    }
    const isCreated = isComplete || call.id === null
    return { status: isCreated ? 201 : call.version.appended, text: null, headers }
  }

  /** draft, Offset Retrieval. */
  async function retrieve({ version }: Call, id: string): Promise<Outcome> {
    const upload = await uploads.takeOver(id)
    const isFile = upload.info.finished !== null && !isPart(upload.info)
    if (isFile && version.retrieved === 200) return 'download'
    const headers = {
      ...retrievalFields(upload, version),
      ...limitFields(uploads.options, upload, version),
      'Cache-Control': 'no-store',
    }
    return { status: 204, text: null, headers }
  }

  /** draft, Upload Cancellation: what is under way is ended first. */
  async function cancel(_call: Call, id: string): Promise<Answer> {
    await uploads.remove(id)
    return { status: 204, text: null }
  }

  return { create, append, retrieve, cancel }
}
