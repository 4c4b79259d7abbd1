// The pass over the folder before the service listens: completes what a crash left half-done, and tells of the rest.
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { partsOf } from './concatenation.ts'
import { concurrently } from './concurrently.ts'
import { temporarySuffix } from './durable.ts'
import { sum } from './finals.ts'
import { InfoFileError, idPattern, newInfo, type UploadInfo } from './info-file.ts'
import { type Marks, markSuffix } from './marks.ts'
import { type DataFile, goneSuffix, infoSuffix, type Store } from './store.ts'

/** An upload found in the folder. */
export interface Found {
  readonly info: UploadInfo
  readonly size: number
  /** ms since the epoch */
  readonly modified: number
  readonly damage: string | null
  /** Whether bytes behind `size` would not count (`marks.ts`). */
  readonly isMarked: boolean
}

/** Something that the pass mended or that somebody should look at. */
export interface Finding {
  readonly level: 'info' | 'warn'
  readonly id: string
  readonly text: string
}

/** At most so many records are read at the same time. */
const reading = 64

/** It may come back: a disk that is mounted again. */
export const missingData = 'its data file is gone'
const missingSegment = 'one of its data files is gone'

/** Ids that we make. Only files named so may be cleared away without a look into them: the folder may hold others'. */
const ownId = /^[0-9a-f]{32}$/

/** Marks, and segments of uploads that are made of others. */
const beside = /^([0-9a-f]{32})(\.check|\.(?:0|[1-9]\d*))$/

/** Reads every upload of the folder, in our layout or in that of @tus/file-store. Other files are left alone. */
export async function surveyFolder(
  store: Store,
  marks: Marks,
): Promise<{ found: Found[]; findings: Finding[] }> {
  const names = new Set(await readdir(store.dir))
  const found: Found[] = []
  const findings: Finding[] = []
  const idsWith = (suffix: string, pattern: RegExp) =>
    [...names]
      .filter((name) => name.endsWith(suffix) && pattern.test(name.slice(0, -suffix.length)))
      .map((name) => name.slice(0, -suffix.length))

  await concurrently(idsWith(infoSuffix + temporarySuffix, ownId), reading, async (id) => {
    await rm(path.join(store.dir, id + infoSuffix + temporarySuffix), { force: true })
  })

  await concurrently(idsWith(goneSuffix, idPattern), reading, async (id) => {
    if (!ownId.test(id) && !(await store.isRecordOf(id, goneSuffix))) return
    // With a record beside it, the removal came to nothing.
    if (names.has(id + infoSuffix)) return store.dropMark(id)
    await store.finishRemoval(id)
    names.delete(id)
    findings.push({ level: 'info', id, text: 'a removal was cut short by a crash: completed' })
  })

  await concurrently(idsWith(infoSuffix, idPattern), reading, async (id) => {
    const upload = await readUpload(store, marks, id, names)
    if (upload === null) return
    if (upload.info.finished === null && upload.damage === missingData) {
      await store.beginRemoval(id)
      await store.finishRemoval(id)
      findings.push({ level: 'warn', id, text: 'its record had no data file: removed' })
      return
    }
    found.push(upload)
    if (upload.damage === null) return
    findings.push({ level: 'warn', id, text: `${upload.damage}: its files are left as they are` })
  })

  // What is left beside the data of uploads whose removal a crash cut short. One after the other: of the names of one file
  // the last must stay, as its bytes are then without a record.
  for (const name of names) {
    const [, id = '', suffix] = beside.exec(name) ?? []
    if (suffix === undefined || names.has(id + infoSuffix)) continue
    const isStray = suffix === markSuffix ? !names.has(id) : await store.isSecondName(name)
    if (isStray) await rm(path.join(store.dir, name), { force: true })
  }

  await concurrently([...names], reading, async (id) => {
    if (!ownId.test(id) || names.has(id + infoSuffix)) return
    const data = await store.inspect(id)
    if (data?.isFile && data.size === 0) {
      await rm(store.dataFile(id), { force: true })
      findings.push({ level: 'info', id, text: 'a creation was cut short by a crash: cleared' })
    } else if (data !== null) {
      findings.push({ level: 'warn', id, text: `${data.size} bytes without a record: left alone` })
    }
  })
  return { found, findings }
}

/** What is wrong between a record and the bytes that are there, in words; `null` when nothing is. */
export function damageOf(info: UploadInfo, { size, isFile }: DataFile): string | null {
  if (info.damage !== null) return info.damage
  if (!isFile) return 'its data file is no file'
  if (info.length !== null && size > info.length) {
    return `the data file has ${size} bytes, more than the ${info.length} declared`
  }
  if (info.finished !== null && size !== info.length) {
    return `it was finished with ${info.length} bytes, but the data file has ${size}`
  }
  return null
}

/** `null`: what is called like a record is something else. */
async function readUpload(
  store: Store,
  marks: Marks,
  id: string,
  names: ReadonlySet<string>,
): Promise<Found | null> {
  const data = await store.inspect(id)
  try {
    const info = await store.readInfo(id)
    const parts = partsOf(info)
    if (parts !== null) return await readFinal(store, info, parts.length)
    if (data === null)
      return { info, size: 0, modified: info.created, damage: missingData, isMarked: false }
    if (names.has(id + markSuffix)) {
      // Beside a finished record it says nothing.
      if (info.finished !== null) await marks.forget(id)
      else if (info.damage === null) return await readMarked(marks, info, data)
    }
    // @tus/file-store doesn't say so: its finished uploads are those that are whole.
    const isWhole = info.isStock === true && info.length === data.size
    const known = isWhole ? { ...info, finished: data.modified } : info
    return { info: known, ...data, damage: damageOf(known, data), isMarked: false }
  } catch (error) {
    // One that is made of others has no data file, but segments.
    const isFinal = ownId.test(id) && names.has(`${id}.0`)
    if (data === null && !isFinal) return null
    // Whatever is wrong with this one, the others are to be served.
    const reason = error instanceof InfoFileError ? error.message : codeOf(error)
    const { size, modified } = data ?? { size: 0, modified: Date.now() }
    const damage = `its record can't be read: ${reason}`
    return { info: newInfo(id, modified), size, modified, damage, isMarked: false }
  }
}

/** An upload of which not every byte counts. That it is whole, if it is, must be found out anew. */
async function readMarked(marks: Marks, info: UploadInfo, data: DataFile): Promise<Found> {
  const { size, isMarked } = await marks.recover(info.id, data.size)
  return { info, ...data, size, damage: damageOf(info, { ...data, size }), isMarked }
}

/** An upload that is made of others has no file of its own name; unfinished, it has none at all. */
async function readFinal(store: Store, info: UploadInfo, count: number): Promise<Found> {
  const { created: modified, finished } = info
  const base = { info, modified: finished ?? modified, isMarked: false }
  if (finished === null) return { ...base, size: 0, damage: info.damage }
  const sizes = await store.inspectSegments(info.id, count)
  const size = sum(sizes)
  const isMissingOne = info.damage === null && sizes.includes(null)
  const damage = isMissingOne ? missingSegment : damageOf(info, { size, modified, isFile: true })
  return { ...base, size, damage }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `the system says ${error.code}` : String(error)
}
