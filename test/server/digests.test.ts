// What whole uploads hash to: promised by the client, or asked for afterwards. The thread is the real one, of the built service.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { digestLengths, type HashName } from '../../server/uploads/hash.ts'
import { stateOf, type Upload } from '../../server/uploads/upload.ts'
import type { Uploads } from '../../server/uploads/uploads.ts'
import { until } from '../helpers/process.ts'
import { digestOf, requestOf } from '../helpers/resource.ts'
import { cleanUp, cliPath, temporaryFolder } from '../helpers/server.ts'

type Built = typeof import('../../server/uploads/uploads.ts')
const built: Built = await import(
  /* @vite-ignore */ pathToFileURL(path.join(path.dirname(cliPath), 'uploads/uploads.js')).href
)

let dir = ''
let uploads: Uploads
beforeEach(async () => {
  dir = await temporaryFolder()
  await open()
})
afterEach(() => uploads.close())
afterAll(cleanUp)

async function open(): Promise<void> {
  uploads = await built.openUploads({
    dir,
    durability: 'finish',
    maxSize: 0,
    minFree: 0,
    expireAfter: 0,
    openFiles: 8,
    hasFinishHook: false,
    readTimeout: 0,
    minRate: 0,
  })
}

async function reopen(): Promise<void> {
  await uploads.close()
  await open()
}

const hashes = Object.keys(digestLengths) as HashName[]
const bytes = randomBytes(3_000_000)
const append = ({ info, offset }: Upload, body: Uint8Array | string) =>
  uploads.append(info.id, requestOf(offset, body))

async function finished(body: Uint8Array | string, part?: string): Promise<Upload> {
  const length = Buffer.byteLength(body)
  const upload = await uploads.create({
    length,
    metadata: '',
    ...(part === undefined ? {} : { part }),
  })
  return length === 0 ? upload : append(upload, body)
}

/** The error is of the built service's class. */
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was refused',
    (error: { code?: string }) => error.code,
  )

describe('asked for', () => {
  test.for(hashes)('%s, of an upload and of one made of others', async (hash) => {
    const upload = await finished(bytes)
    expect(await uploads.digest(upload.info.id, hash)).toEqual(digestOf(hash, bytes))
    const parts = [await finished('first', 'partial'), await finished('', 'partial')]
    const ids = parts.map(({ info }) => info.id)
    const final = await uploads.concatenate({
      parts: [...ids, ids[0] ?? ''],
      header: '',
      metadata: '',
    })
    expect(await uploads.digest(final.info.id, hash)).toEqual(digestOf(hash, 'firstfirst'))
  })

  test('it is kept: a restart knows it without the bytes', async () => {
    const { info } = await finished('hello')
    const digest = digestOf('sha256', 'hello')
    await uploads.digest(info.id, 'sha256')
    await reopen()
    expect(uploads.peek(info.id)?.info.digests).toEqual([digest])
    // Other bytes of the same length, to see that nobody looks at them.
    await writeFile(path.join(dir, info.id), 'world')
    expect(await uploads.digest(info.id, 'sha256')).toEqual(digest)
    expect(await uploads.digest(info.id, 'md5')).toEqual(digestOf('md5', 'world'))
  })

  test('several at once, of several uploads', async () => {
    const all = await Promise.all(['a', 'bb', ''].map((text) => finished(text)))
    const asked = all.flatMap(({ info }) => hashes.map((hash) => uploads.digest(info.id, hash)))
    const texts = ['a', 'bb', ''].flatMap((text) => hashes.map((hash) => digestOf(hash, text)))
    expect(await Promise.all(asked)).toEqual(texts)
    for (const { info } of all) {
      const known = uploads.peek(info.id)?.info.digests.map(({ hash }) => hash)
      expect(known?.toSorted()).toEqual(hashes.toSorted())
    }
  })

  test('nobody is told of an upload that was removed meanwhile', async () => {
    const { info } = await finished(bytes)
    const told: string[] = []
    const asked = uploads.digest(info.id, 'sha512').then(
      () => {},
      () => {},
    )
    await new Promise(setImmediate)
    await uploads.remove(info.id)
    uploads.events.on('change', ({ info: { id } }) => told.push(id))
    await asked
    expect(told).toEqual([])
    expect(readdirSync(dir)).toEqual([])
  })

  test('a disk that can not keep it does not keep it from who asks', async () => {
    const { info } = await finished('hello')
    // Nothing can be written in its place.
    const { mkdir } = await import('node:fs/promises')
    await mkdir(path.join(dir, `${info.id}.json.tmp`))
    expect(await uploads.digest(info.id, 'md5')).toEqual(digestOf('md5', 'hello'))
    await rm(path.join(dir, `${info.id}.json.tmp`), { recursive: true, force: true })
  })

  test('of what is not finished, removed or never was: refused', async () => {
    const { info } = await uploads.create({ length: 3, metadata: '' })
    expect(await codeOf(uploads.digest(info.id, 'md5'))).toBe('not-finished')
    await uploads.remove(info.id)
    expect(await codeOf(uploads.digest(info.id, 'md5'))).toBe('gone')
    expect(await codeOf(uploads.digest('0'.repeat(32), 'md5'))).toBe('not-found')
  })
})

describe('promised', () => {
  const promise = (length: number, ...promised: ReturnType<typeof digestOf>[]) =>
    uploads.create({ length, metadata: '', promised })

  test('and kept: it is known from then on', async () => {
    const promised = hashes.map((hash) => digestOf(hash, 'hello'))
    const upload = await promise(5, ...promised)
    await append(upload, 'hel')
    await reopen()
    await append(await uploads.look(upload.info.id), 'lo')
    await reopen()
    const seen = await uploads.look(upload.info.id)
    expect([stateOf(seen), seen.info.digests]).toEqual(['finished', promised])
  })

  test('of nothing', async () => {
    const upload = await promise(0, digestOf('sha256', ''))
    expect(stateOf(upload)).toBe('finished')
    expect(await codeOf(promise(0, digestOf('sha256', 'x')))).toBe('digest-mismatch')
    expect(readdirSync(dir).filter((name) => !name.startsWith(upload.info.id))).toEqual([])
  })

  test.for(hashes)(
    'and broken (%s): the upload is removed, and later requests are told why',
    async (hash) => {
      const others = hashes.filter((one) => one !== hash).map((one) => digestOf(one, 'hello'))
      const upload = await promise(5, ...others, digestOf(hash, 'hellO'))
      const told = vi.fn()
      uploads.events.on('finished', told)
      await append(upload, 'hell')
      expect(await codeOf(append(upload, 'o'))).toBe('digest-mismatch')
      expect(told).not.toHaveBeenCalled()
      expect(await codeOf(uploads.look(upload.info.id))).toBe('gone')
      expect(readdirSync(dir)).toEqual([])
    },
  )

  test('while the bytes are hashed the end is told to nobody', async () => {
    const upload = await promise(bytes.length, digestOf('sha512', bytes))
    const work = append(upload, bytes)
    await until('all bytes', () => upload.offset === bytes.length)
    if (upload.info.finished === null)
      expect(await codeOf(uploads.find(upload.info.id))).toBe('busy')
    await work
    expect(stateOf(await uploads.find(upload.info.id))).toBe('finished')
  })

  test('a crash before the end: a start checks what it completes', async () => {
    const good = await promise(5, digestOf('sha256', 'hello'))
    const bad = await promise(5, digestOf('sha256', 'hellO'))
    await uploads.close()
    for (const { info } of [good, bad]) await writeFile(path.join(dir, info.id), 'hello')
    await open()
    expect(stateOf(await uploads.look(good.info.id))).toBe('finished')
    expect(await codeOf(uploads.look(bad.info.id))).toBe('gone')
    expect(existsSync(path.join(dir, bad.info.id))).toBe(false)
  })

  test('the record keeps them to the byte', async () => {
    const upload = await promise(5, digestOf('crc32', 'x'), digestOf('sha512', 'y'))
    const { longhaul } = JSON.parse(
      await readFile(path.join(dir, `${upload.info.id}.json`), 'utf8'),
    )
    expect(longhaul.promised).toEqual({
      crc32: digestOf('crc32', 'x').value.toString('base64'),
      sha512: digestOf('sha512', 'y').value.toString('base64'),
    })
    await reopen()
    expect(uploads.peek(upload.info.id)?.info.promised).toEqual(
      expect.arrayContaining([digestOf('crc32', 'x'), digestOf('sha512', 'y')]),
    )
  })
})
