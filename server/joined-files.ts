// Several files sent as one: `send` decides on ranges and conditions, and reads from here in place of one file.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline, Readable } from 'node:stream'
import type { SendStream } from 'send'
import type { Upload } from './uploads/upload.ts'

/** The two steps of `send` that know of one file: what its size is, and to read it. */
interface FileSteps {
  res: ServerResponse
  send(file: string, stats: { size: number; mtime: Date }): void
  sendFile(file: string): void
  stream(file: string, range: { start: number; end: number }): void
}

/** Makes `sending` send the files of `upload`, names in `dir`, in order as one. */
export function joinFiles(
  sending: SendStream,
  dir: string,
  names: readonly string[],
  { info }: Upload,
): void {
  const steps = sending as unknown as FileSteps
  const files = names.map((name) => path.join(dir, name))
  // Looked at before a header is sent: an upload that is removed at this moment can still be answered so.
  const sizes: number[] = []
  steps.sendFile = (file) => {
    sizesOf(files)
      .then((found) => {
        sizes.push(...found)
        steps.send(file, { size: info.length ?? 0, mtime: new Date(info.finished ?? 0) })
      })
      .catch((error: unknown) => sending.emit('error', error))
  }
  steps.stream = (_file, { start, end }) => {
    // Of an empty file `send` asks for the first byte.
    const bytes = Math.min(info.length ?? 0, end - start + 1)
    const joined = Readable.from(readJoined(files, sizes, start, bytes), { objectMode: false })
    pipeline(joined, steps.res, (error) => {
      // A client that goes away is nobody's trouble.
      if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') sending.emit('error', error)
    })
  }
}

async function sizesOf(files: readonly string[]): Promise<number[]> {
  const sizes: number[] = []
  for (const file of files) sizes.push((await stat(file)).size)
  return sizes
}

/** So many bytes, from `start` on, of files that stand for one. Throws when they have no more. */
async function* readJoined(
  files: readonly string[],
  sizes: readonly number[],
  start: number,
  bytes: number,
): AsyncGenerator<Buffer> {
  let before = 0
  let left = bytes
  for (const [index, file] of files.entries()) {
    if (left === 0) return
    const size = sizes[index] ?? 0
    const from = Math.max(0, start - before)
    if (from < size) {
      for await (const chunk of createReadStream(file, { start: from, end: from + left - 1 })) {
        left -= chunk.length
        yield chunk
      }
    }
    before += size
  }
  if (left > 0) throw new Error('a file of the upload is shorter than it was')
}
