// A capture file from the disk (or standard input), compressed or not, into whatever takes its bytes.
import { closeSync, openSync, readSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { CaptureFormatError } from '../format/errors.ts'
import { gunzip, type Source } from './gunzip.ts'

/** It can't be opened or read: exit status 2, as for a file that is no capture. */
export class UnreadableCaptureError extends Error {
  override readonly name = 'UnreadableCaptureError'
  readonly exitStatus = 2
}

/** Of a file that is no capture as far as it could be read; `damages` are what `readCapture` told. */
export function notReadable(
  file: string,
  error: CaptureFormatError,
  damages: readonly string[],
): UnreadableCaptureError {
  const [damage] = damages
  const why =
    damage === undefined
      ? error.message
      : error.fault === 'empty'
        ? `${damage}, and nothing could be read before that. Copy it again.`
        : `${damage}. Of what could be read: ${error.message}`
  return new UnreadableCaptureError(`${nameOf(file)}: ${why}`, { cause: error })
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
    if (isGzip(chunk)) return await unzip(file, descriptor, chunk, push, onDamage)
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

/** What was read already, then the rest of the file. */
function sourceOf(file: string, descriptor: number, first: Uint8Array): Source {
  const buffer = new Uint8Array(chunkBytes)
  let isFirst = true
  return () => {
    if (!isFirst) return buffer.subarray(0, read(file, descriptor, buffer))
    isFirst = false
    return first
  }
}

async function unzip(
  file: string,
  descriptor: number,
  first: Uint8Array,
  push: (chunk: Uint8Array) => void,
  onDamage: (text: string) => void,
): Promise<void> {
  const opened: number[] = []
  const again = () => {
    // Standard input is gone once it is read.
    if (file === '-') return null
    const another = open(file)
    opened.push(another)
    const buffer = new Uint8Array(chunkBytes)
    return sourceOf(file, another, buffer.subarray(0, read(file, another, buffer)))
  }
  try {
    const damage = await gunzip(sourceOf(file, descriptor, first), again, push)
    if (damage !== null)
      onDamage(`the gzip data of ${nameOf(file)} are damaged or cut (${damage.message})`)
  } finally {
    for (const one of opened) closeSync(one)
  }
}

/** For people. */
export const nameOf = (file: string): string => (file === '-' ? 'standard input' : file)

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
