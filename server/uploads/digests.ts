// What whole files hash to: asked of a thread of its own, which starts when somebody wants to know.
import { Worker } from 'node:worker_threads'
import type { HashAnswer, HashRequest } from './digest-worker.ts'
import type { HashName } from './hash.ts'

export interface Digests {
  /** Hashes the files as if they were one; who asks for what is being reckoned waits for that. Rejects when one can't be read. */
  of(files: readonly string[], hash: HashName): Promise<Buffer>
  close(): Promise<void>
}

interface Waiting {
  resolve(value: Buffer): void
  reject(error: Error): void
}

export function createDigests(): Digests {
  const waiting = new Map<number, Waiting>()
  const asked = new Map<string, Promise<Buffer>>()
  let thread: Worker | null = null
  let count = 0

  function failAll(worker: Worker, error: Error): void {
    // After its error comes its exit: by then there may be another.
    if (thread !== worker) return
    thread = null
    const all = [...waiting.values()]
    waiting.clear()
    for (const { reject } of all) reject(error)
  }

  function start(): Worker {
    const worker = new Worker(new URL('./digest-worker.js', import.meta.url))
    worker.on('message', (answer: HashAnswer) => {
      const one = waiting.get(answer.number)
      waiting.delete(answer.number)
      // An idle thread must not keep the process.
      if (waiting.size === 0) worker.unref()
      if ('error' in answer) one?.reject(answer.error)
      else one?.resolve(Buffer.from(answer.value))
    })
    worker.on('error', (error) => failAll(worker, error))
    worker.on('exit', () => failAll(worker, new Error('the hashing thread ended')))
    return worker
  }

  function ask(files: readonly string[], hash: HashName): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      count += 1
      waiting.set(count, { resolve, reject })
      thread ??= start()
      thread.ref()
      thread.postMessage({ number: count, files, hash } satisfies HashRequest)
    })
  }

  return {
    of(files, hash) {
      const key = [hash, ...files].join('\n')
      const before = asked.get(key)
      if (before !== undefined) return before
      const answer = ask(files, hash)
      asked.set(key, answer)
      const forget = () => asked.delete(key)
      answer.then(forget, forget)
      return answer
    },
    async close() {
      await thread?.terminate()
    },
  }
}
