// Times that go back: the clock of the recording machine was set, or files were joined one behind the other. Packets in, figures out.
import type { Packet } from '../format/packet.ts'
import type { Nanoseconds } from '../units.ts'
import type { ClockSteps } from './quality.ts'

/** Queues of several processors are written out of order by less (ns). */
const leastStep: Nanoseconds = 1e6

/** Each interface has a clock of its own: only its own packets are held against one another. */
export function createClockWatch() {
  const latest: Nanoseconds[] = []
  let count = 0
  let furthest: Nanoseconds = 0
  let first = 0
  return {
    watch({ time, hasTime, interface: own, number }: Packet): void {
      if (!hasTime) return
      const before = latest[own]
      latest[own] = time
      if (before === undefined || before - time < leastStep) return
      if (count === 0) first = number
      count += 1
      if (before - time > furthest) furthest = before - time
    },
    steps: (): ClockSteps => ({ count, furthest, packet: first }),
  }
}
