// Uploads made of others: no byte is copied, none is missing, and whatever happens to the parts, the whole stays whole.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { UploadError } from '../../server/uploads/errors.ts'
import { stateOf, type Upload } from '../../server/uploads/upload.ts'
import type { Uploads, UploadsOptions } from '../../server/uploads/uploads.ts'
import { randomOf } from '../captures/random.ts'
import {
  failCalls,
  type Moment,
  stopWatching,
  systemError,
  watchFolder,
} from '../helpers/crashes.ts'
import { until } from '../helpers/process.ts'
import {
  closeFolder,
  closeResources,
  openFolder,
  refusalOf,
  requestOf,
} from '../helpers/resource.ts'
import { cleanUp, temporaryFolder } from '../helpers/server.ts'

vi.mock(import('node:fs/promises'), async (importOriginal) => {
  const { watchCalls } = await import('../helpers/crashes.ts')
  const names = ['link', 'copyFile', 'rm', 'rename', 'writeFile'] as const
  return watchCalls(await importOriginal(), names, 'promise')
})

let dir = ''
let uploads: Uploads
beforeEach(async () => {
  dir = await temporaryFolder()
  uploads = await openFolder(dir)
})
afterEach(async () => {
  failCalls(null)
  await closeResources()
})
afterAll(cleanUp)

async function reopen(options: Partial<UploadsOptions> = {}): Promise<void> {
  await closeFolder(uploads)
  uploads = await openFolder(dir, options)
}

const idOf = ({ info }: Upload) => info.id
const newPart = (length: number | null) => uploads.create({ length, metadata: '', part: 'partial' })
const append = (part: Upload, bytes: string, length: number | null = null) =>
  uploads.append(idOf(part), requestOf(part.offset, bytes, { length }))

/** A finished part with this content. */
async function partOf(bytes: string): Promise<Upload> {
  const part = await newPart(bytes.length)
  if (bytes !== '') await append(part, bytes)
  return part
}

const join = (...parts: readonly Upload[]) =>
  uploads.concatenate({ parts: parts.map(idOf), header: 'final;…', metadata: 'filename bmFtZQ==' })

/** What a download of it reads. */
async function contentOf(final: Upload, from = uploads): Promise<string> {
  const files = from.filesOf(final).map((name) => readFile(path.join(from.options.dir, name)))
  return Buffer.concat(await Promise.all(files)).toString('latin1')
}

async function expectWhole(final: Upload, bytes: string): Promise<void> {
  const seen = await uploads.look(idOf(final))
  expect([stateOf(seen), seen.offset, seen.info.length]).toEqual([
    'finished',
    bytes.length,
    bytes.length,
  ])
  expect(await contentOf(seen)).toBe(bytes)
}

const filesOf = (upload: Upload) => readdirSync(dir).filter((name) => name.startsWith(idOf(upload)))

const untilState = (upload: Upload, state: ReturnType<typeof stateOf>) =>
  until(state, () => stateOf(upload) === state)

describe('of finished parts', () => {
  test('in the order given, one of them several times, and an empty one', async () => {
    const [a, b, c] = [await partOf('aaa'), await partOf('bb'), await partOf('')]
    const final = await join(b, a, c, b, b)
    await expectWhole(final, 'bbaaabbbb')
    expect(final.info.concatenation).toEqual({
      kind: 'final',
      header: 'final;…',
      parts: [b, a, c, b, b].map(idOf),
    })
    await reopen()
    await expectWhole(final, 'bbaaabbbb')
  })

  test('of one, of empty ones alone, and of a part that is in another too', async () => {
    const [a, empty] = [await partOf('aaa'), await partOf('')]
    await expectWhole(await join(a), 'aaa')
    await expectWhole(await join(empty), '')
    const nothing = await join(empty, empty)
    await expectWhole(nothing, '')
    await expectWhole(await join(a, a), 'aaaaaa')
    await reopen()
    await expectWhole(nothing, '')
  })

  test('no byte is copied', async () => {
    const [a, b] = [await partOf('aaa'), await partOf('bb')]
    const final = await join(a, b, a)
    const inode = async (name: string) => (await stat(path.join(dir, name))).ino
    expect(await Promise.all(uploads.filesOf(final).map(inode))).toEqual([
      await inode(idOf(a)),
      await inode(idOf(b)),
      await inode(idOf(a)),
    ])
  })

  test('of 300 parts', async () => {
    await reopen({ durability: 'none' })
    const texts = Array.from({ length: 300 }, (_, index) => `${index},`)
    const parts: Upload[] = []
    for (const text of texts) parts.push(await partOf(text))
    const final = await join(...parts)
    await expectWhole(final, texts.join(''))
    await Promise.all(parts.map((part) => uploads.remove(idOf(part))))
    await expectWhole(final, texts.join(''))
    await reopen()
    await expectWhole(final, texts.join(''))
    await uploads.remove(idOf(final))
    expect(filesOf(final)).toEqual([])
  })

  test('it is told like any other: made, then finished', async () => {
    const part = await partOf('aaa')
    const told: string[] = []
    for (const event of ['change', 'finished', 'progress', 'removed'] as const)
      uploads.events.on(event, (upload: Upload) => told.push(`${event} ${stateOf(upload)}`))
    await join(part)
    expect(told).toEqual(['change unfinished', 'change finished', 'finished finished'])
  })

  test('with a finish hook it is the final that is told of, and no part', async () => {
    await reopen({ hasFinishHook: true })
    const part = await partOf('aaa')
    expect(part.info.hook).toBeNull()
    expect((await join(part)).info.hook).toEqual({ state: 'pending', attempts: 0 })
  })
})

describe('whatever happens to the parts afterwards', () => {
  test('removed, one by one: the final stays, also after a restart', async () => {
    const [a, b] = [await partOf('aaa'), await partOf('bb')]
    const final = await join(a, b)
    for (const part of [a, b]) {
      await uploads.remove(idOf(part))
      await expectWhole(final, 'aaabb')
    }
    await reopen()
    await expectWhole(final, 'aaabb')
    expect(uploads.findings).toEqual([])
  })

  test('nothing can be written into a part any more', async () => {
    const a = await partOf('aaa')
    const final = await join(a)
    expect(await refusalOf(uploads.append(idOf(a), requestOf(3, 'x')))).toBe('beyond-length')
    expect(await refusalOf(uploads.append(idOf(a), requestOf(0, 'x')))).toBe('offset-mismatch')
    await expectWhole(final, 'aaa')
  })

  test('its own removal leaves the parts whole', async () => {
    const a = await partOf('aaa')
    const final = await join(a, a)
    await uploads.remove(idOf(final))
    expect(filesOf(final)).toEqual([])
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('gone')
    await expectWhole(await join(a), 'aaa')
  })

  test('nothing can be appended to a final', async () => {
    const final = await join(await partOf('aaa'))
    const waiting = await join(await newPart(3))
    for (const [id, offset] of [
      [idOf(final), 3],
      [idOf(final), 0],
      [idOf(waiting), 0],
    ] as const)
      expect(await refusalOf(uploads.append(id, requestOf(offset, '')))).toBe('is-final')
  })
})

describe('what is no part', () => {
  test('is refused, and leaves nothing behind', async () => {
    const plain = await uploads.create({ length: 0, metadata: '' })
    const part = await partOf('aaa')
    const removed = await partOf('bb')
    const damaged = await partOf('cc')
    await uploads.remove(idOf(removed))
    await truncate(path.join(dir, idOf(damaged)), 1)
    expect(await refusalOf(uploads.look(idOf(damaged)))).toBe('damaged')
    const final = await join(part)
    const before = readdirSync(dir)
    for (const wrong of [plain, removed, damaged, final])
      expect(await refusalOf(join(part, wrong))).toBe('part-missing')
    const unknown = { parts: ['0'.repeat(32)], header: '', metadata: '' }
    expect(await refusalOf(uploads.concatenate(unknown))).toBe('part-missing')
    expect(readdirSync(dir)).toEqual(before)
  })

  test('a part whose bytes went away behind our back', async () => {
    const [a, b] = [await partOf('aaa'), await partOf('bb')]
    await truncate(path.join(dir, idOf(b)), 1)
    expect(await refusalOf(join(a, b))).toBe('part-missing')
    await rm(path.join(dir, idOf(a)))
    expect(await refusalOf(join(a))).toBe('part-missing')
    expect(readdirSync(dir).filter((name) => /\.\d+$/.test(name))).toEqual([])
    expect([...uploads.all()].map(idOf).toSorted()).toEqual([a, b].map(idOf).toSorted())
  })

  test('a part that is removed in the middle', async () => {
    const [a, b] = [await partOf('aaa'), await partOf('bb')]
    let removal: Promise<void> | null = null
    failCalls((name) => {
      if (name === 'link') removal ??= uploads.remove(idOf(b))
      return null
    })
    const outcome = await join(a, b).then(idOf, (error: { code: string }) => error.code)
    await removal
    failCalls(null)
    if (outcome === 'part-missing') expect(uploads.list().map(idOf)).toEqual([idOf(a)])
    else expect(await contentOf(await uploads.look(outcome))).toBe('aaabb')
  })
})

describe('of unfinished parts', () => {
  test('the last one that is finished finishes it, whatever the order', async () => {
    const parts = await Promise.all(['aaa', 'bb', 'c'].map(({ length }) => newPart(length)))
    const final = await join(...parts)
    expect([stateOf(final), final.offset, final.info.length]).toEqual(['unfinished', 0, 6])
    const [a, b, c] = parts as [Upload, Upload, Upload]
    await append(c, 'c')
    await append(a, 'aa')
    await append(b, 'bb')
    expect((await uploads.look(idOf(final))).info.finished).toBeNull()
    await append(a, 'a')
    await untilState(final, 'finished')
    await expectWhole(final, 'aaabbc')
  })

  test('its length is known as soon as that of each part is', async () => {
    const [a, b] = [await newPart(3), await newPart(null)]
    const final = await join(a, b)
    expect((await uploads.look(idOf(final))).info.length).toBeNull()
    await append(b, 'b', 2)
    const seen = await uploads.look(idOf(final))
    expect([seen.info.length, seen.offset]).toEqual([5, 0])
    await append(b, 'b')
    await append(a, 'aaa')
    await untilState(final, 'finished')
    await expectWhole(final, 'aaabb')
  })

  test('a restart in between', async () => {
    const [a, b] = [await newPart(3), await newPart(null)]
    const final = await join(b, a, b)
    await append(a, 'a')
    await reopen()
    expect((await uploads.find(idOf(final))).info.concatenation).toEqual(final.info.concatenation)
    const seen = await uploads.look(idOf(a))
    await append(seen, 'aa')
    await append(await uploads.look(idOf(b)), 'bb', 2)
    await until('finished', () => uploads.peek(idOf(final))?.info.finished)
    await expectWhole(final, 'bbaaabb')
  })

  test('a part that is removed takes it with it', async () => {
    const [a, b] = [await newPart(3), await partOf('bb')]
    const final = await join(a, b)
    await uploads.remove(idOf(a))
    await until('removed', () => final.removed)
    const error = await uploads.look(idOf(final)).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'gone', message: 'A part of this upload was removed.' })
    await until('cleared up', () => filesOf(final).length === 0)
  })

  test('a part that is damaged takes it with it', async () => {
    const [a, b] = [await newPart(3), await newPart(2)]
    const final = await join(a, b)
    await append(a, 'a')
    await rm(path.join(dir, idOf(a)))
    await refusalOf(uploads.append(idOf(a), requestOf(1, 'a')))
    await until('removed', () => final.removed)
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('gone')
  })

  test('a part that went away while the service did not run takes it with it', async () => {
    const [a, b] = [await newPart(3), await newPart(2)]
    const final = await join(a, b)
    await closeFolder(uploads)
    for (const name of filesOf(a)) await rm(path.join(dir, name))
    uploads = await openFolder(dir)
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('gone')
  })

  test('its own removal frees the parts', async () => {
    await reopen({ expireAfter: 60 })
    const [a, b] = [await newPart(3), await partOf('bb')]
    const final = await join(a, b)
    await uploads.remove(idOf(final))
    await append(a, 'aaa')
    expect(filesOf(final)).toEqual([])
    expect(await uploads.sweep(Date.now() + 61_000)).toBe(2)
    expect(uploads.list()).toEqual([])
  })

  test('a disk that is full at the end leaves it due; when there is room it is finished', async () => {
    const a = await newPart(3)
    const final = await join(a, a)
    failCalls((name, [file]) =>
      name === 'writeFile' && String(file).includes(idOf(final)) ? systemError('ENOSPC') : null,
    )
    await append(a, 'aaa')
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('no-space')
    expect(stateOf(final)).toBe('unfinished')
    failCalls(null)
    await uploads.sweep()
    await expectWhole(final, 'aaaaaa')
  })

  // Each change of a part asks whether the finals that wait for it are complete: bytes that come are no such change.
  test('many that wait for many parts hold no body up', async () => {
    await reopen({ durability: 'none' })
    const parts: Upload[] = []
    for (let index = 0; index < 300; index++) parts.push(await newPart(100))
    const [first] = parts as [Upload]
    // The quickest of many: something else may run on the machine.
    const quickest = async () => {
      let least = Number.POSITIVE_INFINITY
      for (let index = 0; index < 40; index++) {
        const start = performance.now()
        await append(first, 'x')
        least = Math.min(least, performance.now() - start)
      }
      return least
    }
    const before = await quickest()
    for (let index = 0; index < 300; index++) await join(...parts)
    // Asking 300 finals of 300 parts each takes tens of milliseconds.
    expect(await quickest()).toBeLessThan(before + 5)
  })
})

describe('a crash', () => {
  /** Opens the folder as it was in each moment; what is finished there must be right. */
  async function expectNoHole(moments: readonly Moment[], texts: ReadonlyMap<string, string>) {
    for (const [index, { before, dir: copy }] of moments.entries()) {
      const name = `moment ${index}, before ${before}`
      const after = await openFolder(copy)
      for (const upload of after.all()) {
        const { id, finished, concatenation } = upload.info
        expect(upload.damage, name).toBeNull()
        if (concatenation?.kind !== 'final') continue
        // Its parts were finished before the first moment.
        expect(finished, name).not.toBeNull()
        expect(await contentOf(await after.look(id), after), name).toBe(texts.get(id))
      }
      const strays = readdirSync(copy).filter((file) => /\.(\d+|gone|tmp)$/.test(file))
      const known = [...after.all()].flatMap((upload) => after.filesOf(upload))
      expect(
        strays.filter((file) => !known.includes(file)),
        name,
      ).toEqual([])
      await closeFolder(after)
    }
  }

  test('before any step of a concatenation and of its removal', async () => {
    const parts = [await partOf('aaa'), await partOf('bb'), await partOf('')]
    const moments = watchFolder(dir, await temporaryFolder())
    const [a, b, c] = parts as [Upload, Upload, Upload]
    const final = await join(b, a, c, b)
    const other = await join(a, a)
    await uploads.remove(idOf(b))
    await uploads.remove(idOf(final))
    stopWatching()
    expect(new Set(moments.map(({ before }) => before))).toEqual(
      new Set(['writeFile', 'rename', 'rm', 'link', 'the end']),
    )
    const texts = new Map([
      [idOf(final), 'bbaaabb'],
      [idOf(other), 'aaaaaa'],
    ])
    await expectNoHole(moments, texts)
  })

  test('before any step where bytes must be copied', async () => {
    const [a, b] = [await partOf('aaa'), await partOf('bb')]
    failCalls((name) => (name === 'link' ? systemError('EPERM') : null))
    const moments = watchFolder(dir, await temporaryFolder())
    const final = await join(a, b, a)
    stopWatching()
    expect(moments.map(({ before }) => before)).toContain('copyFile')
    await expectNoHole(moments, new Map([[idOf(final), 'aaabbaaa']]))
  })

  test('before any step of parts that come after their final: it is finished all the same', async () => {
    const texts = ['aaa', 'bb', 'c']
    const parts = await Promise.all(texts.map(({ length }) => newPart(length)))
    const [a, b, c] = parts as [Upload, Upload, Upload]
    const moments = watchFolder(dir, await temporaryFolder())
    const final = await join(c, a, b, a)
    await append(b, 'bb')
    await append(a, 'a')
    await append(c, 'c')
    await append(a, 'aa')
    await untilState(final, 'finished')
    stopWatching()
    let finals = 0
    for (const { before, dir: copy } of moments) {
      const after = await openFolder(copy)
      for (const [index, part] of parts.entries()) {
        const { offset } = await after.look(idOf(part))
        const rest = texts[index]?.slice(offset) ?? ''
        await after.append(idOf(part), requestOf(offset, rest))
      }
      const there = after.peek(idOf(final))
      if (there !== null) {
        finals += 1
        await until(`finished, before ${before}`, () => stateOf(there) === 'finished')
        expect(await contentOf(there, after)).toBe('caaabbaaa')
      }
      await closeFolder(after)
    }
    expect(finals).toBeGreaterThan(10)
  })

  test('what it leaves of a copy is made again', async () => {
    const a = await partOf('aaa')
    const waiting = await newPart(2)
    const final = await join(a, waiting)
    await writeFile(path.join(dir, `${idOf(final)}.0`), 'a')
    await append(waiting, 'bb')
    await untilState(final, 'finished')
    await expectWhole(final, 'aaabb')
  })

  test('second names without a record are cleared, but never the last name of some bytes', async () => {
    const a = await partOf('aaa')
    const final = await join(a, a)
    const [kept, lost] = [await partOf('kept'), await partOf('lost')]
    const other = await join(lost, lost)
    await uploads.remove(idOf(lost))
    await closeFolder(uploads)
    for (const one of [final, other]) await rm(path.join(dir, `${idOf(one)}.json`))
    uploads = await openFolder(dir)
    expect(filesOf(final)).toEqual([])
    expect(filesOf(other)).toHaveLength(1)
    expect(await readFile(path.join(dir, filesOf(other)[0] ?? ''), 'latin1')).toBe('lost')
    await expectWhole(await join(a, kept), 'aaakept')
  })

  test('files of others are left alone', async () => {
    const a = await partOf('aaa')
    const id = randomBytes(16).toString('hex')
    const { link, mkdir } = await import('node:fs/promises')
    const names = [`${id}.01`, `${id}.0.1`, `${id}.x`, `x${id}.0`, 'archive.0', `${id}.1`]
    for (const name of names.slice(0, -1)) await link(path.join(dir, idOf(a)), path.join(dir, name))
    await mkdir(path.join(dir, `${id}.1`))
    await writeFile(path.join(dir, `${id}.2`), 'one name only')
    await reopen()
    for (const name of [...names, `${id}.2`])
      expect(existsSync(path.join(dir, name)), name).toBe(true)
  })

  test('a removal that was cut short is completed, with every segment', async () => {
    const a = await partOf('aaa')
    const final = await join(a, a, a)
    await closeFolder(uploads)
    const { rename } = await import('node:fs/promises')
    await rename(path.join(dir, `${idOf(final)}.json`), path.join(dir, `${idOf(final)}.gone`))
    uploads = await openFolder(dir)
    expect(filesOf(final)).toEqual([])
    expect(uploads.findings.map(({ id }) => id)).toEqual([idOf(final)])
  })
})

describe('a final that lost something', () => {
  test.for([
    ['a segment that is gone', (file: string) => rm(file)],
    ['a segment that is too short', (file: string) => truncate(file, 1)],
  ] as const)('%s: damaged, at once and after a restart', async ([, harm]) => {
    for (const isOpen of [true, false]) {
      const [a, b] = [await partOf('aaa'), await partOf('bb')]
      const final = await join(a, b)
      if (!isOpen) await closeFolder(uploads)
      await harm(path.join(dir, `${idOf(final)}.0`))
      if (!isOpen) uploads = await openFolder(dir)
      expect(await refusalOf(uploads.look(idOf(final)))).toBe('damaged')
      expect(uploads.peek(idOf(final))?.damage).not.toBeNull()
    }
  })

  test('an empty segment that is gone is missed too', async () => {
    const final = await join(await partOf('aaa'), await partOf(''))
    await rm(path.join(dir, `${idOf(final)}.1`))
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('damaged')
    await reopen()
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('damaged')
  })

  test('one whose record can not be read is told of, and its bytes are left as they are', async () => {
    const a = await partOf('aaa')
    const final = await join(a, a)
    await closeFolder(uploads)
    await writeFile(path.join(dir, `${idOf(final)}.json`), '{"id":')
    uploads = await openFolder(dir)
    expect(await refusalOf(uploads.look(idOf(final)))).toBe('damaged')
    expect(uploads.findings).toMatchObject([{ level: 'warn', id: idOf(final) }])
    expect(filesOf(final)).toHaveLength(3)
  })
})

describe('expiry', () => {
  const later = (seconds: number) => Date.now() + seconds * 1000
  beforeEach(() => reopen({ expireAfter: 60 }))

  test('finished parts go, what was made of them stays', async () => {
    const [a, b] = [await partOf('aaa'), await newPart(5)]
    const final = await join(a)
    const whole = await uploads.create({ length: 0, metadata: '' })
    expect(await uploads.sweep(later(59))).toBe(0)
    expect(await uploads.sweep(later(61))).toBe(2)
    expect([a.removed, b.removed, whole.removed]).toEqual([true, true, false])
    await expectWhole(final, 'aaa')
    expect(await uploads.sweep(later(1e6))).toBe(0)
    await reopen()
    await expectWhole(final, 'aaa')
  })

  test('a finished part stays for as long as the others come', async () => {
    const [a, b] = [await partOf('aaa'), await newPart(2)]
    const final = await join(a, b)
    a.modified -= 100_000
    final.modified -= 100_000
    expect(await uploads.sweep()).toBe(0)
    expect((await uploads.look(idOf(a))).offset, 'not said to be expired').toBe(3)
    expect((await uploads.look(idOf(final))).offset).toBe(0)
    await append(b, 'bb')
    await untilState(final, 'finished')
    await expectWhole(final, 'aaabb')
    expect(await uploads.sweep(), 'it is not needed any more').toBe(1)
  })

  test('a part that nobody goes on with takes the final and the others with it', async () => {
    const [a, b] = [await partOf('aaa'), await newPart(2)]
    const final = await join(a, b)
    for (const upload of [a, b]) upload.modified -= 100_000
    expect(await refusalOf(uploads.append(idOf(b), requestOf(0, 'bb')))).toBe('gone')
    expect(await refusalOf(uploads.look(idOf(final))), 'before the sweep, too').toBe('gone')
    await uploads.sweep()
    await until('removed', () => final.removed)
    await uploads.sweep()
    expect(uploads.list()).toEqual([])
    await until('cleared up', () => readdirSync(dir).length === 0)
  })

  test('to be used again keeps a part alive', async () => {
    const a = await partOf('aaa')
    a.modified -= 59_000
    await join(a)
    a.modified -= 59_000
    await join(a)
    expect(await uploads.sweep(later(2))).toBe(0)
    a.modified -= 61_000
    expect(await refusalOf(join(a))).toBe('part-missing')
  })

  test('after a restart it counts from the last byte', async () => {
    const a = await partOf('aaa')
    await closeFolder(uploads)
    const long = new Date(Date.now() - 61_000)
    await utimes(path.join(dir, idOf(a)), long, long)
    const record = path.join(dir, `${idOf(a)}.json`)
    const text = await readFile(record, 'utf8')
    await writeFile(
      record,
      text.replace(/"creation_date":"[^"]+"/, `"creation_date":"${long.toISOString()}"`),
    )
    uploads = await openFolder(dir, { expireAfter: 60 })
    expect(await refusalOf(join(a))).toBe('part-missing')
    expect(await uploads.sweep()).toBe(1)
  })
})

describe('a file system without second names', () => {
  test.for(['EPERM', 'EMLINK', 'EXDEV', 'EOPNOTSUPP'])('%s: the bytes are copied', async (code) => {
    const [a, b] = [await partOf('aaa'), await partOf('bb')]
    failCalls((name) => (name === 'link' ? systemError(code) : null))
    const final = await join(a, b, a)
    failCalls(null)
    await uploads.remove(idOf(a))
    await expectWhole(final, 'aaabbaaa')
    await reopen()
    await expectWhole(final, 'aaabbaaa')
    await uploads.remove(idOf(final))
    expect(filesOf(final)).toEqual([])
  })

  test('a disk that has no room for the copies is told, and nothing is left', async () => {
    const a = await partOf('aaa')
    const before = await readdir(dir)
    failCalls((name, [, to]) => {
      if (name === 'link') return systemError('EPERM')
      return name === 'copyFile' && String(to).endsWith('.1') ? systemError('ENOSPC') : null
    })
    expect(await refusalOf(join(a, a))).toBe('no-space')
    expect(await readdir(dir)).toEqual(before)
  })
})

test('what nobody may make larger than --max-size', async () => {
  await reopen({ maxSize: 5 })
  const a = await partOf('aaa')
  expect(await refusalOf(join(a, a))).toBe('too-large')
  await expectWhole(await join(a), 'aaa')
})

test('whatever comes at the same time: what is finished is whole, and nothing is left of the rest', async () => {
  await reopen({ durability: 'none', expireAfter: 60 })
  const random = randomOf(3)
  const texts = new Map<string, string>()
  const parts: Upload[] = []
  const finals: Upload[] = []
  const quietly = (work: Promise<unknown>) =>
    work.then(
      () => true,
      (error: UploadError) => {
        // The client's fault, or the bad luck of one who comes too late; never ours.
        expect(['gone', 'part-missing', 'offset-mismatch', 'evicted']).toContain(error.code)
        return false
      },
    )
  const steps = {
    async part() {
      const text = String.fromCharCode(97 + random.integer(26)).repeat(1 + random.integer(9))
      const part = await newPart(text.length)
      texts.set(idOf(part), text)
      parts.push(part)
    },
    async bytes() {
      const part = random.pick(parts)
      const rest = (texts.get(idOf(part)) ?? '').slice(part.offset)
      await quietly(append(part, rest.slice(0, 1 + random.integer(rest.length + 1))))
    },
    async final() {
      const chosen = Array.from({ length: 1 + random.integer(4) }, () => random.pick(parts))
      await quietly(join(...chosen).then((final) => finals.push(final)))
    },
    async removal() {
      await quietly(uploads.remove(idOf(random.pick(random.integer(2) === 0 ? parts : finals))))
    },
    async sweep() {
      await uploads.sweep()
    },
    async look() {
      await quietly(uploads.look(idOf(random.pick(finals))))
    },
  }
  const often = ['part', 'bytes', 'bytes', 'bytes', 'bytes', 'final'] as const
  const names = [...often, ...often, 'removal', 'look'] as const
  for (let index = 0; index < 5; index++) await steps.part()
  await steps.final()
  let left = 600
  const client = async () => {
    while (left-- > 0) await steps[left % 50 === 0 ? 'sweep' : random.pick(names)]()
  }
  await Promise.all(Array.from({ length: 6 }, client))

  let whole = 0
  const present = finals.filter(({ removed }) => !removed)
  for (const final of present) {
    const seen = await uploads.look(idOf(final))
    const { concatenation } = seen.info
    const ids = concatenation?.kind === 'final' ? concatenation.parts : []
    if (stateOf(seen) === 'unfinished') {
      expect(ids.some((id) => uploads.peek(id)?.info.finished === null)).toBe(true)
      continue
    }
    whole += 1
    expect(await contentOf(seen)).toBe(ids.map((id) => texts.get(id)).join(''))
  }
  expect(whole).toBeGreaterThan(5)
  for (const part of parts) part.modified -= 100_000
  // The first frees what only waiting finals kept.
  await uploads.sweep()
  await uploads.sweep()
  expect([...uploads.all()].map(stateOf)).toEqual(Array(whole).fill('finished'))
  const known = [...uploads.all()].flatMap((final) => [
    `${idOf(final)}.json`,
    ...uploads.filesOf(final),
  ])
  const isClear = () => readdirSync(dir).toSorted().join() === known.toSorted().join()
  await until('cleared up', isClear)
})
