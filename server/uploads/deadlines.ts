// Bodies that are silent, or trickle too slowly, are cut off: one clock for all of them.
import { timerMs } from '../units.ts'
import type { BodyWriter } from './body-writer.ts'

export interface DeadlineOptions {
  /** Seconds without a byte; 0: for ever, and then no rate is asked for either. */
  readonly readTimeout: number
  /** Bytes a second, averaged over a span of `readTimeout`; 0: any. */
  readonly minRate: number
}

export interface Deadlines {
  /** Watches a body until the returned function is called; `expire` is called at most once, with the reason. */
  watch(body: BodyWriter, expire: (reason: string) => void): () => void
  close(): void
}

interface Watched {
  readonly body: BodyWriter
  readonly expire: (reason: string) => void
  spanStart: number
  receivedBefore: number
  heldUpBefore: number
}

/** The clock; it looks four times in a `readTimeout`, and at least once a second. */
export function createDeadlines(options: DeadlineOptions): Deadlines {
  const watched = new Set<Watched>()
  const timeoutMs = options.readTimeout * 1000
  const everyMs = Math.min(1000, timerMs(options.readTimeout / 4))
  let last = performance.now()

  function look(): void {
    const now = performance.now()
    // Time in which this process itself stood still, and listened to nobody.
    const lost = now - last - everyMs
    last = now
    for (const one of watched) {
      if (lost > everyMs) one.spanStart += lost
      const reason = reasonToExpire(one, now)
      if (reason === null) continue
      watched.delete(one)
      one.expire(reason)
    }
  }

  function reasonToExpire(one: Watched, now: number): string | null {
    if (one.body.silence() >= timeoutMs) return `no byte came for ${options.readTimeout} s`
    // Only the time in which we listened counts against the client.
    const listened = now - one.spanStart - (one.body.heldUp() - one.heldUpBefore)
    if (listened < timeoutMs) return null
    const rate = (one.body.received() - one.receivedBefore) / (listened / 1000)
    one.spanStart = now
    one.receivedBefore = one.body.received()
    one.heldUpBefore = one.body.heldUp()
    return rate < options.minRate ? `it came slower than ${options.minRate} bytes a second` : null
  }

  // Timers come before the sockets are read: after a pause of this process what came meanwhile is still to be heard.
  const clock = timeoutMs === 0 ? null : setInterval(() => setImmediate(look), everyMs)
  clock?.unref()

  return {
    watch(body, expire) {
      if (clock === null) return () => {}
      const one = { body, expire, spanStart: performance.now(), receivedBefore: 0, heldUpBefore: 0 }
      watched.add(one)
      return () => watched.delete(one)
    },
    close: () => clearInterval(clock ?? undefined),
  }
}
