// Data files that stay open between PATCHes: at most so many, and none for long without use.
import type { Store } from './store.ts'
import type { Upload } from './upload.ts'

/** An upload that rests for so long gives its file back. */
const restMs = 30_000

export interface OpenFiles {
  /** The upload's open data file, opened if need be. The caller holds the upload's lock. */
  take(upload: Upload): Promise<number>
  /** Puts in a file that was just made. */
  put(upload: Upload, fd: number): void
  /** Closes the upload's file, if open. Nobody may be writing to it. */
  close(upload: Upload): Promise<void>
  closeAll(): Promise<void>
}

/** Keeps up to `limit` files open beyond those that are being written. */
export function createOpenFiles(store: Store, limit: number): OpenFiles {
  // In order of use: a Map remembers the order in which keys came.
  const usedAt = new Map<Upload, number>()

  function put(upload: Upload, fd: number): void {
    upload.fd = fd
    use(upload)
    if (usedAt.size > limit) closeIdle(1)
  }

  function use(upload: Upload): void {
    usedAt.delete(upload)
    usedAt.set(upload, Date.now())
  }

  async function close(upload: Upload): Promise<void> {
    const { fd, mark } = upload
    const markFd = mark.fd
    upload.fd = null
    mark.fd = null
    usedAt.delete(upload)
    // The bytes are the kernel's by now, and what must be kept was forced to the disk: an error here has nothing to lose.
    if (fd !== null) await store.closeData(fd).catch(() => {})
    if (markFd !== null) await store.closeData(markFd).catch(() => {})
  }

  function closeIdle(most: number, before = Number.POSITIVE_INFINITY): void {
    let closed = 0
    for (const [upload, used] of usedAt) {
      if (closed >= most || used >= before) return
      if (upload.lock.holder !== null) continue
      closed += 1
      void close(upload)
    }
  }

  const clock = setInterval(() => closeIdle(usedAt.size, Date.now() - restMs), restMs / 4)
  clock.unref()

  return {
    put,
    close,
    async take(upload) {
      const fd = upload.fd ?? (await store.openData(upload.info.id))
      if (upload.fd === null) put(upload, fd)
      else use(upload)
      return fd
    },
    async closeAll() {
      clearInterval(clock)
      await Promise.all([...usedAt.keys()].map(close))
    },
  }
}
