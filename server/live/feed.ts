// The capture on the event stream: all of it to a reader that comes, then what changes, and nothing while nobody reads.
import type { CaptureAbout, Live } from './live.ts'

/** A further source of events on /api/events. */
export interface Feed {
  /** What the first event of the stream says of it. */
  about(): CaptureAbout | null
  /** To be called once, with the way to all readers. */
  attach(tell: (event: string, data: unknown) => void): void
  /** To be called as readers come and go; `isNew`: one came. */
  readers(count: number, isNew: boolean): void
}

export function createCaptureFeed(live: Live | null): Feed {
  let tellAll: (event: string, data: unknown) => void = () => {}
  return {
    about: () => live?.about() ?? null,
    attach(tell) {
      tellAll = tell
      live?.events.on('update', (update) => tell('capture', update))
      live?.events.on('ended', (text) => tell('capture-ended', { text }))
    },
    readers(count, isNew) {
      live?.watch(count > 0)
      // Everybody gets it: what it repeats does no harm, and who came gets it before any change.
      if (isNew) live?.all().then((update) => tellAll('capture', update))
    },
  }
}
