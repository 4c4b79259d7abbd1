// The mark of an upload, `ID.check`: up to where its file counts, while bytes behind that are not checked yet.
// Without it a crash would make them count, since the size of the file is the offset.
import {
  close as closeCallback,
  constants,
  fdatasync as fdatasyncCallback,
  fstatSync,
  ftruncate as ftruncateCallback,
  open as openCallback,
  write as writeCallback,
} from 'node:fs'
import { readFile, rm, truncate } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Durability } from '../config.ts'
import { syncFolder } from './durable.ts'
import type { Mark, Upload } from './upload.ts'

const open = promisify(openCallback)
const close = promisify(closeCallback)
const write = promisify(writeCallback)
const ftruncate = promisify(ftruncateCallback)
const fdatasync = promisify(fdatasyncCallback)

export const markSuffix = '.check'

export interface Marks {
  /** Before the first byte that doesn't count yet is written. The caller holds the upload's lock. */
  set(upload: Upload): Promise<void>
  /** What was written up to this offset is about to count. */
  advance(upload: Upload, offset: number): Promise<void>
  /** From now on every byte counts as it is written. Whatever doesn't count must have been taken away. */
  drop(upload: Upload): Promise<void>
  /** Takes away what is behind the upload's offset. */
  takeBack(upload: Upload, fd: number): Promise<void>
  /** Clears what was left beside a finished upload. */
  forget(id: string): Promise<void>
  /** After a start: cuts the file off at the mark; gives its size, and whether there is a mark. */
  recover(id: string, size: number): Promise<{ size: number; isMarked: boolean }>
}

/** The marks of the uploads in a folder. */
export function createMarks(dir: string, durability: Durability): Marks {
  const markFile = (id: string) => path.join(dir, id + markSuffix)

  async function set({ info, offset, mark }: Upload): Promise<void> {
    // Nothing can be written to it any more.
    if (info.finished !== null) return
    const isSaid = mark.isSet && mark.says === offset
    if (isSaid && mark.fd !== null) return
    mark.fd ??= await open(markFile(info.id), constants.O_RDWR | constants.O_CREAT, 0o640)
    // Should the machine lose power, it must be there before any byte that it speaks of.
    await say(mark, mark.fd, offset, !isSaid && durability !== 'none')
    if (!mark.isSet && durability !== 'none') await syncFolder(dir)
    mark.isSet = true
  }

  async function advance({ mark }: Upload, offset: number): Promise<void> {
    if (mark.fd !== null) await say(mark, mark.fd, offset, durability === 'patch')
  }

  async function say(mark: Mark, fd: number, offset: number, isForced: boolean): Promise<void> {
    // Where this fails, nobody knows what it says.
    mark.says = null
    await writeOffset(fd, offset)
    if (isForced) await fdatasync(fd)
    mark.says = offset
  }

  async function drop({ mark, info }: Upload): Promise<void> {
    if (!mark.isSet && mark.fd === null) return
    await rm(markFile(info.id), { force: true })
    mark.isSet = false
    const { fd } = mark
    mark.fd = null
    if (fd !== null) await close(fd).catch(() => {})
    if (durability === 'patch') await syncFolder(dir)
  }

  async function recover(id: string, size: number): Promise<{ size: number; isMarked: boolean }> {
    const offset = await readOffset(markFile(id))
    if (offset === 'none') return { size, isMarked: false }
    // A mark that was never written whole had no byte behind it.
    if (offset !== 'unwritten' && size > offset) await truncate(path.join(dir, id), offset)
    if (offset === 'unwritten') await rm(markFile(id), { force: true })
    return {
      size: offset === 'unwritten' ? size : Math.min(size, offset),
      isMarked: offset !== 'unwritten',
    }
  }

  return {
    set,
    advance,
    drop,
    recover,
    forget: (id) => rm(markFile(id), { force: true }),
    async takeBack({ offset }, fd) {
      // It must not grow: somebody else may have made the file shorter.
      if (fstatSync(fd).size > offset) await ftruncate(fd, offset)
    },
  }
}

/** Always as many bytes, so that one write replaces the number whole. */
const digits = 16

async function writeOffset(fd: number, offset: number): Promise<void> {
  await write(fd, `${String(offset).padStart(digits, '0')}\n`, 0)
}

async function readOffset(file: string): Promise<number | 'none' | 'unwritten'> {
  try {
    const text = await readFile(file, 'latin1')
    return /^\d{16}\n$/.test(text) ? Number(text) : 'unwritten'
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'none'
    throw error
  }
}
