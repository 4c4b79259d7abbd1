// The pass over the folder before the service listens: completes what a crash left half-done, and tells of the rest.
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { temporarySuffix } from './durable.ts'
import { InfoFileError, type UploadInfo } from './info-file.ts'
import { goneSuffix, idPattern, infoSuffix, type Store } from './store.ts'

/** An upload found in the folder. */
export interface Found {
  readonly info: UploadInfo
  readonly size: number
  /** ms since the epoch */
  readonly modified: number
  readonly damage: string | null
}

/** Something that the pass mended or that somebody should look at. */
export interface Finding {
  readonly level: 'info' | 'warn'
  readonly id: string
  readonly text: string
}

/** At most so many records are read at the same time. */
const concurrency = 64

/** Reads every upload of the folder. Unknown files are left alone. */
export async function surveyFolder(store: Store): Promise<{ found: Found[]; findings: Finding[] }> {
  const names = new Set(await readdir(store.dir))
  const found: Found[] = []
  const findings: Finding[] = []
  const idsWith = (suffix: string) =>
    [...names]
      .filter((name) => name.endsWith(suffix) && idPattern.test(name.slice(0, -suffix.length)))
      .map((name) => name.slice(0, -suffix.length))

  for (const id of idsWith(infoSuffix + temporarySuffix)) {
    await rm(path.join(store.dir, id + infoSuffix + temporarySuffix), { force: true })
  }
  for (const id of idsWith(goneSuffix)) {
    await store.finishRemoval(id)
    names.delete(id)
    findings.push({ level: 'info', id, text: 'a removal was cut short by a crash: completed' })
  }

  await forEach(idsWith(infoSuffix), async (id) => {
    const upload = await readUpload(store, id)
    if (upload === null) {
      await store.remove(id)
      findings.push({ level: 'warn', id, text: 'the record had no data file: removed' })
      return
    }
    found.push(upload)
    if (upload.damage !== null) {
      findings.push({ level: 'warn', id, text: `${upload.damage}: its files are left as they are` })
    }
  })

  await forEach([...names], async (id) => {
    if (!idPattern.test(id) || names.has(id + infoSuffix)) return
    const data = await store.inspect(id)
    if (data?.size === 0) {
      await rm(store.dataFile(id), { force: true })
      findings.push({ level: 'info', id, text: 'a creation was cut short by a crash: cleared' })
    } else if (data !== null) {
      findings.push({ level: 'warn', id, text: `${data.size} bytes without a record: left alone` })
    }
  })
  return { found, findings }
}

/** What is wrong between a record and the bytes that are there, in words; `null` when nothing is. */
export function damageOf(info: UploadInfo, size: number): string | null {
  if (info.length !== null && size > info.length) {
    return `the data file has ${size} bytes, more than the ${info.length} declared`
  }
  if (info.finished !== null && size !== info.length) {
    return `it was finished with ${info.length} bytes, but the data file has ${size}`
  }
  return null
}

async function readUpload(store: Store, id: string): Promise<Found | null> {
  const data = await store.inspect(id)
  if (data === null) return null
  try {
    const info = await store.readInfo(id)
    return { info, ...data, damage: damageOf(info, data.size) }
  } catch (error) {
    if (!(error instanceof InfoFileError)) throw error
    return {
      info: { id, length: null, metadata: '', created: data.modified, finished: null, hook: null },
      ...data,
      damage: `its record can't be read: ${error.message}`,
    }
  }
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
