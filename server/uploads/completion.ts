// The end of an upload: from "every byte is in the file" to "finished, and nothing can take that back".
import type { EventEmitter } from 'node:events'
import { isPart, partsOf } from './concatenation.ts'
import type { Digests } from './digests.ts'
import { namedStorageError, UploadError } from './errors.ts'
import type { UploadInfo } from './info-file.ts'
import type { Marks } from './marks.ts'
import type { OpenFiles } from './open-files.ts'
import type { Store } from './store.ts'
import { stateOf, type Upload } from './upload.ts'
import type { UploadEvents, UploadsOptions } from './uploads.ts'

export interface Completion {
  /** Makes a whole upload a finished one, in the order that survives a loss of power. The caller holds the lock. */
  complete(upload: Upload): Promise<void>
  /**
   * Forces the bytes to the disk. When that fails the system may have dropped them, and a second try would succeed
   * without them: such an upload is lost, and must never look whole again. The caller holds the lock.
   */
  force(upload: Upload, fd: number): Promise<void>
}

interface CompletionParts {
  readonly options: UploadsOptions
  readonly store: Store
  readonly files: OpenFiles
  readonly marks: Marks
  readonly digests: Digests
  readonly events: EventEmitter<UploadEvents>
  /** Removes the upload; later requests are told why. The caller holds the lock. */
  discard(upload: Upload, reason: string): Promise<void>
}

export function createCompletion(parts: CompletionParts): Completion {
  const { options, store, files, marks, digests, events } = parts

  async function complete(upload: Upload): Promise<void> {
    if (!isWholeAndUnfinished(upload)) return
    const fd = await files.take(upload)
    if (upload.mark.isSet) await marks.takeBack(upload, fd)
    const { size } = store.stateOf(fd)
    if (size !== upload.info.length) {
      upload.offset = size
      throw new UploadError('offset-mismatch', `The upload stands at byte ${size}.`, {
        offset: size,
      })
    }
    await keepPromises(upload)
    if (options.durability !== 'none') await force(upload, fd)
    const isTold = options.hasFinishHook && !isPart(upload.info)
    const finished: UploadInfo = {
      ...upload.info,
      finished: Date.now(),
      hook: isTold ? { state: 'pending', attempts: 0 } : null,
      digests: upload.info.promised,
    }
    await store.writeInfo(finished).catch((error: unknown) => {
      throw namedStorageError(error, upload.offset)
    })
    upload.info = finished
    events.emit('change', upload)
    if (!isPart(finished)) events.emit('finished', upload)
    // Beside a finished record it says nothing; a start clears what stays here.
    await marks.drop(upload).catch(() => {})
    await files.close(upload)
  }

  /** An upload whose content is not what the client said can't be mended: nobody knows where it is wrong. */
  async function keepPromises(upload: Upload): Promise<void> {
    const { id, promised } = upload.info
    for (const { hash, value } of promised) {
      const found = await digests.of([store.dataFile(id)], hash)
      if (found.equals(value)) continue
      const reason = 'The content was not what its digest promised: the upload was removed.'
      await parts.discard(upload, reason)
      throw new UploadError('digest-mismatch', reason)
    }
  }

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

  return { complete, force }
}

/** Every byte is here. */
export const isWhole = (upload: Upload): boolean => upload.offset === upload.info.length

/** Every byte is here, but the record doesn't say that this is the end. */
export const isWholeAndUnfinished = (upload: Upload): boolean =>
  stateOf(upload) === 'unfinished' &&
  !upload.removed &&
  isWhole(upload) &&
  partsOf(upload.info) === null

/** Every byte is here, and that is the end, but the record doesn't say so yet. */
export const isDue = (upload: Upload): boolean =>
  isWholeAndUnfinished(upload) && !upload.info.endsByWord
