// Are the bytes there? A server that is fast because it loses some is no server.
import { open, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Load } from './load.ts'
import { payload } from './payload.ts'

/** Throws unless the folder holds the uploads of so many such loads, whole and in order. */
export async function verifyUploads(folder: string, load: Load, loads: number): Promise<void> {
  const files = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isFile() && (await stat(file)).size === load.size) files.push(file)
  }
  const count = load.connections * loads
  if (files.length !== count) {
    throw new Error(`${count} uploads of ${load.size} bytes, but ${files.length} files`)
  }
  for (const file of files) await verifyFile(file, load)
}

async function verifyFile(file: string, { size, chunk }: Load): Promise<void> {
  const handle = await open(file)
  try {
    for (let at = 0; at < size; ) {
      const inChunk = at % chunk
      const length = Math.min(payload.length, chunk - inChunk, size - at)
      const expected = Buffer.from(payload.subarray(0, length))
      if (inChunk === 0) expected.writeDoubleLE(at)
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, at)
      if (!buffer.equals(expected))
        throw new Error(`${file} is wrong between ${at} and ${at + length}`)
      at += length
    }
  } finally {
    await handle.close()
  }
}
