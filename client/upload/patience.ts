// How long a request may stand still before its connection is replaced.

/** A connection that moves no byte for so long, in ms, is replaced. */
const stallTime = 15_000
/** The same when the bytes are all out and nobody tells what becomes of them, or they only need to reach the disk. */
const settleTime = 60_000
/** So often the server is asked, while it tells nothing by itself. */
const askTime = 5000
/** For requests that carry no bytes. */
const answerTime = 30_000
/** For all, when the browser says that the network is gone. */
const offlineTime = 2000

/** What the server tells of a request's body, in bytes of it. */
export interface News {
  /** Whether its events tell what it commits. */
  readonly isTold: () => boolean
  readonly committed: () => number
  /** What it has received, committed or not; null when it knows of no such request. */
  readonly receivedBy: () => Promise<number | null>
}

export interface Patience {
  /** To be called every now and then: whether more is known to have arrived since. Asks the server where it has to. */
  hasNews(bytesOut: number): boolean
  /** How long it may be quiet now (ms). */
  limit(bytesOut: number): number
}

/** For one request. `bytesOut`: what of the body the system has taken. */
export function createPatience(body: Blob | null, news: News): Patience {
  // All bytes of a chunk may lie in the system's buffers for minutes on a slow line: that they arrive is only known there.
  let received: number | null = -1
  let hasMore = false
  let askedAt = Date.now()
  const isOut = (bytesOut: number) => body !== null && bytesOut >= body.size

  const ask = () => {
    if (Date.now() - askedAt < askTime) return
    askedAt = Date.now()
    news.receivedBy().then(
      (count) => {
        hasMore ||= count !== null && count > (received ?? -1)
        received = count
      },
      () => {},
    )
  }

  return {
    hasNews(bytesOut) {
      if (isOut(bytesOut) && !news.isTold()) ask()
      const had = hasMore
      hasMore = false
      return had
    },
    limit(bytesOut) {
      if (!navigator.onLine) return offlineTime
      if (!body) return answerTime
      const told = news.isTold() ? news.committed() : received
      return isOut(bytesOut) && isThere(body, told) ? settleTime : stallTime
    },
  }
}

/**
 * Whether the server has the whole body, and only its disk is waited for. A system takes megabytes into its buffers without
 * sending any, so bytes that are out and not told as received stand still. `received`: what the server told; null: it knows
 * of no such request.
 */
const isThere = (body: Blob, received: number | null) => received === null || received >= body.size
