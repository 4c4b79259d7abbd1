// The simulated time: things happen in their order, and nothing waits.

export interface Clock {
  readonly now: number
  /** Calls `work` after that many ns; returns how to call it off. */
  after(delay: number, work: () => void): () => void
  /** Until nothing is left to happen, or the time is up. */
  run(until: number): void
}

interface Event {
  readonly time: number
  readonly work: () => void
  isCancelled: boolean
}

export function createClock(): Clock {
  let now = 0
  // In order of time; what was asked for first happens first.
  const events: Event[] = []
  return {
    get now() {
      return now
    },
    after(delay, work) {
      const event: Event = { time: now + Math.max(0, Math.round(delay)), work, isCancelled: false }
      let at = events.length
      while (at > 0 && (events[at - 1]?.time ?? 0) > event.time) at -= 1
      events.splice(at, 0, event)
      return () => {
        event.isCancelled = true
      }
    },
    run(until) {
      for (let event = events.shift(); event !== undefined; event = events.shift()) {
        if (event.time > until) return
        now = event.time
        if (!event.isCancelled) event.work()
      }
    },
  }
}

export const milliseconds = (count: number): number => count * 1e6
