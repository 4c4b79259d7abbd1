// The worker's work: digests of chunks as they are asked for, and beside them the SHA-256 of each whole file, read once for both where
// hashing keeps up with sending. No I/O but through the Blob.
import type { Hashing, Running } from './hashing.ts'
import type { ChunkHash } from './protocol.ts'

/** Bytes hashed without a pause: a chunk that is asked for meanwhile waits some milliseconds. */
const piece = 1 << 20
/** Bytes read at a time where no chunk brings them. */
const readAhead = 4 << 20
/** Bytes that were read for chunks and wait for the whole file's digest, at most; what is beyond is read again. */
const mostPending = 16 << 20

export interface Work {
  /** `isFree`: the whole file may be read at once; else only as far as chunks were asked for. */
  open(id: number, file: Blob, isFree: boolean): void
  /** The digest of the file's bytes [from, to). Rejects when they can't be read. */
  chunk(id: number, from: number, to: number, hash: ChunkHash): Promise<Uint8Array>
  /** The SHA-256 of the whole file; `onProgress` hears the bytes read so far. */
  whole(id: number, onProgress: (read: number) => void): Promise<Uint8Array>
  close(id: number): void
}

interface Bytes {
  readonly from: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface Session {
  readonly file: Blob
  /** What the whole file's digest has taken in. */
  position: number
  running: Running | null
  /** Next to be taken in, without gaps from `position` on. */
  pending: Bytes[]
  /** Up to here it may read by itself: what is further will come with a chunk. */
  limit: number
  result: Uint8Array | null
  trouble: unknown
  waiting: Waiting[]
}

interface Waiting {
  resolve(digest: Uint8Array): void
  reject(error: unknown): void
  onProgress(read: number): void
}

interface Ask {
  readonly session: Session
  readonly from: number
  readonly to: number
  readonly hash: ChunkHash
  resolve(digest: Promise<Uint8Array>): void
  reject(error: unknown): void
}

const endOf = ({ from, bytes }: Bytes) => from + bytes.length

/** `breathe` lets messages in between two steps. */
export function createWork(hashing: Hashing, breathe: () => Promise<void>): Work {
  const sessions = new Map<number, Session>()
  const asks: Ask[] = []
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    for (let step = nextStep(); step !== null; step = nextStep()) {
      await step()
      await breathe()
    }
    // At once after nothing was found: what comes in between would be left lying.
    isRunning = false
  }

  // Chunks go first: the connection waits for them, for the whole file nobody does.
  function nextStep(): (() => Promise<void>) | null {
    const ask = asks.shift()
    if (ask) return () => answer(ask)
    for (const session of sessions.values()) {
      if (!canAdvance(session)) continue
      return () => advance(session).catch((error: unknown) => fail(session, error))
    }
    return null
  }

  async function answer({ session, from, to, hash, resolve, reject }: Ask): Promise<void> {
    try {
      const read = { from, bytes: await readRange(session.file, from, to) }
      const digest = hashing.digest(hash, read.bytes)
      // Not awaited: Web Crypto works on another thread while the whole file's digest goes on here.
      resolve(digest)
      if (hash === 'sha256' && from === 0 && to === session.file.size) {
        settle(session, await digest)
      } else {
        offer(session, read)
      }
    } catch (error) {
      reject(error)
    }
  }

  async function advance(session: Session): Promise<void> {
    const { file, position, pending } = session
    const next = pending[0]
    if (next) {
      session.running ??= await hashing.sha256()
      const at = position - next.from
      const bytes = next.bytes.subarray(at, at + piece)
      session.running.update(bytes)
      session.position += bytes.length
      if (session.position === endOf(next)) pending.shift()
      for (const { onProgress } of session.waiting) onProgress(session.position)
    } else if (position < file.size) {
      const to = Math.min(position + readAhead, session.limit)
      const bytes = await readRange(file, position, to)
      if (position === 0 && to === file.size) settle(session, await hashing.digest('sha256', bytes))
      else session.pending.push({ from: position, bytes })
    }
    if (session.position === file.size && session.running) settle(session, session.running.digest())
    else if (file.size === 0) settle(session, await hashing.digest('sha256', new Uint8Array(0)))
  }

  return {
    open(id, file, isFree) {
      sessions.set(id, {
        file,
        position: 0,
        running: null,
        pending: [],
        limit: isFree ? file.size : 0,
        result: null,
        trouble: null,
        waiting: [],
      })
      void run()
    },
    chunk(id, from, to, hash) {
      return new Promise((resolve, reject) => {
        const session = sessions.get(id)
        if (!session) return reject(new Error('a chunk of a file that was not opened'))
        session.limit = Math.max(session.limit, from)
        asks.push({ session, from, to, hash, resolve, reject })
        void run()
      })
    },
    whole(id, onProgress) {
      return new Promise((resolve, reject) => {
        const session = sessions.get(id)
        if (!session) return reject(new Error('the digest of a file that was not opened'))
        if (session.result) return resolve(session.result)
        if (session.trouble) return reject(session.trouble)
        session.limit = session.file.size
        session.waiting.push({ resolve, reject, onProgress })
        void run()
      })
    },
    close(id) {
      const session = sessions.get(id)
      sessions.delete(id)
      if (session) fail(session, new Error('the file was closed'))
    },
  }
}

const canAdvance = (session: Session): boolean =>
  !session.result &&
  !session.trouble &&
  (session.pending.length > 0 ||
    session.position < session.limit ||
    (session.file.size === 0 && session.waiting.length > 0))

/** Takes over bytes that were read for a chunk, if they come next and there is room. */
function offer(session: Session, read: Bytes): void {
  const { pending, position } = session
  if (session.result) return
  const last = pending.at(-1)
  const end = last ? endOf(last) : position
  const size = pending.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const fits = pending.length === 0 || size + read.bytes.length <= mostPending
  if (read.from <= end && endOf(read) > end && fits) {
    pending.push({ from: end, bytes: read.bytes.subarray(end - read.from) })
  }
}

function settle(session: Session, digest: Uint8Array): void {
  session.result = digest
  session.pending = []
  for (const { resolve } of session.waiting.splice(0)) resolve(digest)
}

function fail(session: Session, error: unknown): void {
  session.trouble = error
  session.pending = []
  for (const { reject } of session.waiting.splice(0)) reject(error)
}

async function readRange(file: Blob, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer())
  // Browsers that don't notice a shortened file give what is left of it.
  if (bytes.length !== to - from)
    throw new DOMException('the file became shorter', 'NotReadableError')
  return bytes
}
