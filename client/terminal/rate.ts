// The speed over the last seconds: positions with their times in, bytes per second out.

export interface RateMeter {
  /** `position`: bytes handed over so far. */
  add(position: number): void
  /** Bytes per second; null until half a second is known. */
  rate(): number | null
  /** The position jumped back or time was spent waiting: begin anew. */
  reset(): void
}

/** `now`: milliseconds, monotonic. The window is in milliseconds, too. */
export function createRateMeter(now: () => number, window = 5000): RateMeter {
  let marks: { at: number; position: number }[] = []
  return {
    add(position) {
      const at = now()
      const newest = marks.at(-1)
      // Ten marks a second are enough for a window of seconds.
      if (newest && at - newest.at < 100) return
      marks.push({ at, position })
      while (marks.length > 2 && at - (marks[1]?.at ?? at) >= window) marks.shift()
    },
    rate() {
      const oldest = marks[0]
      const newest = marks.at(-1)
      if (!oldest || !newest || newest.at - oldest.at < 500) return null
      return ((newest.position - oldest.position) / (newest.at - oldest.at)) * 1000
    },
    reset() {
      marks = []
    },
  }
}
