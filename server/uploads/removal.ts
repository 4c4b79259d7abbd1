// The end of an upload before or after its completion: its files go, and for a while it is known why.
import type { EventEmitter } from 'node:events'
import { UploadError } from './errors.ts'
import type { Holding } from './holding.ts'
import type { OpenFiles } from './open-files.ts'
import type { Store } from './store.ts'
import type { Upload } from './upload.ts'
import type { UploadEvents } from './uploads.ts'

export interface Removal {
  /** Ends who is writing, and removes the upload. Rejects with an `UploadError` "gone" where somebody else did. */
  remove(upload: Upload, reason?: string): Promise<void>
  /** The same of an upload whose lock the caller holds. */
  discard(upload: Upload, reason: string): Promise<void>
  /** Why an upload is no more, a sentence for the client; `null`: it is not known that there was one. */
  reasonOf(id: string): string | null
  /** Clears what is left of removed uploads, where the disk refused to let it go. */
  clearUp(): Promise<void>
}

interface RemovalParts {
  readonly store: Store
  readonly files: OpenFiles
  readonly events: EventEmitter<UploadEvents>
  readonly holding: Holding
  /** From here they are taken. */
  readonly uploads: Map<string, Upload>
}

/** How many removed uploads are remembered, to be answered "gone" and not "unknown". */
const remembered = 10_000

const removedText = 'This upload was removed.'

export function createRemoval({ store, files, events, holding, uploads }: RemovalParts): Removal {
  const gone = new Map<string, string>()
  const uncleared = new Set<string>()

  async function remove(upload: Upload, reason = removedText): Promise<void> {
    const gaveUp = () => (upload.removed ? new UploadError('gone', reason) : null)
    const removal = async () => {
      const refused = gaveUp()
      if (refused !== null) throw refused
      await discard(upload, reason)
    }
    await holding.hold(upload, removal, { urgent: true, gaveUp })
  }

  async function discard(upload: Upload, reason: string): Promise<void> {
    const { id } = upload.info
    await files.close(upload)
    await store.beginRemoval(id)
    // Whoever asks from now on must not be told of what is being cleared up.
    upload.removed = true
    uploads.delete(id)
    remember(id, reason)
    events.emit('removed', upload)
    await store.finishRemoval(id).catch(() => uncleared.add(id))
  }

  function remember(id: string, reason: string): void {
    gone.set(id, reason)
    const [oldest] = gone.keys()
    if (gone.size > remembered && oldest !== undefined) gone.delete(oldest)
  }

  async function clearUp(): Promise<void> {
    for (const id of uncleared) {
      await store.finishRemoval(id).then(
        () => uncleared.delete(id),
        () => {},
      )
    }
  }

  return { remove, discard, clearUp, reasonOf: (id) => gone.get(id) ?? null }
}
