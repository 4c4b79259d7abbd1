// A capture file from the disk (or standard input), compressed or not, into whatever takes its bytes.
import { closeSync, openSync, readSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'

/** It can't be opened or read: exit status 2, as for a file that is no capture. */
export class UnreadableCaptureError extends Error {
  override readonly name = 'UnreadableCaptureError'
  readonly exitStatus = 2
}

/** Large enough to make few calls, small enough to stay in the processor's cache. */
const chunkBytes = 512 * 1024
const chunksAtATime = 64

/**
 * Hands on the file's bytes in order; `-` is standard input. The chunk is overwritten by the next one. A gzip file that ends too
 * early gives what could be read; `onDamage` is told.
 */
export async function readCapture(
  file: string,
  push: (chunk: Uint8Array) => void,
  onDamage: (text: string) => void = () => undefined,
): Promise<void> {
  const descriptor = file === '-' ? 0 : open(file)
  try {
    const first = new Uint8Array(chunkBytes)
    const length = read(file, descriptor, first)
    const chunk = first.subarray(0, length)
    if (isGzip(chunk)) return await gunzip(file, descriptor, chunk, push, onDamage)
    if (length > 0) push(chunk)
    for (let more = length, chunks = 1; more > 0; chunks++) {
      more = read(file, descriptor, first)
      if (more > 0) push(first.subarray(0, more))
      // Now and then, so that a signal is heard.
      if (chunks % chunksAtATime === 0) await breathe()
    }
  } finally {
    if (descriptor !== 0) closeSync(descriptor)
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Bytes read; 0 at the end. */
function read(file: string, descriptor: number, into: Uint8Array): number {
  try {
    return readSync(descriptor, into, 0, into.length, null)
  } catch (error) {
    // A pipe that was closed by its writer.
    if (codeOf(error) === 'EOF') return 0
    throw unreadable(file, error)
  }
}

const isGzip = (chunk: Uint8Array): boolean => chunk[0] === 0x1f && chunk[1] === 0x8b

/** Streams through zlib; a chunk of the disk is only read once the one before it is through. */
function gunzip(
  file: string,
  descriptor: number,
  first: Uint8Array,
  push: (chunk: Uint8Array) => void,
  onDamage: (text: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const zip = createGunzip({ chunkSize: chunkBytes })
    let next: Uint8Array = first.slice()
    const feed = () => {
      try {
        if (next.length === 0) {
          zip.end()
          return
        }
        zip.write(next, () => {
          const more = new Uint8Array(chunkBytes)
          try {
            next = more.subarray(0, read(file, descriptor, more))
          } catch (error) {
            zip.destroy()
            reject(error)
            return
          }
          feed()
        })
      } catch (error) {
        reject(error)
      }
    }
    zip.on('data', (chunk: Uint8Array) => {
      try {
        push(chunk)
      } catch (error) {
        zip.destroy()
        reject(error)
      }
    })
    zip.once('error', (error) => {
      onDamage(`the gzip data of ${file} are damaged or cut (${error.message})`)
      resolve()
    })
    zip.once('end', resolve)
    feed()
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'it is a folder',
}

function unreadable(file: string, error: unknown): UnreadableCaptureError {
  const code = codeOf(error)
  return new UnreadableCaptureError(`${file} can't be read: ${reasons[code] ?? code}`, {
    cause: error,
  })
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)
