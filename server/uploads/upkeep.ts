// What has to be done now and then, and at the start: remove what has expired, complete what could not be completed before.
import { isDue } from './completion.ts'
import { concurrently } from './concurrently.ts'
import type { Finals } from './finals.ts'
import type { Removal } from './removal.ts'
import type { Finding } from './start-up.ts'
import type { Upload } from './upload.ts'

export interface Upkeep {
  /** As `Uploads.sweep`. */
  sweep(now?: number): Promise<number>
  /** Completes what a crash left half-done; tells of it. */
  begin(): Promise<Finding[]>
}

interface UpkeepParts {
  readonly uploads: ReadonlyMap<string, Upload>
  readonly finals: Finals
  readonly removal: Removal
  complete(upload: Upload): Promise<void>
}

/** So many uploads are completed or removed at the same time, where many are due. */
const atOnce = 16

export function createUpkeep({ uploads, finals, removal, complete }: UpkeepParts): Upkeep {
  async function sweep(now = Date.now()): Promise<number> {
    await completeDue()
    await reviewFinals()
    await removal.clearUp()
    const expired = [...uploads.values()].filter((upload) => {
      const expires = finals.expiryOf(upload)
      return upload.damage === null && expires !== null && expires <= now
    })
    let removed = 0
    let failure: unknown = null
    // One that can't be removed must not keep the others; one that is being written is not idle.
    await concurrently(expired, atOnce, async (upload) => {
      if (upload.lock.holder !== null) return
      await removal.remove(upload).then(
        () => {
          removed += 1
        },
        (error: unknown) => {
          failure = error
        },
      )
    })
    if (failure !== null) throw failure
    return removed
  }

  /** Whole uploads whose completion failed or was cut short; one that fails again stays due. */
  async function completeDue(): Promise<Set<Upload>> {
    const completed = new Set<Upload>()
    const due = [...uploads.values()].filter(isDue)
    await concurrently(due, atOnce, async (upload) => {
      await complete(upload).then(
        () => completed.add(upload),
        () => {},
      )
    })
    return completed
  }

  /** A final whose parts were finished, or lost, without that it came to know; one that fails is due again. */
  async function reviewFinals(): Promise<void> {
    await concurrently(finals.waiting(), atOnce, (final) => finals.review(final).catch(() => {}))
  }

  async function begin(): Promise<Finding[]> {
    const completed = await completeDue()
    await reviewFinals()
    return [...uploads.values()].flatMap((upload) => {
      const finding = completed.has(upload) ? wasCompleted : isDue(upload) ? isStillDue : null
      return finding === null ? [] : [{ ...finding, id: upload.info.id }]
    })
  }

  return { sweep, begin }
}

const wasCompleted = {
  level: 'info',
  text: 'its last byte was here, but not the note of it: completed',
} as const

const isStillDue = {
  level: 'warn',
  text: 'it is whole but could not be completed: this is tried again',
} as const
