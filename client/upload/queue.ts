// The files of this page, one on the wire at a time: checked against the server's unfinished uploads, then handed to Uppy's Tus.
import type { FileIdentity } from '../fingerprint.ts'
import { type Api, endpoint, type ServerUpload, uploadIdOf } from './api.ts'
import { type BegunParts, lookUp, type UnfinishedParts } from './begun-parts.ts'
import type { Proof } from './checksum/proof.ts'
import { lockFile } from './file-lock.ts'
import type { Gate } from './gate.ts'
import { identifyFor } from './identify-for.ts'
import { identify, keyOf } from './identity.ts'
import type { Carrier, Job, Outcome } from './job.ts'
import { newLine } from './line.ts'
import { createPartLines, idsOf } from './part-lines.ts'
import { type Item, isRemoved, linesOf } from './queue-item.ts'
import { listenTo } from './queue-listener.ts'
import { createLookup } from './queue-lookup.ts'
import {
  holdsTheWire,
  newTransfer,
  type Phase,
  step,
  type Transfer,
  type TransferEvent,
} from './transfer.ts'
import { bytes } from './units.ts'
import { createWriterWait } from './writer-wait.ts'

/** A file that is whole on the server, and what can prove it. */
export interface Finished {
  readonly transfer: Transfer
  /** To be closed after use; null: the page was told not to prove files. */
  readonly proof: Proof | null
  readonly isResumed: boolean
}

export interface Queue {
  readonly transfers: () => readonly Transfer[]
  /** This very file is in the list. */
  readonly holds: (identity: FileIdentity) => boolean
  /** Takes a dropped or chosen file. */
  add(file: File, path: string | null): void
  /** Continues an upload with a chosen file; gives the sentence of refusal when it's another file. */
  continueWith(upload: ServerUpload, file: File): Promise<string | null>
  pause(id: string): void
  resume(id: string): void
  retry(id: string): void
  takeOver(id: string): void
  /** Takes it off the list; `keep` leaves what is safe on the server. */
  remove(id: string, keep: boolean): Promise<boolean>
  /** News from the server's events. */
  seeUpload(upload: ServerUpload): void
  seeRemoved(id: string): void
}

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
  /** Said, and shown for a while. */
  readonly report: (sentence: string) => void
  readonly onFinished: (finished: Finished) => void
  readonly begunParts: BegunParts
  /** In how many parts a file of so many bytes goes at once. */
  readonly partCount: (size: number) => number
  /** Resolves when the server has told what it can do. */
  readonly ready: () => Promise<void>
  /** Null: files go without checksums. */
  readonly prove: (file: File, isParallel: boolean) => Proof | null
  /** These uploads, which no list shows, are parts of that file. */
  readonly onParts: (ids: readonly string[], name: string) => void
}): Queue {
  const { api, carrier } = parts
  const items = new Map<string, Item>()
  let count = 0

  const tell = (item: Item, event: TransferEvent) => {
    item.transfer = step(item.transfer, event, bytes)
    parts.onChange()
  }
  const setPhase = (item: Item, phase: Phase) => tell(item, { kind: 'phase', phase })
  const lookup = createLookup({ ...parts, items, setPhase })
  const { patiently } = lookup
  const waitForWriter = createWriterWait({ api, patiently, tell, onFree: () => pump() })
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
    const { transfer, file, path, line, identity, partLines } = item
    if (!identity) throw new Error('a file was started before it was checked')
    return {
      id: transfer.id,
      file,
      path,
      lineOf: (request) => partLines?.lineOf(request) ?? line,
      identity,
      url: partLines ? null : transfer.url,
      parts: partLines && {
        count: item.partCount,
        urls: () => item.begun?.urls ?? null,
        onUrls(urls) {
          item.begun = { identity, urls, created: Date.now() }
          parts.begunParts.remember(item.begun)
          parts.onParts(idsOf(urls), item.transfer.name)
        },
      },
    }
  }

  // In one or in parts, with or without checksums: decided anew only where nothing was sent yet.
  const equip = (item: Item, found: UnfinishedParts | null) => {
    const isWhole = item.transfer.url !== null
    item.partCount = found?.begun.urls.length ?? (isWhole ? 1 : parts.partCount(item.file.size))
    item.proof ??= parts.prove(item.file, item.partCount > 1)
    item.line.proof = item.proof
    item.begun = found?.begun ?? null
    if (found) parts.onParts(idsOf(found.begun.urls), item.transfer.name)
    const begun = found?.begun.urls.map((url, index) => ({ url, safe: found.safe[index] ?? 0 }))
    item.partLines = item.partCount > 1 ? createPartLines(item.line, begun ?? []) : null
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
        item.expected = await lookup.findSince(item, waitsSince)
        setPhase(item, { kind: 'queued' })
        return false
      }
    }
    const known = item.transfer.url ? null : await knownOf(item)
    const inParts = await findParts(item, known)
    const match = inParts === null && known ? await lookup.asOfNow(item, known) : null
    if (isRemoved(item)) return false
    const found = inParts ?? match
    if (found) {
      const url = match ? new URL(match.url, endpoint()).href : null
      item.isResumed ||= found.offset > 0
      tell(item, { kind: 'found', url, offset: found.offset, at: Date.now() })
      if (match?.active && !item.isTakingOver) {
        setPhase(item, { kind: 'elsewhere', by: 'program' })
        pump()
        void waitForWriter(item, match)
        return false
      }
    }
    await patiently(item, parts.ready)
    if (isRemoved(item)) return false
    equip(item, inParts)
    return true
  }

  const knownOf = (item: Item): ServerUpload | Promise<ServerUpload | null> =>
    // What lies in parts has no URL of its own; `findParts` sees to it.
    item.expected?.url ? item.expected : lookup.findUnfinished(item)

  // Of a file that was begun both ways, what is further counts.
  const findParts = async (
    item: Item,
    known: ServerUpload | null,
  ): Promise<UnfinishedParts | null> => {
    const begun = item.identity && parts.begunParts.find(item.identity)
    if (!begun || item.transfer.url) return null
    const found = await patiently(item, () => lookUp(api, begun))
    if (!found) parts.begunParts.forget(begun.identity)
    return found && found.offset >= (known?.offset ?? 0) ? found : null
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
    const { transfer, proof, isResumed } = item
    parts.onFinished({ transfer, proof, isResumed })
    // The whole is kept without its parts, whose hidden links would hold its bytes after it was deleted.
    void removeParts(item).catch(() => {})
    parts.onChange()
    pump()
  }

  const removeParts = async (item: Item) => {
    const { begun } = item
    if (!begun) return
    parts.begunParts.forget(begun.identity)
    for (const id of idsOf(begun.urls)) await api.remove(id)
  }

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
      line: newLine(file, listenTo(get, { ...parts, lookup, tell })),
      removed: new AbortController(),
      identity,
      expected,
      release: null,
      isStarted: false,
      isTakingOver: false,
      recheck: () => {},
      partCount: 1,
      begun: null,
      partLines: null,
      proof: null,
      isResumed: false,
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
    for (const line of linesOf(item)) {
      line.attempt = 0
      line.delay = 0
    }
    setPhase(item, { kind: 'queued' })
    pump()
  }

  return {
    transfers: () => [...items.values()].map((item) => item.transfer),
    holds: (identity) =>
      [...items.values()].some(
        (item) => item.identity !== null && keyOf(item.identity) === keyOf(identity),
      ),
    add(file, path) {
      const twin = [...items.values()].find(
        (item) =>
          item.transfer.name === (path ?? file.name) &&
          item.file.size === file.size &&
          item.file.lastModified === file.lastModified,
      )
      if (!twin) return enter(file, path, null, null)
      parts.report(`${twin.transfer.name} is already in the list.`)
      resume(twin.transfer.id)
      retry(twin.transfer.id)
    },
    async continueWith(upload, file) {
      const chosen = await identifyFor(upload, file)
      if ('refusal' in chosen) return chosen.refusal
      enter(file, chosen.path, chosen.identity, upload)
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
        const why = item.transfer.sent > item.transfer.safe ? 'paused' : null
        for (const line of linesOf(item)) line.trouble = why
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
      if (!item) return false
      items.delete(id)
      for (const line of linesOf(item)) line.isClosed = true
      item.removed.abort()
      item.release?.()
      item.proof?.close()
      if (item.isStarted || item.transfer.phase.kind === 'failed') {
        if (item.identity) carrier.drop(toJob(item))
      }
      parts.onChange()
      pump()
      const upload = uploadIdOf(item.transfer.url)
      if (keep) return true
      await removeParts(item)
      if (upload) await api.remove(upload)
      return true
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
