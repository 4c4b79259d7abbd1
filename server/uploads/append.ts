// Appending: one body at the committed offset, under the upload's lock, so that bytes never mix.
import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { type BodyOutcome, type BodyWriter, writeBody } from './body-writer.ts'
import type { Deadlines } from './deadlines.ts'
import { namedStorageError, UploadError } from './errors.ts'
import type { OpenFiles } from './open-files.ts'
import type { Store } from './store.ts'
import type { Upload } from './upload.ts'
import type { UploadEvents, UploadsOptions } from './uploads.ts'
import { createWriterParty, type StopCode, type WriterParty } from './writer-party.ts'

/** One request to append. Sizes in bytes. */
export interface AppendRequest {
  /** Where the client believes that the upload stands. */
  readonly offset: number
  /** The upload's length, if this request declares it. */
  readonly length: number | null
  /** How many bytes the body has, if that is known before it comes. */
  readonly bodyLength: number | null
  readonly body: Readable
  /** The number of the connection that carries it. */
  readonly connection: number | null
  /** Called when all checks have passed, right before the body is read: the place for `100 Continue`. */
  onAccept(): void
}

export interface Appender {
  /** Resolves when the body is committed as far as `durability` asks; rejects with an `UploadError`. */
  append(upload: Upload, request: AppendRequest): Promise<Upload>
  draining(): boolean
  drain(): void
}

interface AppenderParts {
  readonly options: UploadsOptions
  readonly store: Store
  readonly files: OpenFiles
  readonly deadlines: Deadlines
  readonly events: EventEmitter<UploadEvents>
  complete(upload: Upload): Promise<void>
  force(upload: Upload, fd: number): Promise<void>
}

const stopTexts = {
  evicted: () => 'Another request took this upload over.',
  stalled: (reason: string) =>
    `The body was cut off: ${reason}. What arrived is kept: go on from there.`,
  draining: () =>
    'The server is about to restart. What arrived is kept: go on from there in a moment.',
} satisfies Record<StopCode, (reason: string) => string>

/** Makes the one way into the data files. */
export function createAppender(parts: AppenderParts): Appender {
  const { options, store, files, deadlines, events } = parts
  const writers = new Map<BodyWriter, (code: StopCode) => void>()
  let draining = false

  async function append(upload: Upload, request: AppendRequest): Promise<Upload> {
    const refused = refusal(upload, request)
    if (refused !== null) throw refused
    const party = createWriterParty(() => refusal(upload, request))
    // A client that goes away while it waits must not hold up those behind it.
    if (upload.lock.holder !== null) request.body.once('close', () => upload.lock.recheck())
    const release = await upload.lock.acquire(party)
    try {
      await write(upload, request, party)
    } finally {
      party.leave()
      release()
    }
    return upload
  }

  /** Everything that can be said before the lock is held, and again once it is. */
  function refusal(upload: Upload, request: AppendRequest): UploadError | null {
    const { offset, bodyLength } = request
    if (draining) return new UploadError('draining', stopTexts.draining())
    if (upload.removed) return new UploadError('gone', 'This upload was removed.')
    if (request.body.destroyed) return new UploadError('interrupted', 'The client went away.')
    if (offset !== upload.offset) {
      return new UploadError(
        'offset-mismatch',
        `The upload stands at byte ${upload.offset}, not at ${offset}.`,
        {
          offset: upload.offset,
        },
      )
    }
    const declared = refusedLength(upload, request)
    if (declared !== null) return declared
    const length = request.length ?? upload.info.length
    if (bodyLength !== null && offset + bodyLength > (length ?? Number.POSITIVE_INFINITY)) {
      return new UploadError(
        'beyond-length',
        `The upload has ${length} bytes; this body would go beyond.`,
      )
    }
    if (bodyLength !== null && options.maxSize > 0 && offset + bodyLength > options.maxSize) {
      return new UploadError(
        'too-large',
        `The largest upload taken here is ${options.maxSize} bytes.`,
      )
    }
    return null
  }

  /** tus 1.0.0, Creation: once set, the length must not change; to repeat it is harmless. */
  function refusedLength(upload: Upload, { length, offset }: AppendRequest): UploadError | null {
    const known = upload.info.length
    if (length === null || length === known) return null
    if (known !== null) {
      return new UploadError(
        'length-conflict',
        `The upload's length is ${known} bytes already and can't change.`,
      )
    }
    if (length < offset) {
      return new UploadError(
        'length-conflict',
        `The upload has ${offset} bytes already, more than ${length}.`,
      )
    }
    if (options.maxSize > 0 && length > options.maxSize) {
      return new UploadError(
        'too-large',
        `The largest upload taken here is ${options.maxSize} bytes.`,
      )
    }
    return null
  }

  async function write(upload: Upload, request: AppendRequest, party: WriterParty): Promise<void> {
    const again = refusal(upload, request)
    if (again !== null) throw again
    // Known to be at the end of a finished upload: an empty PATCH that repeats the last one.
    if (upload.info.finished !== null && request.bodyLength === 0) return
    const fd = await openAt(upload)
    await declareLength(upload, request.length)
    request.onAccept()
    const outcome = await receive(upload, request, party, fd)
    await settle(upload, fd, outcome)
    if (outcome.end !== 'end') throw errorOf(upload, outcome, party)
  }

  /** The open file, which must be there and end where the upload stands: else somebody else changed it. */
  async function openAt(upload: Upload): Promise<number> {
    const fd = await files.take(upload)
    const { size, isNamed } = store.stateOf(fd)
    if (!isNamed && (await store.inspect(upload.info.id)) === null) await loseData(upload)
    if (size === upload.offset) return fd
    upload.offset = size
    throw new UploadError('offset-mismatch', `The upload stands at byte ${size}.`, { offset: size })
  }

  async function loseData(upload: Upload): Promise<never> {
    upload.damage = 'its data file is gone'
    await files.close(upload)
    events.emit('change', upload)
    throw new UploadError('damaged', 'This upload was damaged on the server: start it again.')
  }

  async function declareLength(upload: Upload, length: number | null): Promise<void> {
    if (length === null || upload.info.length !== null) return
    const info = { ...upload.info, length }
    await store.writeInfo(info).catch((error: unknown) => {
      throw namedStorageError(error, upload.offset)
    })
    upload.info = info
  }

  async function receive(
    upload: Upload,
    request: AppendRequest,
    party: WriterParty,
    fd: number,
  ): Promise<BodyOutcome> {
    if (request.bodyLength === 0) return { written: 0, end: 'end', error: null }
    const { offset } = request
    const most = upload.info.length ?? (options.maxSize || Number.POSITIVE_INFINITY)
    const writer = writeBody(request.body, {
      fd,
      position: offset,
      limit: most - offset,
      committed(written) {
        const before = upload.offset
        upload.offset = offset + written
        upload.modified = Date.now()
        upload.lock.recheck()
        events.emit('progress', upload, upload.offset - before)
      },
    })
    upload.connection = request.connection
    writers.set(writer, party.stop)
    const unwatch = deadlines.watch(writer, (reason) => party.stop('stalled', reason))
    party.begin(writer)
    if (draining) party.stop('draining')
    try {
      return await writer.outcome
    } finally {
      unwatch()
      writers.delete(writer)
      upload.connection = null
      events.emit('change', upload)
    }
  }

  /** Whatever way the body ended: what arrived counts, and the last byte completes the upload. */
  async function settle(upload: Upload, fd: number, outcome: BodyOutcome): Promise<void> {
    if (upload.offset === upload.info.length) await parts.complete(upload)
    else if (options.durability === 'patch' && outcome.written > 0) await parts.force(upload, fd)
  }

  return {
    append,
    draining: () => draining,
    drain() {
      draining = true
      for (const stop of writers.values()) stop('draining')
    },
  }
}

function errorOf(upload: Upload, outcome: BodyOutcome, party: WriterParty): unknown {
  const { offset } = upload
  switch (outcome.end) {
    case 'failed':
      return namedStorageError(outcome.error, offset)
    case 'overflow':
      return new UploadError('beyond-length', 'The body went on beyond the end of the upload.', {
        offset,
      })
    case 'stopped':
      return new UploadError(party.stopCode(), stopTexts[party.stopCode()](party.stopReason()), {
        offset,
      })
    default:
      return new UploadError('interrupted', 'The client went away in the middle of the body.', {
        offset,
      })
  }
}
