// Which offsets an upload's server could have, step by step; and whether what was sent and answered fits them.
import type { MissedTime } from '../http/exchange.ts'
import type { Nanoseconds } from '../units.ts'
import type { UploadStep } from './upload-step.ts'

/** A step, and when. */
export interface TimedStep {
  readonly step: UploadStep
  readonly asked: Nanoseconds
  /** When its answer began; `null`: never. */
  readonly answered: Nanoseconds | null
}

export interface Offsets {
  /** By step: `null` where it can't be told. */
  readonly verdicts: ReadonlyMap<TimedStep, boolean | null>
  /** The highest that the server is known to have had; `null`: none is known. */
  readonly highest: number | null
}

/**
 * Whatever order the steps are in: requests and answers are taken by their times. `missed`: stretches of the capture in which
 * whole requests may be missing.
 */
export function judgeOffsets(
  steps: readonly TimedStep[],
  missed: readonly MissedTime[] = [],
): Offsets {
  const verdicts = new Map<TimedStep, boolean | null>()
  const server = newServer(missed)
  for (const { timed, isAnswer, time } of eventsOf(steps)) {
    const before = verdicts.get(timed)
    const now = isAnswer ? server.answers(timed, time) : server.receives(timed, time)
    // Who refuses what doesn't fit is right: it is the request that was wrong.
    const isRefused = isAnswer && !timed.step.isSuccess
    const isWrong = (before === false && !isRefused) || now === false
    verdicts.set(timed, isWrong ? false : isAnswer && !timed.step.isReckoned ? now : null)
  }
  return { verdicts, highest: server.highest() }
}

interface Event {
  readonly timed: TimedStep
  readonly time: Nanoseconds
  readonly isAnswer: boolean
}

function eventsOf(steps: readonly TimedStep[]): Event[] {
  const events = steps.flatMap((timed): Event[] => [
    { timed, time: timed.asked, isAnswer: false },
    ...(timed.answered === null ? [] : [{ timed, time: timed.answered, isAnswer: true }]),
  ])
  return events.sort((a, b) => a.time - b.time)
}

/**
 * What is known of the server: the offset it told last, and up to where the requests reach that it has not answered with
 * success. Bytes of an interrupted PATCH may be stored or not, all or some.
 */
function newServer(missed: readonly MissedTime[]) {
  let learnedAt: Nanoseconds = Number.NEGATIVE_INFINITY
  let known: number | null = null
  let highest: number | null = null
  /** Of requests whose answer is still to come, and of those that got none or a refusal. */
  const underWay = new Map<UploadStep, number>()
  let broken = 0

  const furthest = () => Math.max(known ?? 0, broken, ...underWay.values())
  /** Requests that nobody saw may have brought it further. */
  const hasMissed = (now: Nanoseconds) =>
    missed.some(({ from, to }) => from <= now && to >= learnedAt)
  /** `null`: it can't be told. */
  function isPossible(offset: number, now: Nanoseconds): boolean | null {
    if (known === null) return true
    if (offset < known) return false
    if (offset <= furthest()) return true
    return hasMissed(now) ? null : false
  }

  function learn(offset: number, now: Nanoseconds): void {
    known = offset
    learnedAt = now
    highest = Math.max(offset, highest ?? 0)
  }

  return {
    highest: () => highest,

    /** `false`: it begins where the server can't be. */
    receives({ step, answered }: TimedStep, now: Nanoseconds): boolean | null {
      const isMisfit =
        step.action === 'append' && step.from !== null && isPossible(step.from, now) === false
      if (step.action === 'append' || step.from !== null) {
        const reach = step.to ?? Number.POSITIVE_INFINITY
        if (answered === null) broken = Math.max(broken, reach)
        else underWay.set(step, reach)
      }
      return isMisfit ? false : null
    },

    /** Whether the answered offset is one that the server could have; `null`: it told none. */
    answers({ step }: TimedStep, now: Nanoseconds): boolean | null {
      const { action, from, to, answeredOffset: told, isSuccess } = step
      if (action === 'download' || action === 'cancellation') return null
      const isInRange = isSuccess && action !== 'offset' && from !== null && to !== null
      const fits =
        told === null ? null : isInRange ? told >= from && told <= to : isPossible(told, now)
      if (!isSuccess && !step.isDamaged) broken = Math.max(broken, underWay.get(step) ?? 0)
      underWay.delete(step)
      const offset = told ?? (isSuccess ? assumedOffset(step) : null)
      if (offset !== null) learn(offset, now)
      return fits
    },
  }
}

/** Success without an offset: an upload that was created is empty, or has what came with it; an append has all of it. */
function assumedOffset({ action, to }: UploadStep): number | null {
  if (action === 'creation') return to ?? 0
  return action === 'append' ? to : null
}
