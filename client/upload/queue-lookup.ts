// Which upload on the server belongs to a file of the queue: asked until the server answers.
import { type FileIdentity, isSameFile } from '../fingerprint.ts'
import { backoff } from '../retry-policy.ts'
import { type Api, endpoint, type ServerUpload, uploadIdOf } from './api.ts'
import { allUploads, apiSentence } from './events.ts'
import type { Gate } from './gate.ts'
import { identityOf } from './identity.ts'
import { type Item, isRemoved } from './queue-item.ts'
import { isUnderWay, type Phase } from './transfer.ts'

export interface Lookup {
  /** Asks again and again; the file waits meanwhile. Rejects when it's taken off the list. */
  patiently<T>(item: Item, ask: () => Promise<T>): Promise<T>
  /** The unfinished upload of this file that is furthest. */
  findUnfinished(item: Item): Promise<ServerUpload | null>
  /** The same, or one that was finished since `since` (ms, the server's clock): by another tab that was before us. */
  findSince(item: Item, since: number): Promise<ServerUpload | null>
  /** What the server says of it now. */
  asOfNow(item: Item, upload: ServerUpload): Promise<ServerUpload>
  /** An upload of this file without a byte; its absolute URL. */
  findEmpty(item: Item): Promise<string | null>
  /** One that its parts were joined to since the page began it; its absolute URL. */
  findJoined(item: Item, since: number): Promise<string | null>
}

export function createLookup(parts: {
  readonly api: Api
  readonly gate: Gate
  readonly items: ReadonlyMap<string, Item>
  readonly liveUnfinished: () => readonly ServerUpload[] | null
  readonly setPhase: (item: Item, phase: Phase) => void
}): Lookup {
  const { api, gate, items, setPhase } = parts

  const isOf = ({ identity }: { identity: FileIdentity | null }, upload: ServerUpload) =>
    identity !== null && isSameFile(identity, identityOf(upload))

  const isUsable = (upload: ServerUpload) =>
    ![...items.values()].some(
      (item) => isUnderWay(item.transfer) && uploadIdOf(item.transfer.url) === upload.id,
    )

  const absolute = (upload: ServerUpload | undefined) =>
    upload ? new URL(upload.url, endpoint()).href : null

  // The server's list decides whether bytes are sent twice, so without it the file waits.
  const patiently = async <T>(item: Item, ask: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        const wait = backoff(attempt)
        if (item.transfer.phase.kind !== 'elsewhere') {
          const said = apiSentence(error)
          const until = Date.now() + wait
          const waitFor = { what: 'server', status: 0, said, until } as const
          setPhase(item, {
            kind: 'waiting',
            for: navigator.onLine ? waitFor : { what: 'network' },
          })
        }
        await gate.pass(wait, item.removed.signal)
      }
    }
  }

  const findUnfinished = async (item: Item): Promise<ServerUpload | null> => {
    const live = parts.liveUnfinished()
    const uploads = live ?? (await patiently(item, () => allUploads(api, 'unfinished')))
    const same = uploads.filter((upload) => isOf(item, upload) && isUsable(upload))
    // The one that is furthest saves the most.
    return same.sort((a, b) => b.offset - a.offset)[0] ?? null
  }

  const finishedSince = async (item: Item, since: number): Promise<ServerUpload | undefined> => {
    const { uploads } = await patiently(item, () => api.uploads('finished'))
    return uploads.find(
      (upload) => Date.parse(upload.modified) >= since - 1000 && isOf(item, upload),
    )
  }

  return {
    patiently,
    findUnfinished,
    async findSince(item, since) {
      const unfinished = await findUnfinished(item)
      if (unfinished || isRemoved(item)) return unfinished
      return (await finishedSince(item, since)) ?? null
    },
    // Events and lists are a moment old. Whether somebody else is sending must be known now: a PATCH of ours would cut theirs off.
    asOfNow: async (item, upload) =>
      // For one that is gone, the HEAD that comes next says so, and the row tells why it starts anew.
      (await patiently(item, () => api.upload(upload.id))) ?? { ...upload, active: false },
    async findEmpty(item) {
      const uploads = await allUploads(api, 'unfinished')
      return absolute(
        uploads.find(
          (upload) =>
            upload.offset === 0 && !upload.active && isOf(item, upload) && isUsable(upload),
        ),
      )
    },
    findJoined: async (item, since) => absolute(await finishedSince(item, since)),
  }
}
