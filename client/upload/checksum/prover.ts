// The page's end of the checksum worker: questions out, promises back.
import type { ChunkHash, FromPage, FromWorker } from './protocol.ts'

/** One file as the worker reads it. */
export interface Reading {
  chunk(from: number, to: number, hash: ChunkHash): Promise<Uint8Array>
  whole(onProgress: (read: number) => void): Promise<Uint8Array>
  close(): void
}

export interface Prover {
  /** `isFree`: see `FromPage`. Rejections are `DOMException`s where the file can't be read. */
  open(file: Blob, isFree: boolean): Reading
}

interface Waiting {
  resolve(digest: Uint8Array): void
  reject(error: Error): void
}

/** Starts the worker with the first file; `startWorker` makes it. */
export function createProver(startWorker: () => Worker): Prover {
  const waiting = new Map<number, Waiting>()
  const progress = new Map<number, (read: number) => void>()
  let worker: Worker | null = null
  let files = 0
  let tickets = 0

  const start = (): Worker => {
    const started = startWorker()
    started.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'progress') return progress.get(data.id)?.(data.read)
      const one = waiting.get(data.ticket)
      waiting.delete(data.ticket)
      if (data.kind === 'digest') one?.resolve(data.digest)
      else if (data.isUnreadable) one?.reject(new DOMException(data.why, 'NotReadableError'))
      else one?.reject(new Error(data.why))
    })
    // A worker that doesn't load answers nobody.
    started.addEventListener('error', () => {
      for (const { reject } of waiting.values()) reject(new Error('the checksum worker failed'))
      waiting.clear()
    })
    return started
  }
  const post = (message: FromPage) => {
    worker ??= start()
    worker.postMessage(message)
  }
  const ask = (question: (ticket: number) => FromPage): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      tickets += 1
      waiting.set(tickets, { resolve, reject })
      post(question(tickets))
    })

  return {
    open(file, isFree) {
      files += 1
      const id = files
      post({ kind: 'open', id, file, isFree })
      return {
        chunk: (from, to, hash) => ask((ticket) => ({ kind: 'chunk', id, ticket, from, to, hash })),
        async whole(onProgress) {
          progress.set(id, onProgress)
          try {
            return await ask((ticket) => ({ kind: 'whole', id, ticket }))
          } finally {
            progress.delete(id)
          }
        },
        close: () => post({ kind: 'close', id }),
      }
    },
  }
}
