// The upload resource without a server around it: a folder, bodies made of bytes, and what a crash would leave of the folder.
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { AppendRequest } from '../../server/uploads/append.ts'
import type { BodyCheck } from '../../server/uploads/body-check.ts'
import { UploadError, type UploadErrorCode } from '../../server/uploads/errors.ts'
import type { Digest, HashName } from '../../server/uploads/hash.ts'
import { openUploads, type Uploads, type UploadsOptions } from '../../server/uploads/uploads.ts'
import { until } from './process.ts'

const opened = new Set<Uploads>()

/** Opens the folder as the service does; `closeResources` closes it. */
export async function openFolder(
  dir: string,
  options: Partial<UploadsOptions> = {},
): Promise<Uploads> {
  const uploads = await openUploads({
    dir,
    durability: 'finish',
    maxSize: 0,
    minFree: 0,
    expireAfter: 0,
    openFiles: 64,
    hasFinishHook: false,
    readTimeout: 0,
    minRate: 0,
    ...options,
  })
  opened.add(uploads)
  return uploads
}

/** Closes the folder, so that it can be opened again. */
export async function closeFolder(uploads: Uploads): Promise<void> {
  opened.delete(uploads)
  await uploads.close()
}

export async function closeResources(): Promise<void> {
  await Promise.all([...opened].map(closeFolder))
}

/** A body of these bytes in pieces of at most so many. The writer gives the memory of what it wrote back, so it gets copies. */
export function bodyOf(bytes: Uint8Array | string, piece = 65_536): Readable {
  const all = Buffer.from(bytes)
  const count = Math.ceil(all.length / piece)
  const pieces = Array.from({ length: count }, (_, index) =>
    Buffer.from(all.subarray(index * piece, (index + 1) * piece)),
  )
  return Readable.from(pieces, { objectMode: false })
}

/** A request to append, of a body that says nothing about itself. */
export function requestOf(
  offset: number,
  body: Readable | Uint8Array | string,
  parts: Partial<AppendRequest> = {},
): AppendRequest {
  return {
    offset,
    length: null,
    bodyLength: null,
    check: null,
    end: 'length',
    connection: null,
    onAccept() {},
    ...parts,
    body: body instanceof Readable ? body : bodyOf(body),
  }
}

/** What the bytes hash to. */
export function digestOf(hash: HashName, bytes: Uint8Array | string): Digest {
  if (hash !== 'crc32') return { hash, value: createHash(hash).update(bytes).digest() }
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return { hash, value }
}

/** A promise before the body. */
export const promising = (...promised: readonly Digest[]): BodyCheck => ({
  promised,
  trailing: () => [],
})

/** A promise behind the body, and perhaps one before it too. */
export const trailing = (
  behind: readonly Digest[],
  promised: readonly Digest[] = [],
): BodyCheck => ({ promised, trailing: () => behind })

/** The code of the `UploadError` that the work is refused with; throws when it isn't. */
export async function refusalOf(work: Promise<unknown>): Promise<UploadErrorCode> {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  )
  if (error instanceof UploadError) return error.code
  throw error
}

export const sizeOf = async (file: string) => (await stat(file)).size

/** Resolves when the upload's file has so many bytes. */
export const untilSize = (uploads: Uploads, id: string, bytes: number) =>
  until(`${bytes} bytes in the file`, async () => {
    const size = await sizeOf(path.join(uploads.options.dir, id)).catch(() => 0)
    return size === bytes
  })
