// What the requests of a file tell, as changes of its row and sentences for the announcer.
import { type Api, uploadIdOf } from './api.ts'
import type { LineListener } from './line.ts'
import type { Item } from './queue-item.ts'
import type { Lookup } from './queue-lookup.ts'
import type { Phase, TransferEvent } from './transfer.ts'

export function listenTo(
  item: () => Item,
  around: {
    readonly api: Api
    readonly lookup: Lookup
    readonly tell: (item: Item, event: TransferEvent) => void
    readonly onPatch: (connection: number | null, from: number, to: number) => void
    readonly say: (sentence: string) => void
    /** The server's clock, ms since the epoch. */
    readonly serverNow: () => number
  },
): LineListener {
  const { api, lookup, tell, say } = around
  const since = around.serverNow()
  const setPhase = (phase: Phase) => tell(item(), { kind: 'phase', phase })
  const isOnTheWire = () => {
    const { kind } = item().transfer.phase
    return kind === 'waiting' || kind === 'sending'
  }
  return {
    onRequest() {
      if (isOnTheWire()) setPhase({ kind: 'sending' })
    },
    onWait(wait) {
      if (isOnTheWire()) setPhase({ kind: 'waiting', for: wait })
    },
    onSent: (offset) => tell(item(), { kind: 'sent', bytes: offset, at: Date.now() }),
    onSafe: (offset) => tell(item(), { kind: 'safe', bytes: offset, at: Date.now() }),
    onPatch(connection, from, to) {
      tell(item(), { kind: 'patched' })
      around.onPatch(connection, from, to)
    },
    onLost(why) {
      const { transfer } = item()
      // A row of failed attempts is one interruption.
      if (transfer.sent > 0 && transfer.note?.until !== Number.POSITIVE_INFINITY) {
        const sentence = `${capital(why)}. What is safe stays safe.`
        tell(item(), { kind: 'lost', why: sentence, at: Date.now() })
        say(`${transfer.name}: ${why}. Trying again by itself.`)
      }
    },
    onMended() {
      tell(item(), { kind: 'mended', at: Date.now() })
      const { name, note } = item().transfer
      say(`${name}: ${note?.text}`)
    },
    onResumed(offset, why, sent = offset) {
      tell(item(), { kind: 'resumed', offset, sent, why: why && capital(why), at: Date.now() })
      const { transfer } = item()
      if (why) say(`${transfer.name} goes on. ${transfer.note?.text ?? ''}`)
    },
    onGone() {
      tell(item(), { kind: 'gone', at: Date.now() })
      say(`${item().transfer.name}: ${item().transfer.note?.text}`)
    },
    onCreated: (url) => tell(item(), { kind: 'url', url }),
    findEmpty: () => lookup.findEmpty(item()),
    findJoined: () => lookup.findJoined(item(), since),
    onOrphan(url) {
      const id = uploadIdOf(url)
      if (id) void api.remove(id).catch(() => {})
    },
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
