// The upload resource: create, look at, append to, complete, remove. Knows no protocol.
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Durability } from '../config.ts'
import { type AppendRequest, createAppender } from './append.ts'
import { createCompletion, isDue } from './completion.ts'
import { concurrently } from './concurrently.ts'
import { createDeadlines, type DeadlineOptions } from './deadlines.ts'
import { namedStorageError, UploadError } from './errors.ts'
import { createHolding } from './holding.ts'
import type { HookState } from './info-file.ts'
import { createLock } from './lock.ts'
import { createOpenFiles } from './open-files.ts'
import { damageOf, type Finding, type Found, missingData, surveyFolder } from './start-up.ts'
import { createStore } from './store.ts'
import { expiryOf, type Upload } from './upload.ts'

export interface UploadsOptions extends DeadlineOptions {
  readonly dir: string
  readonly durability: Durability
  /** Bytes; 0: no limit. */
  readonly maxSize: number
  /** Bytes of disk that no new upload may claim. */
  readonly minFree: number
  /** Seconds after the last byte; 0: never. */
  readonly expireAfter: number
  readonly openFiles: number
  /** Whether a finished upload is to be told to somebody (see `finish-hook.ts`). */
  readonly hasFinishHook: boolean
}

/** `progress`: so many bytes were committed · `change`: made, completed, damaged, begun or stopped being written · `removed`. */
export interface UploadEvents {
  progress: [Upload, number]
  change: [Upload]
  removed: [Upload]
  finished: [Upload]
}

export interface NewUpload {
  /** Bytes, or `null` when the client declares it later. */
  readonly length: number | null
  /** The Upload-Metadata header, to the byte; already known to be well-formed. */
  readonly metadata: string
}

export interface Uploads {
  readonly events: EventEmitter<UploadEvents>
  readonly options: UploadsOptions
  /** What the start-up pass mended or wants looked at. */
  readonly findings: readonly Finding[]
  create(upload: NewUpload): Promise<Upload>
  /**
   * The upload if it can be used, its offset checked against the disk. Waits for no writer: while an upload is being
   * completed it rejects with an `UploadError` "busy".
   */
  find(id: string): Promise<Upload>
  /** Whether it is there at all, without a look at the disk: for lists and events. */
  peek(id: string): Upload | null
  /** Newest first. */
  list(): Upload[]
  /** In no order, for counting. */
  all(): Iterable<Upload>
  /** Writes a body at an offset; see `append.ts`. */
  append(id: string, request: AppendRequest): Promise<Upload>
  remove(id: string): Promise<void>
  setHook(upload: Upload, hook: HookState): Promise<void>
  /**
   * Removes what has expired; gives the number. Never touches a finished upload, nor one being written. Completes
   * what is whole and could not be completed before.
   */
  sweep(now?: number): Promise<number>
  /** Stops every body; from now on nothing is accepted. What arrived is kept. */
  drain(): void
  close(): Promise<void>
}

/** So many uploads are completed or removed at the same time, where many are due. */
const atOnce = 16

/** How many removed uploads are remembered, to be answered "gone" and not "unknown". */
const remembered = 10_000

/** Opens the folder: reads what is there and completes what a crash left half-done. */
export async function openUploads(options: UploadsOptions): Promise<Uploads> {
  const store = createStore(options.dir, options.durability !== 'none')
  const files = createOpenFiles(store, options.openFiles)
  const deadlines = createDeadlines(options)
  const events = new EventEmitter<UploadEvents>()
  const uploads = new Map<string, Upload>()
  const gone = new Set<string>()
  const { found, findings } = await surveyFolder(store)
  for (const one of found) uploads.set(one.info.id, loaded(one))
  const uncleared = new Set<string>()
  const holding = createHolding()
  const { complete, force } = createCompletion({ options, store, files, events })
  const appender = createAppender({ options, store, files, deadlines, events, complete, force })

  async function create({ length, metadata }: NewUpload): Promise<Upload> {
    if (appender.draining())
      throw new UploadError('draining', 'The server is about to restart: try again.')
    if (options.maxSize > 0 && length !== null && length > options.maxSize) {
      throw new UploadError(
        'too-large',
        `The largest upload taken here is ${options.maxSize} bytes.`,
      )
    }
    const free = (await store.freeSpace()) - options.minFree
    if ((length ?? 0) > free || (length !== 0 && free <= 0)) {
      throw new UploadError('no-space', 'The server has not enough disk space for this upload.')
    }
    const id = randomBytes(16).toString('hex')
    const info = {
      id,
      length,
      metadata,
      created: Date.now(),
      finished: null,
      hook: null,
      damage: null,
    }
    const fd = await store.create(info).catch((error: unknown) => {
      throw namedStorageError(error)
    })
    const upload = loaded({ info, size: 0, modified: info.created, damage: null })
    uploads.set(id, upload)
    files.put(upload, fd)
    events.emit('change', upload)
    if (length === 0) {
      // Nobody learns of an upload whose creation fails: it must not be there.
      await completeAlone(upload).catch(async (error: unknown) => {
        await removeUpload(upload).catch(() => {})
        throw error
      })
    }
    return upload
  }

  function peek(id: string): Upload | null {
    return uploads.get(id) ?? null
  }

  function present(id: string): Upload {
    const upload = uploads.get(id)
    if (upload !== undefined) return upload
    if (gone.has(id)) throw new UploadError('gone', 'This upload was removed.')
    throw new UploadError('not-found', 'There is no such upload.')
  }

  function known(id: string): Upload {
    const upload = present(id)
    if (upload.damage !== null) {
      throw new UploadError('damaged', 'This upload was damaged on the server: start it again.')
    }
    const expires = expiryOf(upload, options.expireAfter)
    if (expires !== null && expires <= Date.now() && upload.lock.holder === null) {
      throw new UploadError('gone', 'This upload has expired: start it again.')
    }
    return upload
  }

  async function find(id: string): Promise<Upload> {
    const upload = present(id)
    const mayBeBack = upload.damage === missingData
    if (upload.lock.holder === null && (upload.damage === null || mayBeBack))
      await compareWithDisk(upload)
    // A client takes offset = length for the end: nobody is told so before the end is on the disk.
    if (isDue(upload)) {
      if (upload.lock.holder !== null)
        throw new UploadError('busy', 'The upload is being completed: ask again.')
      await completeAlone(upload)
    }
    return known(id)
  }

  /** Somebody else may have changed the folder: the file is the truth. */
  async function compareWithDisk(upload: Upload): Promise<void> {
    const { info, offset } = upload
    const data = await store.inspect(info.id)
    // A PATCH may have come and gone meanwhile: then what was seen is old.
    if (
      upload.lock.holder !== null ||
      upload.removed ||
      upload.info !== info ||
      upload.offset !== offset
    )
      return
    if (data === null) await store.refuseIfAway()
    const size = data?.size ?? 0
    const damage = data === null ? missingData : damageOf(info, data)
    if (damage === upload.damage && size === upload.offset) return
    upload.offset = size
    upload.damage = damage
    if (damage !== null) await files.close(upload)
    events.emit('change', upload)
  }

  const completeAlone = (upload: Upload) => holding.hold(upload, () => complete(upload))

  async function remove(id: string): Promise<void> {
    await removeUpload(present(id))
  }

  async function removeUpload(upload: Upload): Promise<void> {
    const gaveUp = () =>
      upload.removed ? new UploadError('gone', 'This upload was removed.') : null
    await holding.hold(upload, () => removeHeld(upload, gaveUp()), { urgent: true, gaveUp })
    events.emit('removed', upload)
  }

  async function removeHeld(upload: Upload, refused: Error | null): Promise<void> {
    if (refused !== null) throw refused
    const { id } = upload.info
    await files.close(upload)
    const isCleared = await store.remove(id)
    if (!isCleared) uncleared.add(id)
    upload.removed = true
    uploads.delete(id)
    remember(id)
  }

  /** What is left of removed uploads, where the disk refused to let it go. */
  async function clearUp(): Promise<void> {
    for (const id of uncleared) {
      await store.finishRemoval(id).then(
        () => uncleared.delete(id),
        () => {},
      )
    }
  }

  function remember(id: string): void {
    gone.add(id)
    const [oldest] = gone
    if (gone.size > remembered && oldest !== undefined) gone.delete(oldest)
  }

  function setHook(upload: Upload, hook: HookState): Promise<void> {
    return holding.hold(upload, async () => {
      if (upload.removed) return
      const info = { ...upload.info, hook }
      await store.writeInfo(info)
      upload.info = info
    })
  }

  async function sweep(now = Date.now()): Promise<number> {
    await completeDue()
    await clearUp()
    const expired = [...uploads.values()].filter((upload) => {
      const expires = expiryOf(upload, options.expireAfter)
      return upload.damage === null && expires !== null && expires <= now
    })
    let removed = 0
    let failure: unknown = null
    // One that can't be removed must not keep the others; one that is being written is not idle.
    await concurrently(expired, atOnce, async (upload) => {
      if (upload.lock.holder !== null) return
      await removeUpload(upload).then(
        () => {
          removed += 1
        },
        (error: unknown) => {
          failure = error
        },
      )
    })
    if (failure !== null) throw failure
    return removed
  }

  /** Whole uploads whose completion failed or was cut short; one that fails again stays due. */
  async function completeDue(): Promise<Set<Upload>> {
    const completed = new Set<Upload>()
    const due = [...uploads.values()].filter(isDue)
    await concurrently(due, atOnce, async (upload) => {
      await completeAlone(upload).then(
        () => completed.add(upload),
        () => {},
      )
    })
    return completed
  }

  const completed = await completeDue()
  for (const upload of uploads.values()) {
    const { id } = upload.info
    if (completed.has(upload)) {
      findings.push({
        level: 'info',
        id,
        text: 'its last byte was here, but not the note of it: completed',
      })
    } else if (isDue(upload)) {
      findings.push({
        level: 'warn',
        id,
        text: 'it is whole but could not be completed: this is tried again',
      })
    }
  }

  return {
    events,
    options,
    findings,
    create,
    find,
    peek,
    all: () => uploads.values(),
    list: () => [...uploads.values()].sort(newestFirst),
    append: async (id, request) => holding.count(appender.append(known(id), request)),
    remove,
    setHook,
    sweep,
    drain: () => appender.drain(),
    async close() {
      appender.drain()
      await holding.settled()
      deadlines.close()
      await files.closeAll()
    },
  }
}

function loaded({ info, size, modified, damage }: Found): Upload {
  return {
    info,
    offset: size,
    modified: Math.max(modified, info.created),
    damage,
    removed: false,
    fd: null,
    connection: null,
    lock: createLock(),
  }
}

const newestFirst = (a: Upload, b: Upload) =>
  b.info.created - a.info.created || (a.info.id < b.info.id ? 1 : -1)
