// The files of the uploads in one folder: `ID` holds the bytes, `ID.json` the record, `ID.gone` a removal under way.
import {
  close as closeCallback,
  constants,
  fdatasync as fdatasyncCallback,
  fstatSync,
  open as openCallback,
} from 'node:fs'
import { copyFile, link, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { partsOf } from './concatenation.ts'
import { syncFile, syncFolder, writeAtomically } from './durable.ts'
import { parseInfo, serialiseInfo, type UploadInfo } from './info-file.ts'
import { markSuffix } from './marks.ts'

const open = promisify(openCallback)
const close = promisify(closeCallback)
const fdatasync = promisify(fdatasyncCallback)

export const infoSuffix = '.json'
export const goneSuffix = '.gone'

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
  /** The moment of removal: before it the upload is whole, after it only `finishRemoval` is left. */
  beginRemoval(id: string): Promise<void>
  /** Takes back the mark of a removal beside a whole upload. */
  dropMark(id: string): Promise<void>
  /** Clears up what is left, as after a crash too. */
  finishRemoval(id: string): Promise<void>
  /** The data files of an upload that is made of others, in order. */
  segmentFile(id: string, index: number): string
  /** Gives a part's data a second name, as a segment. Rejects when the part is gone. */
  addSegment(id: string, index: number, part: string): Promise<void>
  /** Forces the names of the segments to the disk. */
  syncSegments(): Promise<void>
  /** The sizes of so many segments, `null` for one that is not there. */
  inspectSegments(id: string, count: number): Promise<(number | null)[]>
  /** Whether the file with this name has another one too. */
  isSecondName(name: string): Promise<boolean>
  removeSegments(id: string, count: number): Promise<void>
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

  const segmentFile = (id: string, index: number) => path.join(dir, `${id}.${index}`)

  async function finishRemoval(id: string): Promise<void> {
    if (durable) await syncFolder(dir)
    await removeSegments(id, await segmentsOfGone(id))
    await rm(dataFile(id), { force: true })
    await rm(path.join(dir, id + markSuffix), { force: true })
    await rm(goneFile(id), { force: true })
  }

  /** The record is all that knows of how many files the upload was made. */
  async function segmentsOfGone(id: string): Promise<number> {
    try {
      return partsOf(parseInfo(id, await readFile(goneFile(id), 'utf8')))?.length ?? 0
    } catch {
      return 0
    }
  }

  async function removeSegments(id: string, count: number): Promise<void> {
    for (let index = 0; index < count; index++) await rm(segmentFile(id, index), { force: true })
  }

  return {
    dir,
    dataFile,
    writeInfo,
    finishRemoval,
    segmentFile,
    removeSegments,
    async addSegment(id, index, part) {
      const segment = segmentFile(id, index)
      const data = dataFile(part)
      // A try before may have left it there, and a record that counts on it.
      if (await isSameFile(data, segment)) return
      await rm(segment, { force: true })
      try {
        await link(data, segment)
      } catch (error) {
        if (!isLinkRefused(error)) throw error
        await copyFile(data, segment, constants.COPYFILE_FICLONE)
        if (durable) await syncFile(segment)
      }
    },
    async isSecondName(name) {
      const found = await stat(path.join(dir, name)).catch(ignoreMissing)
      return found?.isFile() === true && found.nlink > 1
    },
    async syncSegments() {
      if (durable) await syncFolder(dir)
    },
    async inspectSegments(id, count) {
      const sizes: (number | null)[] = []
      for (let index = 0; index < count; index++) {
        sizes.push(await sizeOf(segmentFile(id, index)))
      }
      return sizes
    },
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
    beginRemoval: (id) => rename(infoFile(id), goneFile(id)).catch(ignoreMissing),
    async freeSpace() {
      const disk = await statfs(dir)
      return disk.bavail * disk.bsize
    },
  }
}

/** File systems that know no second name, or have too many for this file already: then the bytes are copied. */
const linkRefusals = new Set(['EPERM', 'EXDEV', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

function isLinkRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && linkRefusals.has(String(error.code))
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other).catch(() => null)])
  return b !== null && a.ino === b.ino && a.dev === b.dev
}

async function sizeOf(file: string): Promise<number | null> {
  const found = await stat(file).catch(ignoreMissing)
  return found === undefined ? null : found.size
}

/** Whether the system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}
