// Bodies whose bytes count only when they hash to what was promised: all of them or none, whatever comes between.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import {
  afterAll,
  afterEach,
  beforeEach,
  describe,
  expect,
  type TestContext,
  test,
  vi,
} from 'vitest'
import type { Durability } from '../../server/config.ts'
import { UploadError } from '../../server/uploads/errors.ts'
import { digestLengths, type HashName } from '../../server/uploads/hash.ts'
import type { Upload } from '../../server/uploads/upload.ts'
import type { Uploads } from '../../server/uploads/uploads.ts'
import { randomOf } from '../captures/random.ts'
import {
  delayCalls,
  failCalls,
  stopWatching,
  systemError,
  watchFolder,
} from '../helpers/crashes.ts'
import { sleep } from '../helpers/process.ts'
import {
  bodyOf,
  closeFolder,
  closeResources,
  digestOf,
  openFolder,
  promising,
  refusalOf,
  requestOf,
  sizeOf,
  trailing,
  untilSize,
} from '../helpers/resource.ts'
import { cleanUp, temporaryFolder } from '../helpers/server.ts'

vi.mock(import('node:fs'), async (importOriginal) => {
  const { watchCalls } = await import('../helpers/crashes.ts')
  const names = ['open', 'write', 'writev', 'ftruncate', 'fdatasync'] as const
  return watchCalls(await importOriginal(), names, 'callback')
})
vi.mock(import('node:fs/promises'), async (importOriginal) => {
  const { watchCalls } = await import('../helpers/crashes.ts')
  return watchCalls(
    await importOriginal(),
    ['rm', 'rename', 'truncate', 'writeFile', 'stat'],
    'promise',
  )
})

const run = promisify(execFile)

let dir = ''
let uploads: Uploads
beforeEach(async () => {
  dir = await temporaryFolder()
  uploads = await openFolder(dir)
})
afterEach(async () => {
  failCalls(null)
  delayCalls(null)
  await closeResources()
})
afterAll(cleanUp)

/** A file system of 1 MiB, unmounted at the end. */
async function smallDisk(context: TestContext): Promise<string> {
  if (process.getuid?.() !== 0) context.skip('mounting a small tmpfs needs root')
  const folder = await temporaryFolder('longhaul-disk')
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).then(
    () => true,
    () => false,
  )
  if (!mounted) context.skip("a small tmpfs can't be mounted")
  context.onTestFinished(async () => {
    await run('umount', ['-l', folder])
  })
  return folder
}

const hashes = Object.keys(digestLengths) as HashName[]
const begin = (length: number | null = 1000) => uploads.create({ length, metadata: '' })
const fileOf = ({ info }: Upload) => path.join(dir, info.id)
const markOf = (upload: Upload) => `${fileOf(upload)}.check`
const content = async (upload: Upload) => (await readFile(fileOf(upload))).toString('latin1')

/** Appends a body that hashes to what is promised by SHA-1. */
const appendChecked = (upload: Upload, offset: number, bytes: Uint8Array | string) =>
  uploads.append(
    upload.info.id,
    requestOf(offset, bytes, { check: promising(digestOf('sha1', bytes)) }),
  )

const wrong = promising(digestOf('sha1', 'something else'))

/** The offset and the file are as they were. */
async function expectAt(upload: Upload, bytes: string): Promise<void> {
  expect(upload.offset).toBe(bytes.length)
  expect(await content(upload)).toBe(bytes)
  const seen = await uploads.look(upload.info.id)
  expect(seen.offset).toBe(bytes.length)
}

describe('a body that keeps its promise', () => {
  test('counts as a whole, in one step', async () => {
    const upload = await begin()
    const steps: number[][] = []
    uploads.events.on('progress', ({ offset }, added) => steps.push([offset, added]))
    const bytes = randomBytes(900)
    const body = bodyOf(bytes, 10)
    await uploads.append(
      upload.info.id,
      requestOf(0, body, { check: promising(digestOf('sha1', bytes)) }),
    )
    expect(steps).toEqual([[900, 900]])
    expect(await readFile(fileOf(upload))).toEqual(bytes)
  })

  test.for(hashes)('by %s, before, behind and both', async (hash) => {
    const upload = await begin()
    const { id } = upload.info
    const [a, b, c] = ['first', 'second', 'third']
    await uploads.append(id, requestOf(0, a, { check: promising(digestOf(hash, a)) }))
    await uploads.append(id, requestOf(5, b, { check: trailing([digestOf(hash, b)]) }))
    const both = trailing([digestOf(hash, c)], [digestOf(hash, c)])
    await uploads.append(id, requestOf(11, c, { check: both }))
    await expectAt(upload, 'firstsecondthird')
    for (const check of [promising(digestOf(hash, 'x')), trailing([digestOf(hash, 'x')])]) {
      expect(await refusalOf(uploads.append(id, requestOf(16, 'y', { check })))).toBe(
        'checksum-mismatch',
      )
    }
    await expectAt(upload, 'firstsecondthird')
  })

  test('by all functions at once; one that is not kept is enough to refuse', async () => {
    const upload = await begin()
    const { id } = upload.info
    const all = hashes.map((hash) => digestOf(hash, 'abc'))
    await uploads.append(id, requestOf(0, 'abc', { check: trailing(all, all) }))
    for (const hash of hashes) {
      const broken = all.map((one) => (one.hash === hash ? digestOf(hash, 'abd') : one))
      for (const check of [promising(...broken), trailing(broken), trailing(broken, all)]) {
        expect(await refusalOf(uploads.append(id, requestOf(3, 'abc', { check })))).toBe(
          'checksum-mismatch',
        )
      }
    }
    await expectAt(upload, 'abc')
  })

  test('the last one completes the upload, and leaves no mark', async () => {
    const upload = await begin(10)
    await appendChecked(upload, 0, '01234')
    expect(existsSync(markOf(upload))).toBe(true)
    await appendChecked(upload, 5, '56789')
    expect(upload.info.finished).not.toBeNull()
    expect(existsSync(markOf(upload))).toBe(false)
  })

  test('to repeat the end of a finished upload is harmless, and checked as ever', async () => {
    const upload = await begin(3)
    await appendChecked(upload, 0, 'end')
    for (const bodyLength of [0, null]) {
      const empty = { bodyLength, check: promising(digestOf('md5', '')) }
      await uploads.append(upload.info.id, requestOf(3, '', empty))
      const broken = requestOf(3, '', { bodyLength, check: wrong })
      expect(await refusalOf(uploads.append(upload.info.id, broken))).toBe('checksum-mismatch')
    }
    expect(existsSync(markOf(upload))).toBe(false)
    await expectAt(upload, 'end')
  })

  test('an empty one changes nothing, and an empty one that hashes to something else is refused', async () => {
    const upload = await begin()
    await appendChecked(upload, 0, 'abc')
    const empty = { check: promising(digestOf('md5', '')) }
    await uploads.append(upload.info.id, requestOf(3, '', { ...empty, bodyLength: 0 }))
    await uploads.append(upload.info.id, requestOf(3, '', empty))
    for (const bodyLength of [0, null]) {
      const again = requestOf(3, '', { check: wrong, bodyLength })
      expect(await refusalOf(uploads.append(upload.info.id, again))).toBe('checksum-mismatch')
    }
    await expectAt(upload, 'abc')
  })

  // 64 KiB is what a socket gives at once, 256 KiB what is read back at once, 1 MiB what is gathered.
  test.for([
    1, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 524_288, 1_048_575, 1_048_576, 3_000_001,
  ])('of %i bytes', async (length) => {
    const upload = await begin(length * 2)
    const bytes = randomBytes(length)
    const digest = digestOf('sha256', bytes)
    await uploads.append(upload.info.id, requestOf(0, bytes, { check: trailing([digest]) }))
    await uploads.append(upload.info.id, requestOf(length, bytes, { check: promising(digest) }))
    expect(upload.info.finished).not.toBeNull()
    expect((await readFile(fileOf(upload))).equals(Buffer.concat([bytes, bytes]))).toBe(true)
  })
})

describe('a body that does not is as if it had never come', () => {
  const none = async (upload: Upload) => {
    const progress = vi.fn()
    uploads.events.on('progress', progress)
    return async () => {
      await expectAt(upload, 'kept')
      expect(progress).not.toHaveBeenCalled()
      // And the upload goes on.
      await appendChecked(upload, 4, ' on')
      await expectAt(upload, 'kept on')
    }
  }
  const started = async () => {
    const upload = await begin()
    await appendChecked(upload, 0, 'kept')
    return { upload, expectNothing: await none(upload), id: upload.info.id }
  }

  test('a mismatch', async () => {
    const { upload, expectNothing, id } = await started()
    const error = await uploads
      .append(id, requestOf(4, 'damaged', { check: wrong }))
      .catch((e) => e)
    expect(error).toBeInstanceOf(UploadError)
    expect(error).toMatchObject({ code: 'checksum-mismatch', offset: 4 })
    expect(upload.damage).toBeNull()
    await expectNothing()
  })

  test('a client that goes away', async () => {
    const { expectNothing, id } = await started()
    const body = new PassThrough()
    body.write('damaged')
    const work = uploads.append(id, requestOf(4, body, { check: wrong }))
    await untilSize(uploads, id, 11)
    expect((await uploads.look(id)).offset, 'while it comes').toBe(4)
    expect((await uploads.find(id)).offset).toBe(4)
    body.destroy()
    expect(await refusalOf(work)).toBe('interrupted')
    await expectNothing()
  })

  test('a client that goes away when all of it is here', async () => {
    const { expectNothing, id } = await started()
    const body = new PassThrough()
    body.write('whole')
    const check = promising(digestOf('sha1', 'whole'))
    const work = uploads.append(id, requestOf(4, body, { check }))
    await untilSize(uploads, id, 9)
    body.destroy()
    expect(await refusalOf(work)).toBe('interrupted')
    await expectNothing()
  })

  test('a newcomer takes a silent one over', async () => {
    const { expectNothing, id } = await started()
    const body = new PassThrough()
    body.write('silent')
    const first = refusalOf(uploads.append(id, requestOf(4, body, { check: wrong })))
    await untilSize(uploads, id, 10)
    // Its place is free again: the newcomer begins where the other did.
    await uploads.append(id, requestOf(4, '', { check: null }))
    expect(await first).toBe('evicted')
    await expectNothing()
  })

  test('one that is too long', async () => {
    const { expectNothing, id } = await started()
    const bytes = 'x'.repeat(997)
    const check = promising(digestOf('sha1', bytes))
    expect(await refusalOf(uploads.append(id, requestOf(4, bytes, { check })))).toBe(
      'beyond-length',
    )
    await expectNothing()
  })

  test('nothing usable came behind it', async () => {
    const { expectNothing, id } = await started()
    const check = {
      promised: [],
      trailing() {
        throw new UploadError('checksum-invalid', 'No checksum came.')
      },
    }
    expect(await refusalOf(uploads.append(id, requestOf(4, 'bytes', { check })))).toBe(
      'checksum-invalid',
    )
    await expectNothing()
  })

  test('a disk that is full in the middle', async () => {
    const { expectNothing, id } = await started()
    const body = new PassThrough()
    body.write('some')
    const work = uploads.append(id, requestOf(4, body, { check: wrong }))
    await untilSize(uploads, id, 8)
    failCalls((name) => (name === 'writev' ? systemError('ENOSPC') : null))
    body.end('more')
    expect(await refusalOf(work)).toBe('no-space')
    failCalls(null)
    await expectNothing()
  })

  test.for(['open', 'write', 'fdatasync'])(
    'a disk that is full for the mark (%s)',
    async (call) => {
      const upload = await begin()
      const { id } = upload.info
      await uploads.append(id, requestOf(0, 'kept'))
      failCalls((name) => (name === call ? systemError('ENOSPC') : null))
      expect(await refusalOf(appendChecked(upload, 4, 'refused'))).toBe('no-space')
      failCalls(null)
      await (await none(upload))()
    },
  )

  test('a disk that refuses the last note before it counts', async () => {
    const { expectNothing, id, upload } = await started()
    failCalls((name, [, text]) =>
      name === 'write' && Number(text) > 4 ? systemError('ENOSPC') : null,
    )
    expect(await refusalOf(appendChecked(upload, 4, 'refused'))).toBe('no-space')
    failCalls(null)
    expect(id).toBe(upload.info.id)
    await expectNothing()
  })

  test('a disk that lets nothing be written, nor taken away', async () => {
    const { upload, expectNothing, id } = await started()
    const body = new PassThrough()
    body.write('some')
    const work = uploads.append(id, requestOf(4, body, { check: wrong }))
    await untilSize(uploads, id, 8)
    failCalls((name) => (/writev|ftruncate/.test(name) ? systemError('EROFS') : null))
    body.end('more')
    expect(await refusalOf(work)).toBe('unwritable')
    failCalls(null)
    expect(await content(upload), 'left behind the mark').toBe('keptsome')
    expect((await uploads.look(id)).offset).toBe(4)
    await uploads.append(id, requestOf(4, ''))
    await expectNothing()
  })

  test('a disk that has really no room', async (context) => {
    const disk = await smallDisk(context)
    const small = await openFolder(disk)
    const upload = await small.create({ length: 2 ** 20, metadata: '' })
    const { id } = upload.info
    const first = randomBytes(100_000)
    const check = (bytes: Uint8Array) => ({ check: promising(digestOf('crc32', bytes)) })
    await small.append(id, requestOf(0, first, check(first)))
    await writeFile(path.join(disk, 'ballast'), Buffer.alloc(700_000))
    const large = randomBytes(500_000)
    const error = await small.append(id, requestOf(100_000, large, check(large))).catch((e) => e)
    expect(error).toMatchObject({ code: 'no-space', offset: 100_000 })
    expect(await sizeOf(path.join(disk, id)), 'its room is free again').toBe(100_000)
    expect((await small.look(id)).offset).toBe(100_000)
    await rm(path.join(disk, 'ballast'))
    await small.append(id, requestOf(100_000, large, check(large)))
    expect(await readFile(path.join(disk, id))).toEqual(Buffer.concat([first, large]))
    await closeFolder(small)
  })

  test('the service is about to stop', async () => {
    const upload = await begin()
    await appendChecked(upload, 0, 'kept')
    const body = new PassThrough()
    body.write('cut')
    const work = refusalOf(uploads.append(upload.info.id, requestOf(4, body, { check: wrong })))
    await untilSize(uploads, upload.info.id, 7)
    uploads.drain()
    expect(await work).toBe('draining')
    expect(await content(upload)).toBe('kept')
  })

  test('the upload is removed meanwhile, with all of its files', async () => {
    const { id, upload } = await started()
    const body = new PassThrough()
    body.write('cut')
    const work = refusalOf(uploads.append(id, requestOf(4, body, { check: wrong })))
    await untilSize(uploads, id, 7)
    await uploads.remove(id)
    expect(await work).toBe('evicted')
    for (const suffix of ['', '.json', '.gone', '.check'])
      expect(existsSync(fileOf(upload) + suffix), suffix).toBe(false)
  })
})

test('checked and unchecked bodies take turns', async () => {
  const upload = await begin()
  const { id } = upload.info
  const said = ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff']
  let offset = 0
  for (const [index, bytes] of said.entries()) {
    if (index % 2 === 0) await appendChecked(upload, offset, bytes)
    else await uploads.append(id, requestOf(offset, bytes))
    expect(existsSync(markOf(upload)), bytes).toBe(index % 2 === 0)
    offset += bytes.length
    expect(await refusalOf(uploads.append(id, requestOf(offset, 'no', { check: wrong })))).toBe(
      'checksum-mismatch',
    )
  }
  await expectAt(upload, said.join(''))
})

test('an unchecked body that is cut is kept as ever, after a checked one', async () => {
  const upload = await begin()
  await appendChecked(upload, 0, 'kept')
  const body = new PassThrough()
  body.write(' too')
  const work = refusalOf(uploads.append(upload.info.id, requestOf(4, body)))
  await untilSize(uploads, upload.info.id, 8)
  body.destroy()
  expect(await work).toBe('interrupted')
  await expectAt(upload, 'kept too')
  await closeFolder(uploads)
  uploads = await openFolder(dir)
  expect((await uploads.look(upload.info.id)).offset).toBe(8)
})

test('what waits behind a body that is refused may go on where it began', async () => {
  const upload = await begin()
  const { id } = upload.info
  const body = new PassThrough()
  body.write('wrong')
  const first = refusalOf(uploads.append(id, requestOf(0, body, { check: wrong })))
  await untilSize(uploads, id, 5)
  const check = promising(digestOf('sha1', 'right'))
  const second = uploads.append(id, requestOf(0, 'right', { check }))
  body.end()
  expect(['checksum-mismatch', 'evicted']).toContain(await first)
  await second
  await expectAt(upload, 'right')
})

test('a checked body that pauses is not given up for one who comes: else two could do so for ever', async () => {
  const upload = await begin()
  const { id } = upload.info
  const body = new PassThrough()
  const check = promising(digestOf('sha1', 'slowly'))
  const first = uploads.append(id, requestOf(0, body, { check }))
  body.write('slo')
  await untilSize(uploads, id, 3)
  const second = refusalOf(uploads.append(id, requestOf(0, 'second', { check: wrong })))
  // Longer than an unchecked one may be silent.
  await sleep(200)
  body.end('wly')
  await first
  expect(await second).toBe('offset-mismatch')
  await expectAt(upload, 'slowly')
})

test('what waits behind a body that is taken is told of the new offset', async () => {
  const upload = await begin()
  const { id } = upload.info
  const body = new PassThrough()
  body.write('fir')
  const check = promising(digestOf('sha1', 'first'))
  const first = uploads.append(id, requestOf(0, body, { check }))
  await untilSize(uploads, id, 3)
  const second = refusalOf(uploads.append(id, requestOf(0, 'second', { check: null })))
  body.end('st')
  await first
  expect(await second).toBe('offset-mismatch')
  await expectAt(upload, 'first')
})

describe('after a restart', () => {
  const reopen = async () => {
    await closeFolder(uploads)
    uploads = await openFolder(dir)
  }
  const markText = (offset: number) => `${String(offset).padStart(16, '0')}\n`

  test.for(['finish', 'patch', 'none'] as const)(
    'a crash before any step of checked and unchecked bodies: durability %s',
    async (durability: Durability) => {
      await closeFolder(uploads)
      uploads = await openFolder(dir, { durability })
      const upload = await begin(30)
      const { id } = upload.info
      const moments = watchFolder(dir, await temporaryFolder())
      const told: number[] = [0]
      const at: number[] = []
      uploads.events.on('progress', ({ offset }) => {
        told.push(offset)
        // So many moments were before it.
        at.push(moments.length)
      })
      const check = (text: string) => ({ check: promising(digestOf('sha1', text)) })
      await uploads.append(id, requestOf(0, 'aaaaa', check('aaaaa')))
      await refusalOf(uploads.append(id, requestOf(5, 'XXXXXXX', { check: wrong })))
      await uploads.append(id, requestOf(5, 'bbbbb', check('bbbbb')))
      await uploads.append(id, requestOf(10, 'ccccc'))
      await refusalOf(uploads.append(id, requestOf(15, 'YYYYYYY', { check: wrong })))
      await uploads.append(id, requestOf(15, 'ddddd', check('ddddd')))
      await refusalOf(uploads.append(id, requestOf(20, 'ZZZZZZZZZZ', { check: wrong })))
      await uploads.append(id, requestOf(20, 'eeeeefffff', check('eeeeefffff')))
      stopWatching()
      expect(told).toEqual([0, 5, 10, 15, 20, 30])
      expect(moments.length).toBeGreaterThan(20)
      const whole = 'aaaaabbbbbcccccdddddeeeeefffff'
      for (const [index, { dir: copy, before }] of moments.entries()) {
        const after = await openFolder(copy, { durability })
        const seen = await after.look(id)
        const name = `moment ${index}, before ${before}`
        // What was told is there; and one step more may be, whose note was written, but of whom nobody was told yet.
        const steps = at.filter((moment) => moment <= index).length
        expect(told.slice(steps, steps + 2), name).toContain(seen.offset)
        const kept = await readFile(path.join(copy, id), 'latin1')
        expect(kept, name).toBe(whole.slice(0, seen.offset))
        await closeFolder(after)
      }
    },
  )

  test('bytes behind the mark are taken away; the upload goes on from there', async () => {
    const upload = await begin(20)
    await appendChecked(upload, 0, 'kept')
    await closeFolder(uploads)
    await writeFile(fileOf(upload), 'kept and more')
    uploads = await openFolder(dir)
    const seen = await uploads.look(upload.info.id)
    expect(seen.offset).toBe(4)
    expect(await content(seen)).toBe('kept')
    await uploads.append(upload.info.id, requestOf(4, ' for good'))
    expect(existsSync(markOf(upload)), 'nothing is behind it any more').toBe(false)
    await reopen()
    expect((await uploads.look(upload.info.id)).offset).toBe(13)
  })

  test('a mark that was made, but not written', async () => {
    const upload = await begin(20)
    await uploads.append(upload.info.id, requestOf(0, 'kept'))
    await closeFolder(uploads)
    await writeFile(markOf(upload), '')
    uploads = await openFolder(dir)
    expect((await uploads.look(upload.info.id)).offset).toBe(4)
    expect(existsSync(markOf(upload))).toBe(false)
  })

  test('a file that is shorter than its mark', async () => {
    const upload = await begin(20)
    await appendChecked(upload, 0, 'keptgone')
    await closeFolder(uploads)
    await truncate(fileOf(upload), 4)
    uploads = await openFolder(dir)
    const seen = await uploads.look(upload.info.id)
    await appendChecked(seen, 4, 'again')
    await expectAt(seen, 'keptagain')
  })

  test('a mark beside a finished upload is cleared, whatever it says', async () => {
    const upload = await begin(4)
    await uploads.append(upload.info.id, requestOf(0, 'done'))
    await closeFolder(uploads)
    await writeFile(markOf(upload), markText(2))
    uploads = await openFolder(dir)
    const seen = await uploads.look(upload.info.id)
    expect([seen.offset, seen.damage]).toEqual([4, null])
    expect(seen.info.finished).not.toBeNull()
    expect(existsSync(markOf(upload))).toBe(false)
  })

  test('a mark without an upload is cleared; files of others are left alone', async () => {
    const id = randomBytes(16).toString('hex')
    const others = ['notes.check', `${id.toUpperCase()}.check`, `${id}.check.txt`, `${id}x.check`]
    await closeFolder(uploads)
    for (const name of [`${id}.check`, ...others])
      await writeFile(path.join(dir, name), markText(0))
    uploads = await openFolder(dir)
    expect(existsSync(path.join(dir, `${id}.check`))).toBe(false)
    for (const name of others) expect(existsSync(path.join(dir, name)), name).toBe(true)
  })

  test('bytes whose record is gone keep their mark: with the record they are an upload again', async () => {
    const upload = await begin(20)
    await appendChecked(upload, 0, 'kept')
    await closeFolder(uploads)
    const record = await readFile(`${fileOf(upload)}.json`)
    await writeFile(fileOf(upload), 'kept and more')
    await rm(`${fileOf(upload)}.json`)
    await closeFolder(await openFolder(dir))
    await writeFile(`${fileOf(upload)}.json`, record)
    uploads = await openFolder(dir)
    expect((await uploads.look(upload.info.id)).offset).toBe(4)
  })

  // @tus/file-store doesn't note that an upload is finished: it is, if it is whole.
  test('an upload of @tus/file-store is not finished by bytes that do not count', async () => {
    const id = randomBytes(16).toString('hex')
    await closeFolder(uploads)
    const stock = { id, size: 10, offset: 0, metadata: {}, creation_date: new Date().toISOString() }
    await writeFile(path.join(dir, `${id}.json`), JSON.stringify(stock))
    await writeFile(path.join(dir, id), 'kept')
    uploads = await openFolder(dir)
    const upload = await uploads.look(id)
    const body = new PassThrough()
    body.write('unsure')
    const moments = watchFolder(dir, await temporaryFolder())
    const work = refusalOf(uploads.append(id, requestOf(4, body, { check: wrong })))
    await untilSize(uploads, id, 10)
    stopWatching()
    body.end()
    expect(await work).toBe('checksum-mismatch')
    await expectAt(upload, 'kept')
    const after = await openFolder(moments.at(-1)?.dir ?? '')
    const seen = await after.look(id)
    expect([seen.offset, seen.info.finished]).toEqual([4, null])
  })
})

// Somebody else, or a disk that was repaired, took bytes away: what the mark says is too much from then on.
test('a mark never says more than the file had when the body began', async () => {
  const upload = await begin(30)
  const { id } = upload.info
  await appendChecked(upload, 0, 'keptlost')
  await truncate(fileOf(upload), 4)
  expect((await uploads.look(id)).offset).toBe(4)
  const body = new PassThrough()
  body.write('unsure')
  const work = refusalOf(uploads.append(id, requestOf(4, body, { check: wrong })))
  await untilSize(uploads, id, 10)
  const moments = watchFolder(dir, await temporaryFolder())
  stopWatching()
  body.end()
  await work
  const after = await openFolder(moments[0]?.dir ?? '')
  expect((await after.look(id)).offset).toBe(4)
})

test('a note that failed half-way is written again before the next body', async () => {
  const upload = await begin(30)
  const { id } = upload.info
  await closeFolder(uploads)
  uploads = await openFolder(dir, { durability: 'patch' })
  const seen = await uploads.look(id)
  await appendChecked(seen, 0, 'kept')
  // The note is written, but the disk doesn't confirm it; the data was forced before.
  let forced = 0
  failCalls((name) => {
    if (name === 'fdatasync') forced += 1
    return name === 'fdatasync' && forced === 2 ? systemError('ENOSPC') : null
  })
  expect(await refusalOf(appendChecked(seen, 4, 'refused'))).toBe('no-space')
  failCalls(null)
  const body = new PassThrough()
  body.write('unsure')
  const work = refusalOf(uploads.append(id, requestOf(4, body, { check: wrong })))
  await untilSize(uploads, id, 10)
  const moments = watchFolder(dir, await temporaryFolder())
  stopWatching()
  body.end()
  await work
  const after = await openFolder(moments[0]?.dir ?? '')
  expect((await after.look(id)).offset).toBe(4)
})

test('each checked body costs one small write and no more, once the mark is there', async () => {
  const upload = await begin(30)
  await appendChecked(upload, 0, 'first')
  const calls: string[] = []
  failCalls((name) => {
    calls.push(name)
    return null
  })
  await appendChecked(upload, 5, 'second')
  expect(calls).toEqual(['writev', 'write'])
  calls.length = 0
  await uploads.append(upload.info.id, requestOf(11, 'third'))
  await uploads.append(upload.info.id, requestOf(16, 'fourth'))
  expect(calls).toEqual(['rm', 'writev', 'writev'])
})

test('a mark is closed with its file, and both can be opened again', async () => {
  await closeFolder(uploads)
  uploads = await openFolder(dir, { openFiles: 1 })
  const all = await Promise.all(Array.from({ length: 5 }, () => begin(30)))
  for (let round = 0; round < 3; round++) {
    for (const upload of all) await appendChecked(upload, round * 5, 'hello')
  }
  const held = all.filter(({ fd, mark }) => fd !== null || mark.fd !== null)
  expect(held.length).toBeLessThanOrEqual(2)
  for (const upload of all) {
    await expectAt(upload, 'hellohellohello')
    expect(await sizeOf(markOf(upload))).toBe(17)
  }
})

function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('bytes that a look at the disk saw, but that were taken back before it was told, are not told', async () => {
  const upload = await begin()
  const { id } = upload.info
  await appendChecked(upload, 0, 'kept')
  const [look, seen, answer] = [gate(), gate(), gate()]
  let isFirst = true
  delayCalls((name, _args, call) => {
    if (name !== 'stat' || !isFirst) return null
    isFirst = false
    return look.opened.then(call).finally(() => {
      seen.open()
      return answer.opened
    })
  })
  const looked = uploads.look(id)
  const body = new PassThrough()
  body.write('wrong')
  const work = refusalOf(uploads.append(id, requestOf(4, body, { check: wrong })))
  await untilSize(uploads, id, 9)
  look.open()
  await seen.opened
  body.end()
  expect(await work).toBe('checksum-mismatch')
  await uploads.append(id, requestOf(4, ''))
  answer.open()
  expect((await looked).offset).toBe(4)
  delayCalls(null)
})

test('an upload whose removal has begun is gone, though its files are still being cleared up', async () => {
  const upload = await begin()
  const { id } = upload.info
  await appendChecked(upload, 0, 'kept')
  const [begun, clear] = [gate(), gate()]
  delayCalls((name, _args, call) => {
    if (name !== 'rm') return null
    begun.open()
    return clear.opened.then(call)
  })
  const removal = uploads.remove(id)
  await begun.opened
  expect(await refusalOf(uploads.look(id))).toBe('gone')
  expect(await refusalOf(uploads.append(id, requestOf(4, 'x')))).toBe('gone')
  expect(await refusalOf(uploads.remove(id))).toBe('gone')
  expect(uploads.list()).toEqual([])
  clear.open()
  await removal
  delayCalls(null)
  expect(readdirSync(dir)).toEqual([])
})

// Every body is of one byte value, so each byte of the file tells from whom it is.
test('whoever comes at the same time, in whatever order: bytes never mix, and what was told stays', async () => {
  await closeFolder(uploads)
  uploads = await openFolder(dir, { openFiles: 1 })
  const random = randomOf(7)
  const kinds = ['right', 'behind', 'wrong', 'unchecked', 'cut', 'cut-unchecked'] as const
  const all = await Promise.all([begin(null), begin(null), begin(null)])
  const known = new Map(all.map((upload) => [upload, Buffer.alloc(0)]))
  let taken = 0

  async function oneBody(upload: Upload, value: number): Promise<void> {
    const kind = random.pick(kinds)
    const bytes = Buffer.alloc(1 + random.integer(30_000), value)
    const { offset } = upload
    const digest = digestOf('md5', kind === 'wrong' ? 'something else' : bytes)
    const check =
      kind === 'unchecked' || kind === 'cut-unchecked'
        ? null
        : kind === 'behind'
          ? trailing([digest])
          : promising(digest)
    const body = new PassThrough()
    const work = uploads.append(upload.info.id, requestOf(offset, body, { check })).then(
      () => null,
      (error: UploadError) => error.code,
    )
    for (let from = 0; from < bytes.length; from += 10_000) {
      body.write(Buffer.from(bytes.subarray(from, from + 10_000)))
      await new Promise(setImmediate)
    }
    if (kind.startsWith('cut')) body.destroy()
    else body.end()
    const code = await work
    const file = await readFile(fileOf(upload))
    if (code === null) {
      taken += 1
      expect(file.subarray(offset, offset + bytes.length).equals(bytes), `${kind} ${value}`).toBe(
        true,
      )
    } else if (check !== null) {
      expect(file.subarray(0, upload.offset).includes(value), `${kind}, ${code}`).toBe(false)
    }
  }

  /** What was told is never taken back, nor ever other bytes. */
  async function look(upload: Upload): Promise<void> {
    const before = known.get(upload) ?? Buffer.alloc(0)
    const { offset } = await uploads.look(upload.info.id)
    const now = (await readFile(fileOf(upload))).subarray(0, offset)
    expect(now.length).toBe(offset)
    expect(now.subarray(0, before.length).equals(before)).toBe(true)
    if (now.length > (known.get(upload)?.length ?? 0)) known.set(upload, now)
  }

  let value = 0
  const client = async () => {
    while (value < 250) {
      value += 1
      const mine = value
      const upload = random.pick(all)
      await (random.integer(4) === 0 ? look(upload) : oneBody(upload, mine))
    }
  }
  await Promise.all(Array.from({ length: 5 }, client))
  for (const upload of all) await look(upload)
  expect(taken).toBeGreaterThan(20)
})
