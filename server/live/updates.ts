// What of the capture is news since it was told last. Pure state.
import { nothingLeftOut } from './bounds.ts'
import type { CaptureUpdate } from './messages.ts'
import type { Recorded } from './recorder.ts'
import { connectionsOf, totalsOf } from './view.ts'

export interface Updates {
  /** What changed; `null`: nothing that is told. */
  next(recorded: Recorded): CaptureUpdate | null
  all(recorded: Recorded | null): CaptureUpdate
}

/** Of a capture without a packet. */
export const nothing: CaptureUpdate = {
  totals: {
    start: null,
    packets: 0,
    bytes: 0,
    leftOut: nothingLeftOut,
  },
  connections: [],
  isAll: true,
}

export function createUpdates(): Updates {
  let told = new Map<number, string>()
  let generation = 0

  function all(recorded: Recorded | null): CaptureUpdate {
    if (recorded === null) return nothing
    const connections = connectionsOf(recorded)
    told = new Map(connections.map((one) => [one.number, JSON.stringify(one)]))
    generation = recorded.generation
    return { totals: totalsOf(recorded), connections, isAll: true }
  }

  return {
    all,
    next(recorded) {
      if (recorded.generation !== generation) return all(recorded)
      // An update makes packets itself, on the connection that carries it: totals alone are no news.
      const changed = connectionsOf(recorded).filter((one) => {
        const text = JSON.stringify(one)
        const isNews = told.get(one.number) !== text
        told.set(one.number, text)
        return isNews
      })
      return changed.length === 0
        ? null
        : { totals: totalsOf(recorded), connections: changed, isAll: false }
    },
  }
}
