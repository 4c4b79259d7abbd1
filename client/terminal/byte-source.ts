// Where an upload's bytes come from: a file or standard input, read in pieces and never whole.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { FinalError } from '../retry-policy.ts'

/** The body of one PATCH. */
export interface Body {
  /** Bytes. */
  readonly size: number
  /** The bytes in order. A piece is valid until the one after the next is asked for: two buffers take turns. */
  pieces(): AsyncIterable<Uint8Array>
  /** Its `Upload-Checksum`; null, or absent: it goes without. */
  readonly checksum?: () => Promise<string | null>
}

/** What tus-js-client calls a file source. */
export interface ByteSource {
  /** Bytes; null while only the end of the input will tell. */
  readonly size: number | null
  /** The bytes from `start` to before `end`, fewer at the end of the input. */
  slice(start: number, end: number): Promise<{ value: Body; done: boolean }>
  /** tus-js-client calls this before it is sure that it needs no more: here it does nothing. */
  close(): void
}

export interface FileByteSource extends ByteSource {
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modified: number
  readonly handle: FileHandle
}

const pieceSize = 512 * 1024

type BufferPair = readonly [Buffer, Buffer]
const newPair = (): BufferPair => [Buffer.allocUnsafe(pieceSize), Buffer.allocUnsafe(pieceSize)]

/** Opens a regular file; the caller closes the handle. Throws what the system says. */
export async function openFileSource(path: string): Promise<FileByteSource> {
  // Without O_NONBLOCK, opening a named pipe that was put there meanwhile would wait for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  const { size, mtimeMs: modified } = await handle.stat()

  async function refuseChanged(): Promise<void> {
    const now = await handle.stat()
    if (now.size !== size) {
      const how = now.size < size ? 'shorter' : 'longer'
      throw new FinalError(`the file became ${how} while it was uploaded`)
    }
    if (now.mtimeMs !== modified) throw new FinalError('the file was changed while it was uploaded')
  }

  // One pair serves PATCH after PATCH. It comes back only when all was read: after a broken
  // PATCH a late read may still write into its pair, so the next one takes a fresh pair.
  let spare: BufferPair | null = null

  async function* pieces(start: number, end: number): AsyncGenerator<Uint8Array> {
    const buffers = spare ?? newPair()
    spare = null
    let position = start
    for (let turn = 0; position < end; turn++) {
      const buffer = buffers[turn % 2 === 0 ? 0 : 1]
      const wanted = Math.min(pieceSize, end - position)
      const { bytesRead } = await handle.read(buffer, 0, wanted, position)
      if (bytesRead === 0) throw new FinalError('the file became shorter while it was uploaded')
      position += bytesRead
      // Before the last piece leaves: the server must never hold a whole chunk of a file in two states.
      if (position >= end) await refuseChanged()
      yield buffer.subarray(0, bytesRead)
    }
    spare = buffers
  }

  return {
    size,
    modified,
    handle,
    async slice(start, end) {
      await refuseChanged()
      const stop = Math.min(end, size)
      return {
        value: { size: stop - start, pieces: () => pieces(start, stop) },
        done: stop >= size,
      }
    },
    close() {},
  }
}

/**
 * A stream that can't be read twice, as standard input: the bytes of one chunk stay in memory
 * until the server has confirmed them, so that a broken PATCH can be repeated.
 */
export function createStreamSource(stream: Readable): ByteSource {
  const input = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let held: Buffer = Buffer.alloc(0)
  /** Where in the upload `held` begins. */
  let position = 0
  let ended = false

  async function fill(bytes: number): Promise<void> {
    const parts = [held]
    let length = held.length
    while (length < bytes && !ended) {
      const next = await input.next()
      if (next.done === true) ended = true
      else {
        parts.push(next.value)
        length += next.value.length
      }
    }
    held = Buffer.concat(parts, length)
  }

  return {
    size: null,
    async slice(start, end) {
      if (start < position || start > position + held.length) {
        throw new FinalError('the server lost bytes that standard input cannot give again')
      }
      held = held.subarray(start - position)
      position = start
      // One byte beyond the chunk tells whether it is the last one.
      await fill(end - start + 1)
      const bytes = held.subarray(0, end - start)
      return { value: bodyOf(bytes), done: ended && bytes.length === held.length }
    },
    close() {},
  }
}

function bodyOf(bytes: Uint8Array): Body {
  return {
    size: bytes.length,
    async *pieces() {
      for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize)
    },
  }
}
