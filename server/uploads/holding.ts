// Work under an upload's lock, counted: the folder must not be given back while some of it is still going on.
import type { Upload } from './upload.ts'

export interface HoldOptions {
  /** The holder before must leave at once, not only when stale. */
  readonly urgent?: boolean
  /** Why to wait no longer, or `null`. */
  gaveUp?(): Error | null
}

export interface Holding {
  /** Runs `work` while holding the upload's lock. */
  hold<T>(upload: Upload, work: () => Promise<T>, options?: HoldOptions): Promise<T>
  /** Counts work that takes the lock by itself. */
  count<T>(work: Promise<T>): Promise<T>
  /** Resolves when nothing counted is going on. */
  settled(): Promise<void>
}

export function createHolding(): Holding {
  const under = new Set<Promise<unknown>>()

  function count<T>(work: Promise<T>): Promise<T> {
    under.add(work)
    const done = () => under.delete(work)
    work.then(done, done)
    return work
  }

  async function holdLock<T>(
    upload: Upload,
    work: () => Promise<T>,
    options: HoldOptions,
  ): Promise<T> {
    const { urgent = false, gaveUp = () => null } = options
    const release = await upload.lock.acquire({ yield() {}, gaveUp }, urgent)
    try {
      return await work()
    } finally {
      release()
    }
  }

  return {
    count,
    hold: (upload, work, options = {}) => count(holdLock(upload, work, options)),
    async settled() {
      while (under.size > 0) await Promise.allSettled(under)
    },
  }
}
