// How far bodies have come, told every now and then: one clock for all of them.

/** Between two reports of one body, and before the first (ms): a short body gets none. */
const everyMs = 500

export interface Progress {
  /** Calls `look` at each tick of the clock until the returned function is called. */
  watch(look: () => void): () => void
}

/** The clock runs only while somebody watches. */
export function createProgress(): Progress {
  const watched = new Map<() => void, number>()
  let clock: NodeJS.Timeout | null = null

  function tick(): void {
    const now = performance.now()
    for (const [look, since] of watched) if (now - since >= everyMs) look()
  }

  return {
    watch(look) {
      watched.set(look, performance.now())
      clock ??= setInterval(tick, everyMs).unref()
      return () => {
        watched.delete(look)
        if (watched.size > 0 || clock === null) return
        clearInterval(clock)
        clock = null
      }
    },
  }
}
