// The end of an upload: from "every byte is in the file" to "finished, and nothing can take that back".
import type { EventEmitter } from 'node:events'
import { namedStorageError, UploadError } from './errors.ts'
import type { UploadInfo } from './info-file.ts'
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
  readonly events: EventEmitter<UploadEvents>
}

export function createCompletion({ options, store, files, events }: CompletionParts): Completion {
  async function complete(upload: Upload): Promise<void> {
    if (!isDue(upload)) return
    const fd = await files.take(upload)
    const { size } = store.stateOf(fd)
    if (size !== upload.info.length) {
      upload.offset = size
      throw new UploadError('offset-mismatch', `The upload stands at byte ${size}.`, {
        offset: size,
      })
    }
    if (options.durability !== 'none') await force(upload, fd)
    const finished: UploadInfo = {
      ...upload.info,
      finished: Date.now(),
      hook: options.hasFinishHook ? { state: 'pending', attempts: 0 } : null,
    }
    await store.writeInfo(finished).catch((error: unknown) => {
      throw namedStorageError(error, upload.offset)
    })
    upload.info = finished
    events.emit('change', upload)
    events.emit('finished', upload)
    await files.close(upload)
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

/** Every byte is here, but the record doesn't say so yet. */
export const isDue = (upload: Upload): boolean =>
  stateOf(upload) === 'unfinished' && isWhole(upload)
