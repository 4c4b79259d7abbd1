// A thread that hashes files, so that a large one keeps nobody waiting.
import { open } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { createHasher, type HashName } from './hash.ts'

export interface HashRequest {
  readonly number: number
  /** Read one after the other, as if they were one. */
  readonly files: readonly string[]
  readonly hash: HashName
}

export type HashAnswer =
  | { readonly number: number; readonly value: Uint8Array }
  | { readonly number: number; readonly error: Error }

const pieceBytes = 1024 * 1024

async function hashFiles({ files, hash }: HashRequest): Promise<Uint8Array> {
  const hasher = createHasher(hash)
  const piece = Buffer.allocUnsafe(pieceBytes)
  for (const file of files) {
    const handle = await open(file, 'r')
    try {
      for (let bytesRead = 1; bytesRead > 0; ) {
        bytesRead = (await handle.read(piece, 0, pieceBytes)).bytesRead
        hasher.update(piece.subarray(0, bytesRead))
      }
    } finally {
      await handle.close()
    }
  }
  return hasher.digest()
}

// One after the other: several at once would only share the disk and the processor.
let last = Promise.resolve()

parentPort?.on('message', (request: HashRequest) => {
  const { number } = request
  last = last.then(async () => {
    const answer: HashAnswer = await hashFiles(request).then(
      (value) => ({ number, value }),
      (error: Error) => ({ number, error }),
    )
    parentPort?.postMessage(answer)
  })
})
