// Uploads that are made of others (tus 1.0.0, Concatenation). No byte is copied: the parts' files get second names.
import type { EventEmitter } from 'node:events'
import { isPart, partsOf } from './concatenation.ts'
import { namedStorageError, tooLarge, UploadError } from './errors.ts'
import type { UploadInfo } from './info-file.ts'
import { isMissing, type Store } from './store.ts'
import { expiryOf, stateOf, type Upload } from './upload.ts'
import type { UploadEvents, UploadsOptions } from './uploads.ts'

export interface Finals {
  /** The partial upload with this id; throws an `UploadError` "part-missing" where there is none that can be used. */
  part(id: string): Upload
  /** The sum of the parts' lengths as far as it is known (bytes); `null` while one is not. */
  lengthOf(parts: readonly string[]): number | null
  /** From now on the final becomes finished when its last part does. */
  add(final: Upload): void
  /** `expiryOf`, but a finished part that a final still waits for with others stays. One that nobody goes on with does not. */
  expiryOf(upload: Upload): number | null
  /** Finishes the final if its parts are finished, and removes it if it can't be. Waits until that is done. */
  review(final: Upload): Promise<void>
  /** Somebody else may have changed the folder. */
  compareWithDisk(final: Upload): Promise<void>
  /** Those whose parts are not all finished, or that could not be finished before. */
  waiting(): Upload[]
}

interface FinalsParts {
  readonly options: UploadsOptions
  readonly store: Store
  readonly events: EventEmitter<UploadEvents>
  readonly find: (id: string) => Upload | null
  hold<T>(upload: Upload, work: () => Promise<T>): Promise<T>
  /** Removes an upload whose lock is held; later requests are told why. */
  discard(upload: Upload, reason: string): Promise<void>
}

export function createFinals({ options, store, events, find, hold, discard }: FinalsParts): Finals {
  /** Unfinished finals by the ids of their parts. */
  const neededBy = new Map<string, Set<Upload>>()

  function part(id: string): Upload {
    const upload = find(id)
    if (upload !== null && isUsable(upload)) return upload
    throw new UploadError('part-missing', `There is no partial upload ${id}.`)
  }

  function isUsable(upload: Upload): boolean {
    const expires = expiryIn(upload) ?? Number.POSITIVE_INFINITY
    return isPart(upload.info) && upload.damage === null && expires > Date.now()
  }

  function expiryIn(upload: Upload): number | null {
    const isKept = upload.info.finished !== null && neededBy.has(upload.info.id)
    return isKept ? null : expiryOf(upload, options.expireAfter)
  }

  function lengthOf(parts: readonly string[]): number | null {
    let sum = 0
    for (const id of parts) {
      const length = find(id)?.info.length ?? null
      if (length === null) return null
      sum += length
    }
    return sum
  }

  function add(final: Upload): void {
    for (const id of partsOf(final.info) ?? []) {
      const finals = neededBy.get(id) ?? new Set()
      neededBy.set(id, finals.add(final))
    }
  }

  function forget(final: Upload): void {
    for (const id of partsOf(final.info) ?? []) {
      const finals = neededBy.get(id)
      finals?.delete(final)
      if (finals?.size === 0) neededBy.delete(id)
    }
  }

  async function review(final: Upload): Promise<void> {
    const parts = partsOf(final.info) ?? []
    if (stateOf(final) !== 'unfinished') return
    final.info = { ...final.info, length: lengthOf(parts) ?? final.info.length }
    if (lossOf(parts) === null && !areFinished(parts)) return
    await hold(final, async () => {
      if (final.removed || stateOf(final) !== 'unfinished') return
      const loss = lossOf(parts)
      if (loss !== null) await discard(final, loss)
      else await assemble(final, parts)
    })
  }

  /** Why it can never be finished, a sentence for the client; `null` while it can. */
  function lossOf(parts: readonly string[]): string | null {
    const uploads = parts.map(find)
    if (uploads.some((upload) => upload === null || upload.damage !== null)) {
      return 'A part of this upload was removed.'
    }
    if (uploads.some((upload) => upload !== null && isGivenUp(upload))) {
      return 'A part of this upload has expired.'
    }
    // A part may declare its length after the final was made.
    const isTooLarge = options.maxSize > 0 && (lengthOf(parts) ?? 0) > options.maxSize
    return isTooLarge ? tooLarge(options.maxSize).message : null
  }

  /** No byte is taken for it any more, even before the sweep has removed it. */
  function isGivenUp(upload: Upload): boolean {
    if (upload.info.finished !== null || upload.lock.holder !== null) return false
    return (expiryIn(upload) ?? Number.POSITIVE_INFINITY) <= Date.now()
  }

  const areFinished = (parts: readonly string[]) => parts.every((id) => find(id)?.info.finished)

  /** The record comes last: until it says "finished", nobody is told of a byte. What fails before that can be done again. */
  async function assemble(final: Upload, parts: readonly string[]): Promise<void> {
    const { id } = final.info
    const info: UploadInfo = {
      ...final.info,
      length: lengthOf(parts),
      finished: Date.now(),
      hook: options.hasFinishHook ? { state: 'pending', attempts: 0 } : null,
    }
    try {
      for (const [index, part] of parts.entries()) await store.addSegment(id, index, part)
      await refuseHoles(info, parts)
      await store.syncSegments()
      await store.writeInfo(info)
    } catch (error) {
      if (isMissing(error)) throw new UploadError('part-missing', 'A part was removed meanwhile.')
      throw namedStorageError(error)
    }
    final.info = info
    final.offset = info.length ?? 0
    final.modified = Date.now()
    forget(final)
    events.emit('change', final)
    events.emit('finished', final)
  }

  async function refuseHoles({ id }: UploadInfo, parts: readonly string[]): Promise<void> {
    const sizes = await store.inspectSegments(id, parts.length)
    const hole = parts.find((part, index) => sizes[index] !== find(part)?.info.length)
    if (hole === undefined) return
    throw new UploadError('part-missing', `The partial upload ${hole} is not whole.`)
  }

  async function compareWithDisk(final: Upload): Promise<void> {
    const { id, finished, length } = final.info
    const { holder, turns } = final.lock
    if (finished === null || final.damage !== null || holder !== null) return
    const sizes = await store.inspectSegments(id, partsOf(final.info)?.length ?? 0)
    if (!sizes.includes(null) && sum(sizes) === length) return
    await store.refuseIfAway()
    // Its removal may have begun meanwhile.
    if (final.lock.turns !== turns) return
    final.damage = 'one of its data files is gone'
    events.emit('change', final)
  }

  /** Nobody waits for this: what fails stays due. */
  function onPart(upload: Upload): void {
    // Most of what happens to a part is that bytes come.
    if (stateOf(upload) === 'unfinished' && !upload.removed) return
    for (const final of neededBy.get(upload.info.id) ?? []) review(final).catch(() => {})
  }

  events.on('change', onPart)
  events.on('removed', onPart)
  events.on('removed', forget)

  return {
    part,
    lengthOf,
    add,
    review,
    compareWithDisk,
    expiryOf: expiryIn,
    waiting: () => [...new Set([...neededBy.values()].flatMap((finals) => [...finals]))],
  }
}

/** Of sizes in bytes; what is not there has none. */
export const sum = (sizes: readonly (number | null)[]): number =>
  sizes.reduce<number>((total, size) => total + (size ?? 0), 0)
