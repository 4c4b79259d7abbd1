// The upload resource: create, look at, append to, complete, remove. Knows no protocol.
import { EventEmitter } from 'node:events'
import path from 'node:path'
import type { Durability } from '../config.ts'
import { type AppendRequest, createAppender } from './append.ts'
import { createCompletion, isDue, isWholeAndUnfinished } from './completion.ts'
import { partsOf } from './concatenation.ts'
import { createCreation } from './creation.ts'
import { createDeadlines, type DeadlineOptions } from './deadlines.ts'
import { createDigests } from './digests.ts'
import { UploadError } from './errors.ts'
import { createFinals } from './finals.ts'
import type { Digest, HashName } from './hash.ts'
import { createHolding } from './holding.ts'
import type { HookState, UploadInfo } from './info-file.ts'
import { createLock } from './lock.ts'
import { createMarks } from './marks.ts'
import { createOpenFiles } from './open-files.ts'
import { createRemoval } from './removal.ts'
import { damageOf, type Finding, type Found, missingData, surveyFolder } from './start-up.ts'
import { createStore } from './store.ts'
import { createUpkeep } from './upkeep.ts'
import { stateOf, type Upload } from './upload.ts'

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
  /** What the client said to make it a part of another upload, to the byte. */
  readonly part?: string
  /** An append follows in any case: also an empty upload is not finished before it. */
  readonly bodyFollows?: boolean
  /** Its end is what the client says is the end; else it ends where its length is reached. */
  readonly endsByWord?: boolean
  /** What its whole content is to hash to: if it doesn't, the upload is removed and the last append fails. */
  readonly promised?: readonly Digest[]
}

/** An upload made of others. */
export interface NewFinal {
  /** The ids of partial uploads, in order; one may come several times. */
  readonly parts: readonly string[]
  /** What the client called them by, to the byte. */
  readonly header: string
  readonly metadata: string
}

export interface Uploads {
  readonly events: EventEmitter<UploadEvents>
  readonly options: UploadsOptions
  /** What the start-up pass mended or wants looked at. */
  readonly findings: readonly Finding[]
  create(upload: NewUpload): Promise<Upload>
  /**
   * Makes an upload of partial ones without copying them; it is finished as soon as they are. Rejects with an
   * `UploadError` "part-missing".
   */
  concatenate(upload: NewFinal): Promise<Upload>
  /**
   * The upload if it can be used, its offset checked against the disk. Waits for no writer: while an upload is being
   * completed it rejects with an `UploadError` "busy".
   */
  find(id: string): Promise<Upload>
  /** The same, but an upload that ends by the client's word stays open even if its length is reached. */
  look(id: string): Promise<Upload>
  /**
   * The same, after whoever writes to it was made to leave: the offset stays until somebody appends. For a client that comes
   * back, and so has given up what came before.
   */
  takeOver(id: string): Promise<Upload>
  /** Whether it is there at all, without a look at the disk: for lists and events. */
  peek(id: string): Upload | null
  /** Newest first. */
  list(): Upload[]
  /** In no order, for counting. */
  all(): Iterable<Upload>
  /** Writes a body at an offset; see `append.ts`. */
  append(id: string, request: AppendRequest): Promise<Upload>
  remove(id: string): Promise<void>
  /** Removes an upload that broke a rule; later requests are told the reason, a sentence. */
  invalidate(id: string, reason: string): Promise<void>
  /** What the whole content of a finished upload hashes to; reckoned once, off the main thread, and kept. */
  digest(id: string, hash: HashName): Promise<Digest>
  /** The files that hold a finished upload's bytes, in order: names in the folder. */
  filesOf(upload: Upload): readonly string[]
  setHook(upload: Upload, hook: HookState): Promise<void>
  /**
   * Removes what has expired; gives the number. Of finished uploads it touches only parts, and never one being written.
   * Completes what is whole and could not be completed before.
   */
  sweep(now?: number): Promise<number>
  /** Stops every body; from now on nothing is accepted. What arrived is kept. */
  drain(): void
  close(): Promise<void>
}

/** Opens the folder: reads what is there and completes what a crash left half-done. */
export async function openUploads(options: UploadsOptions): Promise<Uploads> {
  const store = createStore(options.dir, options.durability !== 'none')
  const files = createOpenFiles(store, options.openFiles)
  const deadlines = createDeadlines(options)
  const events = new EventEmitter<UploadEvents>()
  const uploads = new Map<string, Upload>()
  const marks = createMarks(options.dir, options.durability)
  const digests = createDigests()
  const { found, findings } = await surveyFolder(store, marks)
  for (const one of found) uploads.set(one.info.id, loaded(one))
  const holding = createHolding()
  const removal = createRemoval({ store, files, events, holding, uploads })
  const { discard } = removal
  const { complete, force } = createCompletion({
    options,
    store,
    files,
    marks,
    digests,
    events,
    discard,
  })
  const appender = createAppender({
    options,
    store,
    files,
    marks,
    deadlines,
    events,
    complete,
    force,
  })
  const finals = createFinals({ options, store, events, find: peek, hold: holding.hold, discard })
  const { create, concatenate } = createCreation({
    options,
    store,
    files,
    finals,
    isDraining: appender.draining,
    add,
    complete: completeAlone,
    remove: removal.remove,
  })

  function add(info: UploadInfo): Upload {
    const upload = loaded({ info, size: 0, modified: info.created, damage: null, isMarked: false })
    uploads.set(info.id, upload)
    events.emit('change', upload)
    return upload
  }

  function peek(id: string): Upload | null {
    return uploads.get(id) ?? null
  }

  function present(id: string): Upload {
    const upload = uploads.get(id)
    if (upload !== undefined) return upload
    const reason = removal.reasonOf(id)
    if (reason !== null) throw new UploadError('gone', reason)
    throw new UploadError('not-found', 'There is no such upload.')
  }

  function known(id: string): Upload {
    const upload = present(id)
    if (upload.damage !== null) {
      throw new UploadError('damaged', 'This upload was damaged on the server: start it again.')
    }
    const expires = finals.expiryOf(upload)
    if (expires !== null && expires <= Date.now() && upload.lock.holder === null) {
      throw new UploadError('gone', 'This upload has expired: start it again.')
    }
    return upload
  }

  async function look(id: string, isEnd = isDue): Promise<Upload> {
    const upload = present(id)
    if (partsOf(upload.info) !== null) {
      await finals.review(upload)
      await finals.compareWithDisk(upload)
      return known(id)
    }
    const mayBeBack = upload.damage === missingData
    if (upload.lock.holder === null && (upload.damage === null || mayBeBack))
      await compareWithDisk(upload)
    // A client takes offset = length for the end: nobody is told so before the end is on the disk.
    if (isEnd(upload)) {
      if (upload.lock.holder !== null)
        throw new UploadError('busy', 'The upload is being completed: ask again.')
      await completeAlone(upload)
    }
    return known(id)
  }

  async function takeOver(id: string): Promise<Upload> {
    const upload = present(id)
    if (upload.lock.holder !== null) await holding.hold(upload, async () => {}, { urgent: true })
    return look(id)
  }

  /** Somebody else may have changed the folder: the file is the truth. */
  async function compareWithDisk(upload: Upload): Promise<void> {
    const { info, lock } = upload
    const { turns } = lock
    const data = await store.inspect(info.id)
    if (data === null) await store.refuseIfAway()
    // A PATCH may have come and gone meanwhile: then what was seen is old.
    if (lock.turns !== turns) return
    // What is behind a mark doesn't count.
    const most = upload.mark.isSet ? upload.offset : Number.POSITIVE_INFINITY
    const size = Math.min(data?.size ?? 0, most)
    const damage = data === null ? missingData : damageOf(info, { ...data, size })
    if (damage === upload.damage && size === upload.offset) return
    upload.offset = size
    upload.damage = damage
    if (damage !== null) await files.close(upload)
    events.emit('change', upload)
  }

  function completeAlone(upload: Upload): Promise<void> {
    return holding.hold(upload, () => complete(upload))
  }

  async function digest(id: string, hash: HashName): Promise<Digest> {
    const upload = await look(id)
    const known = upload.info.digests.find((one) => one.hash === hash)
    if (known !== undefined) return known
    if (upload.info.finished === null)
      throw new UploadError('not-finished', 'This upload is not finished.')
    const value = await digests.of(pathsOf(upload), hash)
    const found = { hash, value }
    // A disk that can't keep it takes nothing from its truth.
    await setInfo(upload, (info) => withDigest(info, found)).catch(() => {})
    if (!upload.removed) events.emit('change', upload)
    return found
  }

  function filesOf({ info }: Upload): string[] {
    const parts = partsOf(info)
    const files = parts?.map((_, index) => store.segmentFile(info.id, index)) ?? [
      store.dataFile(info.id),
    ]
    return files.map((file) => path.relative(store.dir, file))
  }

  const pathsOf = (upload: Upload) => filesOf(upload).map((file) => path.join(store.dir, file))

  function setInfo(upload: Upload, change: (info: UploadInfo) => UploadInfo): Promise<void> {
    return holding.hold(upload, async () => {
      if (upload.removed) return
      const info = change(upload.info)
      if (info === upload.info) return
      await store.writeInfo(info)
      upload.info = info
    })
  }

  for (const upload of uploads.values()) {
    if (partsOf(upload.info) !== null && stateOf(upload) === 'unfinished') finals.add(upload)
  }
  const { sweep, begin } = createUpkeep({ uploads, finals, removal, complete: completeAlone })
  findings.push(...(await begin()))

  return {
    events,
    options,
    findings,
    create,
    concatenate,
    find: (id) => look(id, isWholeAndUnfinished),
    look: (id) => look(id),
    takeOver,
    peek,
    all: () => uploads.values(),
    list: () => [...uploads.values()].sort(newestFirst),
    append: async (id, request) => holding.count(appender.append(known(id), request)),
    remove: async (id) => removal.remove(present(id)),
    invalidate: async (id, reason) => removal.remove(present(id), reason),
    digest,
    filesOf,
    setHook: (upload, hook) => setInfo(upload, (info) => ({ ...info, hook })),
    sweep,
    drain: () => appender.drain(),
    async close() {
      appender.drain()
      await holding.settled()
      deadlines.close()
      await digests.close()
      await files.closeAll()
    },
  }
}

const withDigest = (info: UploadInfo, digest: Digest): UploadInfo =>
  info.digests.some(({ hash }) => hash === digest.hash)
    ? info
    : { ...info, digests: [...info.digests, digest] }

function loaded({ info, size, modified, damage, isMarked }: Found): Upload {
  return {
    info,
    offset: size,
    modified: Math.max(modified, info.created),
    damage,
    removed: false,
    fd: null,
    mark: { isSet: isMarked, fd: null, says: null },
    connection: null,
    lock: createLock(),
  }
}

const newestFirst = (a: Upload, b: Upload) =>
  b.info.created - a.info.created || (a.info.id < b.info.id ? 1 : -1)
