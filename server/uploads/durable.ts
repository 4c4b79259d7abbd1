// Files that are either whole or not there after a crash: temporary file, fsync, rename, fsync of the folder.
import { open, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Forces a folder's entries (created, renamed and removed names) to the disk. */
export const syncFolder = (folder: string): Promise<void> => syncFile(folder)

/** Forces a file to the disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Replaces a file by `text` so that a reader, and a machine that loses power, sees the old or the new content
 * and never a part. Without `durable` the rename is still atomic for readers, but nothing is forced to the disk.
 */
export async function writeAtomically(file: string, text: string, durable: boolean): Promise<void> {
  const temporary = `${file}${temporarySuffix}`
  try {
    await writeFile(temporary, text, { flush: durable, mode: 0o640 })
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (durable) await syncFolder(path.dirname(file))
}

/** What a crash in the middle of `writeAtomically` leaves behind ends so; the start-up pass removes it. */
export const temporarySuffix = '.tmp'
