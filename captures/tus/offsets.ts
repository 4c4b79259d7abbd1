// Which offsets an upload's server could have, step by step; and whether what was sent and answered fits them.
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

/** Whatever order the steps are in: requests and answers are taken by their times. */
export function judgeOffsets(steps: readonly TimedStep[]): Offsets {
  const verdicts = new Map<TimedStep, boolean | null>()
  const server = newServer()
  for (const { timed, isAnswer } of eventsOf(steps)) {
    const before = verdicts.get(timed)
    const now = isAnswer ? server.answers(timed) : server.receives(timed)
    const isWrong = before === false || now === false
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
function newServer() {
  let known: number | null = null
  let highest: number | null = null
  /** Of requests whose answer is still to come, and of those that got none or a refusal. */
  const underWay = new Map<UploadStep, number>()
  let broken = 0

  const furthest = () => Math.max(known ?? 0, broken, ...underWay.values())
  const isPossible = (offset: number) => known === null || (offset >= known && offset <= furthest())

  function learn(offset: number): void {
    known = offset
    highest = Math.max(offset, highest ?? 0)
  }

  return {
    highest: () => highest,

    /** `false`: it begins where the server can't be. */
    receives({ step, answered }: TimedStep): boolean | null {
      const isFitting = step.action !== 'append' || step.from === null || isPossible(step.from)
      if (step.action === 'append' || step.from !== null) {
        const reach = step.to ?? Number.POSITIVE_INFINITY
        if (answered === null) broken = Math.max(broken, reach)
        else underWay.set(step, reach)
      }
      return isFitting ? null : false
    },

    /** Whether the answered offset is one that the server could have; `null`: it told none. */
    answers({ step }: TimedStep): boolean | null {
      const { action, from, to, answeredOffset: told, isSuccess } = step
      if (action === 'download' || action === 'cancellation') return null
      const isInRange = isSuccess && action !== 'offset' && from !== null && to !== null
      const fits = told === null ? null : isInRange ? told >= from && told <= to : isPossible(told)
      if (!isSuccess && !step.isDamaged) broken = Math.max(broken, underWay.get(step) ?? 0)
      underWay.delete(step)
      const offset = told ?? (isSuccess ? assumedOffset(step) : null)
      if (offset !== null) learn(offset)
      return fits
    },
  }
}

/** Success without an offset: an upload that was created is empty, or has what came with it; an append has all of it. */
function assumedOffset({ action, to }: UploadStep): number | null {
  if (action === 'creation') return to ?? 0
  return action === 'append' ? to : null
}
