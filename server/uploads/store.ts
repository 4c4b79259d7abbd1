// The files of the uploads in one folder: `ID` holds the bytes, `ID.json` the record, `ID.gone` a removal under way.
import {
  close as closeCallback,
  constants,
  fdatasync as fdatasyncCallback,
  fstatSync,
  open as openCallback,
} from 'node:fs'
import { readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { syncFolder, writeAtomically } from './durable.ts'
import { parseInfo, serialiseInfo, type UploadInfo } from './info-file.ts'

const open = promisify(openCallback)
const close = promisify(closeCallback)
const fdatasync = promisify(fdatasyncCallback)

export const infoSuffix = '.json'
export const goneSuffix = '.gone'

/** What an id may be made of, in the folder as in a URL. */
export const idPattern = /^[A-Za-z0-9_-]{8,128}$/

export interface OpenDataFile {
  readonly size: number
  /** Whether the system still counts a name for it; some file systems don't count, so look again when not. */
  readonly isNamed: boolean
}

export interface DataFile {
  readonly size: number
  /** When it was last written (ms since the epoch). */
  readonly modified: number
  /** Else it is a folder or worse. */
  readonly isFile: boolean
}

export interface Store {
  readonly dir: string
  dataFile(id: string): string
  /** Makes both files and gives the open data file. Leaves nothing behind when it fails. */
  create(info: UploadInfo): Promise<number>
  readInfo(id: string): Promise<UploadInfo>
  writeInfo(info: UploadInfo): Promise<void>
  /** Whether the file `ID` + suffix is a record of that upload, and not something else of that name. */
  isRecordOf(id: string, suffix: string): Promise<boolean>
  openData(id: string): Promise<number>
  closeData(fd: number): Promise<void>
  /** An open data file. Answered by the kernel from memory, so it is not worth a thread's hop. */
  stateOf(fd: number): OpenDataFile
  /** What is at the place of the data file, or `null` when nothing is. */
  inspect(id: string): Promise<DataFile | null>
  /** Rejects while the whole folder is away, e.g. not mounted: then no file is missing by itself. */
  refuseIfAway(): Promise<void>
  /** Forces the data to the disk. */
  sync(fd: number): Promise<void>
  /**
   * Removes both files. Rejects when nothing was removed; `false`: the upload is gone, but `finishRemoval` has to clear
   * up what is left of it, as after a crash.
   */
  remove(id: string): Promise<boolean>
  /** Takes back the mark of a removal beside a whole upload. */
  dropMark(id: string): Promise<void>
  finishRemoval(id: string): Promise<void>
  /** Bytes that the disk can still take. */
  freeSpace(): Promise<number>
}

/** The store in `dir`, which must exist. Without `durable`, nothing is forced to the disk. */
export function createStore(dir: string, durable: boolean): Store {
  const dataFile = (id: string) => path.join(dir, id)
  const infoFile = (id: string) => path.join(dir, id + infoSuffix)
  const goneFile = (id: string) => path.join(dir, id + goneSuffix)

  async function writeInfo(info: UploadInfo): Promise<void> {
    await writeAtomically(infoFile(info.id), serialiseInfo(info, dataFile(info.id)), durable)
  }

  async function finishRemoval(id: string): Promise<void> {
    await rm(dataFile(id), { force: true })
    await rm(goneFile(id), { force: true })
  }

  return {
    dir,
    dataFile,
    writeInfo,
    finishRemoval,
    async create(info) {
      // The data file first: a crash between the two leaves an empty file without a record, which nobody was told of.
      const fd = await open(
        dataFile(info.id),
        constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
        0o640,
      )
      try {
        await writeInfo(info)
        return fd
      } catch (error) {
        await close(fd)
        await rm(infoFile(info.id), { force: true })
        await rm(dataFile(info.id), { force: true })
        throw error
      }
    },
    async readInfo(id) {
      return parseInfo(id, await readFile(infoFile(id), 'utf8'))
    },
    async isRecordOf(id, suffix) {
      try {
        parseInfo(id, await readFile(path.join(dir, id + suffix), 'utf8'))
        return true
      } catch {
        return false
      }
    },
    openData: (id) => open(dataFile(id), constants.O_RDWR),
    closeData: (fd) => close(fd),
    stateOf(fd) {
      const { size, nlink } = fstatSync(fd)
      return { size, isNamed: nlink > 0 }
    },
    async inspect(id) {
      try {
        const found = await stat(dataFile(id))
        return { size: found.size, modified: found.mtimeMs, isFile: found.isFile() }
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    async refuseIfAway() {
      await stat(dir)
    },
    sync: (fd) => fdatasync(fd),
    dropMark: (id) => rm(goneFile(id), { force: true }),
    async remove(id) {
      // The rename is the moment of removal: before it the upload is whole, after it only the clearing up is left.
      await rename(infoFile(id), goneFile(id)).catch(ignoreMissing)
      try {
        if (durable) await syncFolder(dir)
        await finishRemoval(id)
        return true
      } catch {
        return false
      }
    },
    async freeSpace() {
      const disk = await statfs(dir)
      return disk.bavail * disk.bsize
    },
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}
