// Another program sends the same upload: waits until it is done, dead, or to be pushed aside.
import type { Api, ServerUpload } from './api.ts'
import { type Item, isRemoved } from './queue-item.ts'
import type { Lookup } from './queue-lookup.ts'
import type { TransferEvent } from './transfer.ts'

/** Another program's PATCH that makes no progress for so long (ms) is taken for dead. */
const deadWriterTime = 3000

export interface WriterWaitParts {
  readonly api: Api
  readonly patiently: Lookup['patiently']
  readonly tell: (item: Item, event: TransferEvent) => void
  /** The item is queued again. */
  readonly onFree: () => void
}

/** The returned function ends when the item waits no longer, for whatever reason. */
export function createWriterWait({ api, patiently, tell, onFree }: WriterWaitParts) {
  return async (item: Item, match: ServerUpload): Promise<void> => {
    let offset = match.offset
    let since = Date.now()
    for (;;) {
      await new Promise<void>((resolve) => {
        item.recheck = resolve
        setTimeout(resolve, 1000)
      })
      if (isRemoved(item) || item.transfer.phase.kind !== 'elsewhere') return
      const now = await patiently(item, () => api.upload(match.id)).catch(() => null)
      if (isRemoved(item)) return
      if (now && now.offset > offset) {
        offset = now.offset
        since = Date.now()
        tell(item, { kind: 'safe', bytes: offset, at: Date.now() })
      }
      const isDead = Date.now() - since >= deadWriterTime
      if (now?.active && now.state === 'unfinished' && !isDead && !item.isTakingOver) continue
      item.isTakingOver = true
      tell(item, { kind: 'phase', phase: { kind: 'queued' } })
      return onFree()
    }
  }
}
