// A trace drawn by lot: some connections played through at once, and what the tap made of it.
import { randomOf } from '../../random.ts'
import { type Chance, chanceOf } from '../chance.ts'
import type { TestSegment } from '../segment.ts'
import { createClock, milliseconds } from './clock.ts'
import { type Progress, play } from './connection.ts'
import { type ConnectionPlan, planConnections } from './plan.ts'
import { impair, type TapFaults } from './tap.ts'

export interface RandomTrace {
  /** What was to happen on each connection, and how far it came. */
  readonly connections: readonly (ConnectionPlan & Progress)[]
  readonly segments: readonly TestSegment[]
}

const longest = milliseconds(120_000)

/**
 * `number` also chooses the ports: traces with other numbers share no connection. `everything`: the tap saw and kept it,
 * in its order.
 */
export function randomTrace(number: number, everything = false): RandomTrace {
  const chance = chanceOf(randomOf(number))
  const clock = createClock()
  const plans = planConnections(chance, number % 250)
  const seen: TestSegment[] = []
  const played = plans.map((plan) => ({
    plan,
    progress: play(clock, chance, plan, (segment) => seen.push(segment)),
  }))
  clock.run(longest)
  return {
    connections: played.map(({ plan, progress }) => ({ ...plan, ...progress })),
    segments: everything ? seen : impair(chance, seen, planFaults(chance)),
  }
}

function planFaults(chance: Chance): TapFaults {
  const share = (often: number) => (chance.of(often) ? chance.one([0.001, 0.005, 0.02]) : 0)
  return {
    missing: share(0.25),
    swapped: share(0.2),
    doubled: share(0.15),
    snapshot: chance.of(0.3) ? chance.one([66, 96, 128, 320, 512]) : Number.POSITIVE_INFINITY,
    missedAtStart: chance.of(0.1) ? chance.between(1, 40) : 0,
    missedAtEnd: chance.of(0.1) ? chance.between(1, 20) : 0,
  }
}

/** Several traces one after the other, as the segments of one capture. */
export const joinedTraces = (first: number, count: number): TestSegment[] =>
  Array.from({ length: count }, (_, n) =>
    randomTrace(first + n).segments.map((segment) => ({
      ...segment,
      time: segment.time + n * (longest + milliseconds(1000)),
    })),
  ).flat()
