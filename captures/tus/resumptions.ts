// How often an upload went on after a break.
import type { PlacedStep } from './groups.ts'

/**
 * It went on after a break if the client asked for the offset of what it, or somebody before the capture, had sent; or if it
 * changed the connection although the bytes before were not answered with success. To ask on a new connection and then go on
 * is one break. A new connection for each PATCH is none: nothing was interrupted.
 */
export function resumptionsIn(steps: readonly PlacedStep[]): number {
  let resumptions = 0
  let before: PlacedStep | null = null
  let hasAsked = false
  for (const one of steps) {
    const { action, from, answeredOffset } = one.step
    if (action === 'offset') {
      hasAsked ||= before !== null || (answeredOffset ?? 0) > 0
    } else if (action === 'append' || (action === 'creation' && from !== null)) {
      const isMoved = before !== null && before.connection !== one.connection
      if (hasAsked || (isMoved && before !== null && isBroken(before))) resumptions += 1
      before = one
      hasAsked = false
    }
  }
  return resumptions
}

/** A 460 is an answer like any other: the connection may end with it, the upload does not break off. */
const isBroken = ({ step }: PlacedStep): boolean => !step.isSuccess && !step.isDamaged
