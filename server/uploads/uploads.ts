// The upload resource: create, look at, append to, complete, remove. Knows no protocol.
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Durability } from '../config.ts'
import { type AppendRequest, createAppender } from './append.ts'
import { createDeadlines, type DeadlineOptions } from './deadlines.ts'
import { namedStorageError, UploadError } from './errors.ts'
import type { HookState } from './info-file.ts'
import { createLock } from './lock.ts'
import { createOpenFiles } from './open-files.ts'
import { damageOf, type Finding, type Found, surveyFolder } from './start-up.ts'
import { createStore } from './store.ts'
import { expiryOf, stateOf, type Upload } from './upload.ts'

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
  /** The upload if it can be used, its offset checked against the disk; takes no lock. Throws an `UploadError`. */
  find(id: string): Promise<Upload>
  /** Whether it is there at all, without a look at the disk: for lists and events. */
  peek(id: string): Upload | null
  /** Newest first. */
  list(): Upload[]
  /** Writes a body at an offset; see `append.ts`. */
  append(id: string, request: AppendRequest): Promise<Upload>
  remove(id: string): Promise<void>
  dataFile(upload: Upload): string
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
    if (length === 0) await completeAlone(upload)
    return upload
  }

  function peek(id: string): Upload | null {
    return uploads.get(id) ?? null
  }

  function known(id: string): Upload {
    const upload = uploads.get(id)
    if (upload === undefined) {
      if (gone.has(id)) throw new UploadError('gone', 'This upload was removed.')
      throw new UploadError('not-found', 'There is no such upload.')
    }
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
    const upload = known(id)
    if (upload.lock.holder === null) await compareWithDisk(upload)
    // A client takes offset = length for the end: nobody is told so before the end is on the disk.
    if (isDue(upload)) await completeAlone(upload)
    return known(id)
  }

  /** Somebody else may have changed the folder: the file is the truth. */
  async function compareWithDisk(upload: Upload): Promise<void> {
    const data = await store.inspect(upload.info.id)
    if (upload.lock.holder !== null || upload.removed) return
    const size = data?.size ?? 0
    const damage = data === null ? 'its data file is gone' : damageOf(upload.info, data)
    if (damage === null && size === upload.offset) return
    upload.offset = size
    upload.damage = damage
    if (damage !== null) await files.close(upload)
    events.emit('change', upload)
  }

  /** Makes a whole upload a finished one, in the order that survives a loss of power. The caller holds the lock. */
  async function complete(upload: Upload): Promise<void> {
    if (upload.info.finished !== null || !isWhole(upload)) return
    const fd = await files.take(upload)
    const { size } = store.stateOf(fd)
    if (size !== upload.info.length) {
      upload.offset = size
      throw new UploadError('offset-mismatch', `The upload stands at byte ${size}.`, {
        offset: size,
      })
    }
    if (options.durability !== 'none') await force(upload, fd)
    const finished = {
      ...upload.info,
      finished: Date.now(),
      hook: options.hasFinishHook ? ({ state: 'pending', attempts: 0 } as const) : null,
    }
    await store.writeInfo(finished).catch((error: unknown) => {
      throw namedStorageError(error, upload.offset)
    })
    upload.info = finished
    await files.close(upload)
    events.emit('change', upload)
    events.emit('finished', upload)
  }

  /**
   * Forces the bytes to the disk. When that fails the system may have dropped them, and a second try would succeed
   * without them: such an upload is lost, and must never look whole again.
   */
  async function force(upload: Upload, fd: number): Promise<void> {
    try {
      await store.sync(fd)
    } catch (cause) {
      const damage = 'the disk failed to keep its bytes'
      upload.damage = damage
      upload.info = { ...upload.info, damage }
      await store.writeInfo(upload.info).catch(() => {})
      await files.close(upload)
      events.emit('change', upload)
      throw new UploadError('lost', 'The server could not keep this upload: start it again.', {
        cause,
      })
    }
  }

  async function completeAlone(upload: Upload): Promise<void> {
    const release = await upload.lock.acquire({ yield() {}, gaveUp: () => null })
    try {
      await complete(upload)
    } finally {
      release()
    }
  }

  async function remove(id: string): Promise<void> {
    const upload = uploads.get(id)
    if (upload === undefined) known(id)
    else await removeUpload(upload)
  }

  async function removeUpload(upload: Upload): Promise<void> {
    const { id } = upload.info
    const alreadyGone = () =>
      upload.removed ? new UploadError('gone', 'This upload was removed.') : null
    const release = await upload.lock.acquire({ yield() {}, gaveUp: alreadyGone }, true)
    try {
      const refused = alreadyGone()
      if (refused !== null) throw refused
      await files.close(upload)
      await store.remove(id)
      upload.removed = true
      uploads.delete(id)
      remember(id)
    } finally {
      release()
    }
    events.emit('removed', upload)
  }

  function remember(id: string): void {
    gone.add(id)
    const [oldest] = gone
    if (gone.size > remembered && oldest !== undefined) gone.delete(oldest)
  }

  async function setHook(upload: Upload, hook: HookState): Promise<void> {
    const release = await upload.lock.acquire({ yield() {}, gaveUp: () => null })
    try {
      if (upload.removed) return
      const info = { ...upload.info, hook }
      await store.writeInfo(info)
      upload.info = info
    } finally {
      release()
    }
  }

  async function sweep(now = Date.now()): Promise<number> {
    await completeDue()
    const expired = [...uploads.values()].filter((upload) => {
      const expires = expiryOf(upload, options.expireAfter)
      return upload.damage === null && expires !== null && expires <= now
    })
    // One that can't be removed must not keep the others; one that is being written is not idle.
    const idle = expired.filter((upload) => upload.lock.holder === null)
    const outcomes = await Promise.allSettled(idle.map(removeUpload))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return outcomes.length
  }

  /** Whole uploads whose completion failed or was cut short; one that fails again stays due. */
  async function completeDue(): Promise<Upload[]> {
    const due = [...uploads.values()].filter(isDue)
    const outcomes = await Promise.allSettled(due.map(completeAlone))
    return due.filter((_, index) => outcomes[index]?.status === 'fulfilled')
  }

  const completed = new Set(await completeDue())
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
    list: () => [...uploads.values()].sort(newestFirst),
    append: (id, request) => appender.append(known(id), request),
    remove,
    dataFile: (upload) => store.dataFile(upload.info.id),
    setHook,
    sweep,
    drain: () => appender.drain(),
    async close() {
      appender.drain()
      await appender.settled()
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

const isWhole = (upload: Upload) => upload.offset === upload.info.length

/** Every byte is here, but the record doesn't say so yet. */
const isDue = (upload: Upload) => stateOf(upload) === 'unfinished' && isWhole(upload)

const newestFirst = (a: Upload, b: Upload) =>
  b.info.created - a.info.created || (a.info.id < b.info.id ? 1 : -1)
