// The files of this page, one on the wire at a time: checked against the server's unfinished uploads, then handed to Uppy's Tus.
import { differences, type FileIdentity, isSameFile } from '../fingerprint.ts'
import { backoff } from '../retry-policy.ts'
import { type Api, endpoint, type ServerUpload, uploadIdOf } from './api.ts'
import { allUploads, apiSentence } from './events.ts'
import { lockFile, type Release } from './file-lock.ts'
import type { Gate } from './gate.ts'
import { type Line, newLine } from './http-stack.ts'
import { identify, identityOf, keyOf } from './identity.ts'
import {
  holdsTheWire,
  isUnderWay,
  newTransfer,
  type Phase,
  step,
  type Transfer,
  type TransferEvent,
} from './transfer.ts'
import { bytes, dayAndTime } from './units.ts'

/** What carries the bytes: Uppy and its Tus plugin behind four verbs. */
export interface Carrier {
  /** Starts or goes on; resolves when the file is finished, has failed or was dropped. */
  start(job: Job): Promise<Outcome>
  pause(job: Job): void
  resume(job: Job): void
  /** Forgets the file; nothing is deleted on the server. */
  drop(job: Job): void
}

export type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly why: string }

/** What the carrier needs to know of a file. */
export interface Job {
  readonly id: string
  readonly file: File
  readonly path: string | null
  readonly line: Line
  readonly identity: FileIdentity
  /** The upload to continue, absolute; null to create one. */
  readonly url: string | null
}

export interface Queue {
  readonly transfers: () => readonly Transfer[]
  /** Takes a dropped or chosen file. */
  add(file: File, path: string | null): void
  /** Continues an upload with a chosen file; gives the sentence of refusal when it's another file. */
  continueWith(upload: ServerUpload, file: File): Promise<string | null>
  pause(id: string): void
  resume(id: string): void
  retry(id: string): void
  takeOver(id: string): void
  /** Takes it off the list; `keep` leaves what is safe on the server. */
  remove(id: string, keep: boolean): Promise<void>
  /** News from the server's events. */
  seeUpload(upload: ServerUpload): void
  seeRemoved(id: string): void
}

interface Item {
  transfer: Transfer
  readonly file: File
  readonly path: string | null
  readonly line: Line
  readonly removed: AbortController
  identity: FileIdentity | null
  /** Chosen for this very upload. */
  expected: ServerUpload | null
  release: Release | null
  isStarted: boolean
  /** Go on although another program seems to be sending. */
  isTakingOver: boolean
  recheck: () => void
}

/** Another program's PATCH that makes no progress for so long (ms) is taken for dead. */
const deadWriterTime = 3000

export function createQueue(parts: {
  readonly api: Api
  readonly gate: Gate
  readonly carrier: Carrier
  readonly maxSize: () => number | null
  /** The server's clock, ms since the epoch. */
  readonly serverNow: () => number
  /** The unfinished uploads as the events keep them; null while the events are away. */
  readonly liveUnfinished: () => readonly ServerUpload[] | null
  readonly onChange: () => void
  readonly onPatch: (connection: number | null, from: number, to: number) => void
  readonly say: (sentence: string) => void
  readonly onFinished: (transfer: Transfer) => void
}): Queue {
  const { api, gate, carrier } = parts
  const items = new Map<string, Item>()
  let count = 0

  const tell = (item: Item, event: TransferEvent) => {
    item.transfer = step(item.transfer, event, bytes)
    parts.onChange()
  }
  const setPhase = (item: Item, phase: Phase) => tell(item, { kind: 'phase', phase })
  const isRemoved = (item: Item) => item.removed.signal.aborted
  const fail = (item: Item, why: string) => {
    if (isRemoved(item)) return
    setPhase(item, { kind: 'failed', why })
    parts.say(`${item.transfer.name} stopped. ${why}`)
    pump()
  }

  const pump = () => {
    const all = [...items.values()]
    if (all.some((item) => holdsTheWire(item.transfer))) return
    const next = all.find((item) => item.transfer.phase.kind === 'queued')
    if (next) void run(next)
  }

  const run = async (item: Item) => {
    try {
      if (item.isStarted) {
        setPhase(item, { kind: 'sending' })
        carrier.resume(toJob(item))
        return
      }
      setPhase(item, { kind: 'checking' })
      if (!(await prepare(item))) return pump()
      setPhase(item, { kind: 'sending' })
      item.isStarted = true
      finish(item, await carrier.start(toJob(item)))
    } catch (error) {
      if (!isRemoved(item)) fail(item, error instanceof Error ? error.message : String(error))
    }
  }

  const toJob = (item: Item): Job => {
    if (!item.identity) throw new Error('a file was started before it was checked')
    const { transfer, file, path, line, identity } = item
    return { id: transfer.id, file, path, line, identity, url: transfer.url }
  }

  // True when the file may start now; false when it waits for somebody, is off the list or has failed.
  const prepare = async (item: Item): Promise<boolean> => {
    const { signal } = item.removed
    const max = parts.maxSize()
    if (max !== null && item.file.size > max) {
      fail(item, `It has ${bytes(item.file.size)}; this server takes files up to ${bytes(max)}.`)
      return false
    }
    try {
      item.identity ??= await identify(item.file, item.path)
    } catch {
      fail(item, 'The browser can’t read it. Check that it still exists, then choose it again.')
      return false
    }
    if (!item.release) {
      const waitsSince = parts.serverNow()
      let hadToWait = false
      const lock = lockFile(keyOf(item.identity), signal, () => {
        hadToWait = true
        setPhase(item, { kind: 'elsewhere', by: 'tab' })
        pump()
      })
      item.release = await lock
      if (isRemoved(item)) {
        item.release()
        return false
      }
      if (hadToWait) {
        item.expected = await expectedAfter(item, waitsSince)
        setPhase(item, { kind: 'queued' })
        return false
      }
    }
    const known = item.transfer.url ? null : (item.expected ?? (await findOnServer(item, isUsable)))
    const match = known && (await asOfNow(item, known))
    if (isRemoved(item)) return false
    if (match) {
      const url = new URL(match.url, endpoint()).href
      tell(item, { kind: 'found', url, offset: match.offset, at: Date.now() })
      if (match.active && !item.isTakingOver) {
        void waitForWriter(item, match)
        return false
      }
    }
    return true
  }

  // The tab that was before us may have finished the file meanwhile.
  const expectedAfter = async (item: Item, since: number): Promise<ServerUpload | null> => {
    const unfinished = await findOnServer(item, isUsable)
    if (unfinished || isRemoved(item)) return unfinished
    const { uploads } = await patiently(item, () => api.uploads('finished'))
    return (
      uploads.find((upload) => Date.parse(upload.modified) >= since - 1000 && isOf(item, upload)) ??
      null
    )
  }

  const isOf = (item: Item, upload: ServerUpload) =>
    item.identity !== null && isSameFile(item.identity, identityOf(upload))

  const findOnServer = async (
    item: Item,
    suits: (upload: ServerUpload) => boolean,
  ): Promise<ServerUpload | null> => {
    const live = parts.liveUnfinished()
    const uploads = live ?? (await patiently(item, () => allUploads(api, 'unfinished')))
    const same = uploads.filter((upload) => isOf(item, upload) && suits(upload))
    // The one that is furthest saves the most.
    return same.sort((a, b) => b.offset - a.offset)[0] ?? null
  }

  // Events and lists are a moment old. Whether somebody else is sending must be known now: a PATCH of ours would cut theirs off.
  const asOfNow = async (item: Item, upload: ServerUpload): Promise<ServerUpload> =>
    // For one that is gone, the HEAD that comes next says so, and the row tells why it starts anew.
    (await patiently(item, () => api.upload(upload.id))) ?? { ...upload, active: false }

  const isUsable = (upload: ServerUpload) =>
    ![...items.values()].some(
      (item) => isUnderWay(item.transfer) && uploadIdOf(item.transfer.url) === upload.id,
    )

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

  const waitForWriter = async (item: Item, match: ServerUpload) => {
    let offset = match.offset
    let since = Date.now()
    setPhase(item, { kind: 'elsewhere', by: 'program' })
    pump()
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
      setPhase(item, { kind: 'queued' })
      return pump()
    }
  }

  const finish = (item: Item, outcome: Outcome) => {
    if (isRemoved(item)) return
    if (outcome.kind === 'failed') {
      item.isStarted = false
      return fail(item, outcome.why)
    }
    setPhase(item, { kind: 'finished' })
    item.release?.()
    items.delete(item.transfer.id)
    carrier.drop(toJob(item))
    parts.onFinished(item.transfer)
    parts.onChange()
    pump()
  }

  const listen = (item: () => Item): Line['hear'] => ({
    onRequest() {
      const { kind } = item().transfer.phase
      if (kind === 'waiting' || kind === 'sending') setPhase(item(), { kind: 'sending' })
    },
    onWait(wait) {
      const { kind } = item().transfer.phase
      if (kind === 'waiting' || kind === 'sending') setPhase(item(), { kind: 'waiting', for: wait })
    },
    onSent: (offset) => tell(item(), { kind: 'sent', bytes: offset, at: Date.now() }),
    onSafe: (offset) => tell(item(), { kind: 'safe', bytes: offset, at: Date.now() }),
    onPatch(connection, from, to) {
      tell(item(), { kind: 'patched' })
      parts.onPatch(connection, from, to)
    },
    onLost(why) {
      const { transfer } = item()
      // A row of failed attempts is one interruption.
      if (transfer.sent > 0 && transfer.note?.until !== Number.POSITIVE_INFINITY) {
        const sentence = `${capital(why)}. What is safe stays safe.`
        tell(item(), { kind: 'lost', why: sentence, at: Date.now() })
        parts.say(`${transfer.name}: ${why}. Trying again by itself.`)
      }
    },
    onResumed(offset, why) {
      tell(item(), { kind: 'resumed', offset, why: why && capital(why), at: Date.now() })
      const { transfer } = item()
      if (why) parts.say(`${transfer.name} goes on. ${transfer.note?.text ?? ''}`)
    },
    onGone() {
      tell(item(), { kind: 'gone', at: Date.now() })
      parts.say(`${item().transfer.name}: ${item().transfer.note?.text}`)
    },
    onCreated: (url) => tell(item(), { kind: 'url', url }),
    async findEmpty() {
      const uploads = await allUploads(api, 'unfinished')
      const made = uploads.find(
        (upload) =>
          upload.offset === 0 && !upload.active && isOf(item(), upload) && isUsable(upload),
      )
      return made ? new URL(made.url, endpoint()).href : null
    },
    onOrphan(url) {
      const id = uploadIdOf(url)
      if (id) void api.remove(id).catch(() => {})
    },
  })

  const enter = (
    file: File,
    path: string | null,
    identity: FileIdentity | null,
    expected: ServerUpload | null,
  ): void => {
    count += 1
    const made: { item: Item | null } = { item: null }
    const get = () => {
      if (!made.item) throw new Error('a request before its file')
      return made.item
    }
    const item: Item = {
      transfer: newTransfer(`t${count}`, path ?? file.name, file.size),
      file,
      path,
      line: newLine(file, listen(get)),
      removed: new AbortController(),
      identity,
      expected,
      release: null,
      isStarted: false,
      isTakingOver: false,
      recheck: () => {},
    }
    made.item = item
    items.set(item.transfer.id, item)
    parts.onChange()
    pump()
  }

  const find = (id: string) => items.get(id) ?? null

  const resume = (id: string) => {
    const item = find(id)
    if (item?.transfer.phase.kind !== 'paused') return
    setPhase(item, { kind: 'queued' })
    pump()
  }

  const retry = (id: string) => {
    const item = find(id)
    if (item?.transfer.phase.kind !== 'failed') return
    item.line.attempt = 0
    item.line.delay = 0
    setPhase(item, { kind: 'queued' })
    pump()
  }

  return {
    transfers: () => [...items.values()].map((item) => item.transfer),
    add(file, path) {
      const twin = [...items.values()].find(
        (item) =>
          item.transfer.name === (path ?? file.name) &&
          item.file.size === file.size &&
          item.file.lastModified === file.lastModified,
      )
      if (!twin) return enter(file, path, null, null)
      parts.say(`${twin.transfer.name} is already in the list.`)
      resume(twin.transfer.id)
      retry(twin.transfer.id)
    },
    async continueWith(upload, file) {
      const wanted = identityOf(upload)
      const hasPath = Boolean(upload.metadata.relativePath)
      let identity: FileIdentity
      try {
        identity = await identify(file, hasPath ? wanted.filename : null)
      } catch {
        return 'The browser can’t read this file. Check that it still exists, then choose it again.'
      }
      // A file chosen alone doesn't tell its folder, so only its own name is compared.
      const ownName = wanted.filename.split('/').at(-1) ?? wanted.filename
      const chosen = { ...identity, filename: file.name }
      const found = differences(chosen, { ...wanted, filename: ownName }, differenceWords)
      if (found.length) return `This is a different file: ${joined(found)}. Nothing was sent.`
      enter(file, hasPath ? wanted.filename : null, identity, upload)
      return null
    },
    pause(id) {
      const item = find(id)
      if (!item) return
      const { kind } = item.transfer.phase
      if (kind !== 'queued' && kind !== 'sending' && kind !== 'waiting') return
      setPhase(item, { kind: 'paused' })
      if (item.isStarted) {
        carrier.pause(toJob(item))
        item.line.trouble = item.transfer.sent > item.transfer.safe ? 'paused' : null
      }
      parts.say(`${item.transfer.name} is paused.`)
      pump()
    },
    resume,
    retry,
    takeOver(id) {
      const item = find(id)
      if (!item) return
      item.isTakingOver = true
      item.recheck()
    },
    async remove(id, keep) {
      const item = find(id)
      if (!item) return
      items.delete(id)
      item.line.isClosed = true
      item.removed.abort()
      item.release?.()
      if (item.isStarted || item.transfer.phase.kind === 'failed') {
        if (item.identity) carrier.drop(toJob(item))
      }
      parts.onChange()
      pump()
      const upload = uploadIdOf(item.transfer.url)
      if (upload && !keep) await api.remove(upload)
    },
    seeUpload(upload) {
      for (const item of items.values()) {
        if (uploadIdOf(item.transfer.url) !== upload.id) continue
        if (upload.offset > item.transfer.safe) {
          item.line.lastActivity = Date.now()
          item.line.committed = upload.offset
          tell(item, { kind: 'safe', bytes: upload.offset, at: Date.now() })
        }
      }
    },
    seeRemoved(id) {
      for (const item of items.values()) {
        if (uploadIdOf(item.transfer.url) === id) item.recheck()
      }
    },
  }
}

const differenceWords = {
  bytes: (count: number) => (count < 0 ? 'an unknown size' : `${bytes(count)} (${count} bytes)`),
  date: (ms: number) => dayAndTime(ms, Date.now()),
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
