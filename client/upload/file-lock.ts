// One sender per file among the tabs of a browser (Web Locks API). Pages over plain http from another machine have no locks; the server decides there.

/** Ends the hold. */
export type Release = () => void

/** Takes the lock if it's free, else calls `onTaken` and waits for it; rejects when the signal aborts. */
export async function lockFile(
  key: string,
  signal: AbortSignal,
  onTaken: () => void,
): Promise<Release> {
  // Typed as always there, but absent outside secure contexts.
  const locks = navigator.locks as LockManager | undefined
  if (!locks) return () => {}
  const name = `longhaul ${key}`
  const free = await hold(locks, name, { ifAvailable: true })
  if (free) return free
  onTaken()
  const release = await hold(locks, name, { signal })
  if (!release) throw new Error('a lock that was waited for was not given')
  return release
}

// The lock is held until the promise its callback gave is settled.
function hold(locks: LockManager, name: string, options: LockOptions): Promise<Release | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, options, (lock) => {
        if (!lock) return resolve(null)
        return new Promise<void>((release) => resolve(release))
      })
      .catch(reject)
  })
}
