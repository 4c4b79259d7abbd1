// Reads a large file in a second thread while the first one works on what is there: half of the time of a capture of full packets is
// copying them out of the page cache.
import { Worker } from 'node:worker_threads'

/** Large enough to make few calls, small enough to stay in the processor's cache. */
export const chunkBytes = 512 * 1024
export const slots = 4
/** What stands in a slot's state: `free`, a length, or `ended`. */
export const free = 0
export const ended = -2

export interface Shared {
  readonly descriptor: number
  readonly chunks: SharedArrayBuffer
  /** A state for each slot. */
  readonly states: SharedArrayBuffer
}

/** A thread takes longer to start than it saves where less is to be copied. */
export const worthwhileBytes = 512 * 1024 * 1024

/** Built code only: the source would need a loader in the thread. */
export const canReadAhead = !import.meta.url.endsWith('.ts')

/** Hands on what is left of an open file, in order; throws what reading it throws. Each chunk is valid during the call only. */
export async function readAhead(
  descriptor: number,
  push: (chunk: Uint8Array) => void,
): Promise<void> {
  const chunks = new SharedArrayBuffer(slots * chunkBytes)
  const states = new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT)
  const state = new Int32Array(states)
  const worker = new Worker(new URL('./read-ahead-worker.js', import.meta.url), {
    workerData: { descriptor, chunks, states } satisfies Shared,
  })
  const failed = new Promise<never>((_resolve, reject) => worker.once('error', reject))
  failed.catch(() => undefined)
  try {
    for (let slot = 0; ; slot = (slot + 1) % slots) {
      const length = await filled(state, slot, failed)
      if (length === ended) return
      push(new Uint8Array(chunks, slot * chunkBytes, length))
      Atomics.store(state, slot, free)
      Atomics.notify(state, slot)
    }
  } finally {
    await worker.terminate()
  }
}

/** Blocks for a moment, then lets the thread's errors come through. */
async function filled(state: Int32Array, slot: number, failed: Promise<never>): Promise<number> {
  for (;;) {
    const length = Atomics.load(state, slot)
    if (length !== free) return length
    if (Atomics.wait(state, slot, free, blockingMs) !== 'timed-out') continue
    await Promise.race([failed, new Promise((resolve) => setImmediate(resolve))])
  }
}

const blockingMs = 20
