// One writer at a time per upload: a FIFO queue of those who want it, and a way to ask the holder to leave.

/** Who holds or wants a lock. */
export interface Party {
  /**
   * Called on the holder whenever somebody queues behind it. `urgent`: leave at once (the upload is to be
   * removed); else leave when stale. Leaving is releasing.
   */
  yield(urgent: boolean): void
  /** Asked of a waiting party by `recheck`: why waiting longer is pointless, or `null`. */
  gaveUp(): Error | null
}

export type Release = () => void

export interface Lock {
  readonly holder: Party | null
  /** How many have held it so far: if it is as before, nothing that needs the lock was done meanwhile. */
  readonly turns: number
  /** Resolves when `party` holds the lock; rejects with what its `gaveUp` gives. */
  acquire(party: Party, urgent?: boolean): Promise<Release>
  /** Lets the waiting parties look again whether to wait on; the holder calls it as it progresses. */
  recheck(): void
}

interface Waiter {
  readonly party: Party
  readonly urgent: boolean
  enter(): void
  refuse(error: Error): void
}

/** A lock that nobody holds. */
export function createLock(): Lock {
  let holder: Party | null = null
  let turns = 0
  let waiting: Waiter[] = []

  function enter(party: Party): Release {
    holder = party
    turns += 1
    let held = true
    return () => {
      if (!held) return
      held = false
      holder = null
      next()
    }
  }

  function next(): void {
    recheck()
    const waiter = waiting.shift()
    if (waiter === undefined) return
    waiter.enter()
    // Whoever still waits asks the new holder as it asked the old one.
    if (waiting.length > 0) waiter.party.yield(waiting.some(({ urgent }) => urgent))
  }

  function recheck(): void {
    if (waiting.length === 0) return
    const before = waiting
    waiting = []
    for (const waiter of before) {
      const error = waiter.party.gaveUp()
      if (error === null) waiting.push(waiter)
      else waiter.refuse(error)
    }
  }

  return {
    get holder() {
      return holder
    },
    get turns() {
      return turns
    },
    acquire(party, urgent = false) {
      if (holder === null) return Promise.resolve(enter(party))
      return new Promise<Release>((resolve, reject) => {
        waiting.push({ party, urgent, enter: () => resolve(enter(party)), refuse: reject })
        holder?.yield(urgent)
      })
    },
    recheck,
  }
}
