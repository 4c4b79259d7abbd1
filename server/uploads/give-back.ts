// Gives the memory of a written chunk back at once, instead of leaving it to the garbage collector.
// Node copies each piece of a body into a buffer of its own, 64 KiB at a time. Left as garbage, a fast upload fills 32 MB
// before V8 looks, walks through cold memory all the time, and makes V8 mark the whole heap again and again, since it
// counts buffers against the limit of its old generation. Given back at once, the allocator hands out the same warm
// memory for the next chunk (docs/benchmarks.md has the difference).
import { MessageChannel } from 'node:worker_threads'

/** ES2024; Node 20 has no such method. */
interface Transferable {
  transfer?(length: number): ArrayBuffer
}

/**
 * Frees the memory below `chunk`, if the chunk is all of it: a slice may share it with others, as those from Node's pool
 * do. Nobody may read the chunk afterwards; it is empty then.
 */
export function giveBack(chunk: Buffer): void {
  const memory = chunk.buffer
  if (chunk.byteLength < worthwhile || memory.byteLength !== chunk.byteLength) return
  const { transfer } = memory as Transferable
  if (transfer === undefined) toNowhere.postMessage(null, [memory as ArrayBuffer])
  else transfer.call(memory, 0)
}

/** Smaller ones (bytes) are collected with the objects that they belong to. */
const worthwhile = 16 * 1024

/** What is transferred to a port that is closed at the other end is freed. */
const toNowhere = closedPort()

function closedPort() {
  const { port1, port2 } = new MessageChannel()
  port2.close()
  port1.unref()
  return port1
}
