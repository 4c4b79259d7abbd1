// Appending: one body at the committed offset, under the upload's lock, so that bytes never mix.
import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { type BodyCheck, type BodyHash, createBodyHash, isKept } from './body-check.ts'
import { type BodyOutcome, type BodyWriter, writeBody } from './body-writer.ts'
import type { Deadlines } from './deadlines.ts'
import { namedStorageError, UploadError } from './errors.ts'
import type { Marks } from './marks.ts'
import type { OpenFiles } from './open-files.ts'
import { refuseAppend } from './refuse-append.ts'
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
  /** What the body must hash to before its bytes count; `null`: they count as they come. */
  readonly check: BodyCheck | null
  /**
   * What ends the upload: `length`: that it is reached, and nothing else · `last`: this body, if it comes whole; where the
   * length is not known yet, it is where the body ends · `more`: not this body, even if the length is reached.
   */
  readonly end: 'length' | 'last' | 'more'
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
  readonly marks: Marks
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
  const { options, store, files, marks, deadlines, events } = parts
  const writers = new Map<BodyWriter, (code: StopCode) => void>()
  let draining = false

  async function append(upload: Upload, request: AppendRequest): Promise<Upload> {
    const refused = refusal(upload, request)
    if (refused !== null) throw refused
    const party = createWriterParty(() => refusal(upload, request), request.check !== null)
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
    if (draining) return new UploadError('draining', stopTexts.draining())
    return refuseAppend(upload, request, options.maxSize)
  }

  async function write(upload: Upload, request: AppendRequest, party: WriterParty): Promise<void> {
    const again = refusal(upload, request)
    if (again !== null) throw again
    // Known to be at the end of a finished upload: an empty PATCH that repeats the last one.
    const { bodyLength, check } = request
    if (upload.info.finished !== null && bodyLength === 0 && check === null) return
    const fd = await openAt(upload)
    // A body that doesn't keep its promise changes nothing, the length neither.
    if (check === null) await declare(upload, request)
    await (check === null ? marks.drop(upload) : marks.set(upload)).catch((error: unknown) => {
      throw namedStorageError(error, upload.offset)
    })
    request.onAccept()
    const hash = check === null ? null : createBodyHash(check.promised)
    const outcome = await receive(upload, request, party, fd, hash)
    if (check !== null && hash !== null) await judge(upload, request, check, hash, fd, outcome)
    await settle(upload, request, fd, outcome)
    if (outcome.end !== 'end') throw errorOf(upload, outcome, party)
  }

  /** Until now no byte of the body counts: either all of them do, or none. */
  async function judge(
    upload: Upload,
    request: AppendRequest,
    check: BodyCheck,
    hash: BodyHash,
    fd: number,
    { end, written }: BodyOutcome,
  ): Promise<void> {
    const from = upload.offset
    const to = from + written
    try {
      if (end === 'end' && (await isKept(check, hash, fd, from, to))) {
        if (options.durability === 'patch') await parts.force(upload, fd)
        await declare(upload, request)
        await marks.advance(upload, to).catch((error: unknown) => {
          throw namedStorageError(error, from)
        })
        count(upload, to)
        return
      }
    } finally {
      // A file that was given up has been closed. What the disk won't let go now is taken back by the next one who opens it.
      if (upload.offset !== to && upload.fd === fd) await marks.takeBack(upload, fd).catch(() => {})
    }
    // A body that was cut is told as such.
    if (end !== 'end') return
    throw new UploadError(
      'checksum-mismatch',
      'The body was damaged on its way: none of it was taken. Send it again.',
      { offset: from },
    )
  }

  /** The open file, which must be there and end where the upload stands: else somebody else changed it. */
  async function openAt(upload: Upload): Promise<number> {
    const fd = await files.take(upload)
    const { size, isNamed } = store.stateOf(fd)
    if (!isNamed && (await store.inspect(upload.info.id)) === null) await loseData(upload)
    if (size === upload.offset) return fd
    if (upload.mark.isSet && size > upload.offset) {
      await marks.takeBack(upload, fd)
      return fd
    }
    upload.offset = size
    throw new UploadError('offset-mismatch', `The upload stands at byte ${size}.`, { offset: size })
  }

  async function loseData(upload: Upload): Promise<never> {
    upload.damage = 'its data file is gone'
    await files.close(upload)
    events.emit('change', upload)
    throw new UploadError('damaged', 'This upload was damaged on the server: start it again.')
  }

  /** What the head says of the whole upload, kept before a byte of the body is. */
  async function declare(upload: Upload, { length, end }: AppendRequest): Promise<void> {
    const { info } = upload
    const isNewLength = length !== null && info.length === null
    const isNewEnd = end === 'more' && !info.endsByWord
    if (!isNewLength && !isNewEnd) return
    const declared = {
      ...info,
      length: info.length ?? length,
      endsByWord: info.endsByWord || isNewEnd,
    }
    await store.writeInfo(declared).catch((error: unknown) => {
      throw namedStorageError(error, upload.offset)
    })
    upload.info = declared
    if (isNewLength) events.emit('change', upload)
  }

  async function receive(
    upload: Upload,
    request: AppendRequest,
    party: WriterParty,
    fd: number,
    hash: BodyHash | null,
  ): Promise<BodyOutcome> {
    if (request.bodyLength === 0) return { written: 0, end: 'end', error: null }
    const { offset } = request
    const most =
      upload.info.length ?? request.length ?? (options.maxSize || Number.POSITIVE_INFINITY)
    const writer = writeBody(request.body, {
      fd,
      position: offset,
      limit: most - offset,
      ...(hash === null ? {} : { observe: hash.update }),
      committed(written) {
        if (hash === null) count(upload, offset + written)
        else upload.modified = Date.now()
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

  /** Bytes up to here count from now on: HEAD tells them, and what waits looks again. */
  function count(upload: Upload, offset: number): void {
    const before = upload.offset
    upload.offset = offset
    upload.modified = Date.now()
    upload.lock.recheck()
    events.emit('progress', upload, offset - before)
  }

  /** Whatever way the body ended: what counts is kept, and the end completes the upload. */
  async function settle(
    upload: Upload,
    request: AppendRequest,
    fd: number,
    outcome: BodyOutcome,
  ): Promise<void> {
    if (isEnd(upload, request, outcome)) await end(upload)
    else if (options.durability === 'patch' && outcome.written > 0 && request.check === null)
      await parts.force(upload, fd)
  }

  async function end(upload: Upload): Promise<void> {
    const { offset, info } = upload
    // Where nobody said how long it is, it is as long as it has become.
    upload.info = { ...info, length: info.length ?? offset }
    if (upload.info.length !== offset) {
      throw new UploadError(
        'length-conflict',
        `The upload has ${info.length} bytes, but the last body ended at ${offset}.`,
        { offset },
      )
    }
    await parts.complete(upload)
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

function isEnd({ offset, info }: Upload, { end }: AppendRequest, outcome: BodyOutcome): boolean {
  if (end === 'last') return outcome.end === 'end'
  // One that went on beyond the end is refused, so it doesn't complete anything.
  return end === 'length' && offset === info.length && outcome.end !== 'overflow'
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
