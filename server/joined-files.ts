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
  steps.sendFile = (file) => {
    steps.send(file, { size: info.length ?? 0, mtime: new Date(info.finished ?? 0) })
  }
  steps.stream = (_file, { start, end }) => {
    const joined = Readable.from(readJoined(files, start, end), { objectMode: false })
    pipeline(joined, steps.res, (error) => {
      // A client that goes away is nobody's trouble.
      if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') sending.emit('error', error)
    })
  }
}

/** The bytes from `start` to `end`, both included, of files that stand for one. */
async function* readJoined(
  files: readonly string[],
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let before = 0
  for (const file of files) {
    if (before > end) return
    const { size } = await stat(file)
    const from = Math.max(0, start - before)
    if (from < size)
      yield* createReadStream(file, { start: from, end: Math.min(size - 1, end - before) })
    before += size
  }
}
