// The other half of read-ahead.ts, in a thread of its own: file in, chunks in shared memory out.
import { readSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { chunkBytes, ended, free, type Shared, slots } from './read-ahead.ts'

const { descriptor, chunks, states } = workerData as Shared
const state = new Int32Array(states)
for (let slot = 0; ; slot = (slot + 1) % slots) {
  Atomics.wait(state, slot, waitsWhileFull(slot))
  const length = readSync(
    descriptor,
    new Uint8Array(chunks, slot * chunkBytes, chunkBytes),
    0,
    chunkBytes,
    null,
  )
  Atomics.store(state, slot, length === 0 ? ended : length)
  Atomics.notify(state, slot)
  if (length === 0) break
}

/** The length that stands there while the reader has not taken the chunk; `Atomics.wait` returns at once where it is free. */
function waitsWhileFull(slot: number): number {
  const now = Atomics.load(state, slot)
  return now === free ? -1 : now
}
