// New uploads: empty ones that wait for their bytes, and those that are made of others.
import { randomBytes } from 'node:crypto'
import { isDue } from './completion.ts'
import { namedStorageError, tooLarge, UploadError } from './errors.ts'
import type { Finals } from './finals.ts'
import { newInfo, type UploadInfo } from './info-file.ts'
import type { OpenFiles } from './open-files.ts'
import type { Store } from './store.ts'
import type { Upload } from './upload.ts'
import type { NewFinal, NewUpload, Uploads, UploadsOptions } from './uploads.ts'

interface CreationParts {
  readonly options: UploadsOptions
  readonly store: Store
  readonly files: OpenFiles
  readonly finals: Finals
  isDraining(): boolean
  /** Makes it known from now on. */
  add(info: UploadInfo): Upload
  complete(upload: Upload): Promise<void>
  remove(upload: Upload): Promise<void>
}

export function createCreation(parts: CreationParts): Pick<Uploads, 'create' | 'concatenate'> {
  const { options, store, files, finals, add } = parts

  function refuseNew(length: number | null): void {
    if (parts.isDraining())
      throw new UploadError('draining', 'The server is about to restart: try again.')
    if (options.maxSize > 0 && (length ?? 0) > options.maxSize) throw tooLarge(options.maxSize)
  }

  async function create(upload: NewUpload): Promise<Upload> {
    const { length, metadata, part, bodyFollows, endsByWord = false, promised = [] } = upload
    refuseNew(length)
    const free = (await store.freeSpace()) - options.minFree
    if ((length ?? 0) > free || (length !== 0 && free <= 0)) {
      throw new UploadError('no-space', 'The server has not enough disk space for this upload.')
    }
    const info = newInfo(newId(), Date.now(), {
      length,
      metadata,
      concatenation: part === undefined ? null : { kind: 'part', header: part },
      endsByWord,
      promised,
    })
    const fd = await store.create(info).catch((error: unknown) => {
      throw namedStorageError(error)
    })
    const created = add(info)
    files.put(created, fd)
    if (!bodyFollows && isDue(created)) await orRemove(created, parts.complete(created))
    return created
  }

  async function concatenate(final: NewFinal): Promise<Upload> {
    for (const part of final.parts.map(finals.part)) part.modified = Date.now()
    const length = finals.lengthOf(final.parts)
    refuseNew(length)
    const { header, metadata } = final
    const concatenation = { kind: 'final', header, parts: final.parts } as const
    const info = newInfo(newId(), Date.now(), { length, metadata, concatenation })
    await store.writeInfo(info).catch((error: unknown) => {
      throw namedStorageError(error)
    })
    const created = add(info)
    finals.add(created)
    await orRemove(created, finals.review(created))
    if (created.removed) throw new UploadError('part-missing', 'A part was removed meanwhile.')
    return created
  }

  /** Nobody learns of an upload whose creation fails: it must not be there. */
  async function orRemove(upload: Upload, work: Promise<void>): Promise<void> {
    await work.catch(async (error: unknown) => {
      await parts.remove(upload).catch(() => {})
      throw error
    })
  }

  return { create, concatenate }
}

const newId = () => randomBytes(16).toString('hex')
