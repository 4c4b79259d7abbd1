// Records that other hands wrote: none ends the process, none costs an upload its bytes, and thousands start at once.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import {
  createUpload,
  get,
  head,
  metadata,
  offsetOf,
  patch,
  remove,
  upload,
} from '../helpers/tus.ts'

afterAll(cleanUp)

const newId = () => randomBytes(16).toString('hex')
const content = 'twelve bytes'

/** A record as @tus/file-store writes it; ours has `longhaul` besides. */
const recordOf = (id: string, more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    id,
    size: content.length,
    offset: 0,
    metadata: { filename: 'Grüße.txt' },
    creation_date: '2024-05-06T07:08:09.000Z',
    storage: { type: 'file', path: '/elsewhere' },
    ...more,
  })

const own = (more: Readonly<Record<string, unknown>>) => ({
  longhaul: { version: 1, metadata: 'filename bmFtZQ==', finished: null, hook: null, ...more },
})

async function put(dir: string, id: string, record: string, data: string | null): Promise<string> {
  await writeFile(path.join(dir, `${id}.json`), record)
  if (data !== null) await writeFile(path.join(dir, id), data)
  return `/files/${id}`
}

async function stateOf(server: RunningServer, target: string): Promise<string | null> {
  const response = await get(server, target.replace('files', 'api/uploads'))
  return response.status === 200 ? JSON.parse(response.text).state : null
}

describe('metadata that no header can carry', () => {
  const oddKeys = {
    имя: 'a',
    clé: 'b',
    'two words': 'c',
    'a,b': 'd',
    '': 'e',
    'new\nline': 'f',
    'nul\0': 'g',
  }
  const kept = { filename: 'Grüße.txt', __proto__x: 'h', flag: null }
  const odd = {
    missing: undefined,
    number: 7,
    object: { filename: 'x' },
    newline: 'filename bmFtZQ==\nx',
    injected: 'filename bmFtZQ==\r\nSet-Cookie: a=b',
    cyrillic: 'имя bmFtZQ==',
    malformed: 'a b c d',
  } as const
  const stock = { unfinished: '', finished: '', list: '' }
  const ours: Record<string, string> = {}
  let server: RunningServer

  beforeAll(async () => {
    const dir = await temporaryFolder()
    const pairs = { metadata: { ...oddKeys, ...kept } }
    const [first, second, third] = [newId(), newId(), newId()]
    stock.unfinished = await put(dir, first, recordOf(first, pairs), content.slice(0, 6))
    stock.finished = await put(dir, second, recordOf(second, pairs), content)
    stock.list = await put(dir, third, recordOf(third, { metadata: ['x'] }), content.slice(0, 6))
    for (const [name, value] of Object.entries(odd)) {
      const id = newId()
      ours[name] = await put(dir, id, recordOf(id, own({ metadata: value })), content.slice(0, 6))
    }
    server = await startServer({ dir, flags: ['--expire-after', '0'] })
  })

  test('from a stock folder: what can not be told is dropped, the upload goes on', async () => {
    const looked = await head(server, stock.unfinished)
    expect([looked.status, looked.header('upload-offset')]).toEqual([200, '6'])
    expect(looked.header('upload-metadata')).toBe(metadata(kept))
    const told = JSON.parse(
      (await get(server, stock.unfinished.replace('files', 'api/uploads'))).text,
    )
    expect(told).toMatchObject({ name: 'Grüße.txt', state: 'unfinished' })
    expect((await patch(server, stock.unfinished, 6, content.slice(6))).status).toBe(204)
    expect((await head(server, stock.finished)).header('upload-metadata')).toBe(metadata(kept))
    for (const target of [stock.unfinished, stock.finished]) {
      expect((await get(server, target)).text).toBe(content)
    }
    expect((await head(server, stock.list)).status).toBe(200)
    expect(await isAlive(server.pid)).toBe(true)
  })

  test.for(Object.keys(odd))('of our own making (%s): damaged, and told as such', async (name) => {
    const target = ours[name] ?? ''
    for (const response of [
      await head(server, target),
      await get(server, target),
      await patch(server, target, 6, content.slice(6)),
    ]) {
      expect(response.status).toBe(410)
      expect(response.header('set-cookie')).toBeNull()
    }
    expect(await stateOf(server, target)).toBe('damaged')
    const listed = JSON.parse((await get(server, '/api/uploads?state=damaged')).text)
    expect(listed.uploads.map(({ url }: { url: string }) => url)).toContain(target)
    expect((await stat(path.join(server.dir, path.basename(target)))).size).toBe(6)
    expect(await isAlive(server.pid)).toBe(true)
  })
})

describe('files that do not fit together', () => {
  let server: RunningServer
  let finishedWithoutData: string
  const beside: string[] = []

  beforeAll(async () => {
    const dir = await temporaryFolder()
    const id = newId()
    const finished = '2024-05-06T07:09:00.000Z'
    finishedWithoutData = await put(dir, id, recordOf(id, own({ finished })), null)
    for (const more of [own({ finished }), own({ finished, metadata: '' }), {}]) {
      const whole = newId()
      beside.push(await put(dir, whole, recordOf(whole, more), content))
      await writeFile(path.join(dir, `${whole}.gone`), recordOf(whole, own({})))
    }
    server = await startServer({ dir, flags: ['--expire-after', '0'] })
  })

  // Whoever uploaded it was told that it is safe: somebody must hear of it, and may put the bytes back.
  test('a finished upload whose bytes are gone is told as damaged, and its record kept', async () => {
    expect((await head(server, finishedWithoutData)).status).toBe(410)
    expect((await get(server, finishedWithoutData)).status).toBe(410)
    expect(await stateOf(server, finishedWithoutData)).toBe('damaged')
    const id = path.basename(finishedWithoutData)
    expect(existsSync(path.join(server.dir, `${id}.json`))).toBe(true)
    await until('a warning about it', () =>
      server
        .log()
        .split('\n')
        .some((line) => line.includes(id) && line.includes('"level":"warn"')),
    )
    expect((await remove(server, finishedWithoutData)).status).toBe(204)
    expect(await stateOf(server, finishedWithoutData)).toBeNull()
  })

  // A removal renames the record: where the record is still there, nothing was removed.
  test('the mark of a removal beside a whole upload removes nothing', async () => {
    for (const target of beside) {
      expect.soft((await get(server, target)).text).toBe(content)
      expect.soft(await stateOf(server, target)).toBe('finished')
    }
  })
})

// Completing each at the start would open, force and rewrite all of them, and never be done on a slow disk.
test('3000 finished uploads of a stock folder start at once, with few descriptors and no write', async (context) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) context.skip('prlimit is not installed')
  const dir = path.join(await temporaryFolder(), 'data')
  await mkdir(dir)
  const mtime = new Date('2024-05-06T08:00:00.000Z')
  const ids = Array.from({ length: 3000 }, newId)
  // One after the other they took most of the test's time on a busy machine.
  const prepare = async (id: string) => {
    await put(dir, id, recordOf(id), content)
    await utimes(path.join(dir, id), mtime, mtime)
    await utimes(path.join(dir, `${id}.json`), mtime, mtime)
  }
  await Promise.all(ids.map(prepare))
  const start = performance.now()
  const server = await startServer({ dir, wrapper: ['prlimit', '--nofile=256'] })
  expect(performance.now() - start).toBeLessThan(8000)

  const { uploads } = JSON.parse((await get(server, '/api/uploads?state=finished&limit=500')).text)
  expect(uploads).toHaveLength(500)
  for (const id of [ids[0], ids[1499], ids[2999]]) {
    const target = `/files/${id}`
    expect(await offsetOf(server, target)).toBe(content.length)
    const got = await get(server, target)
    expect([got.text, got.header('last-modified')]).toEqual([content, mtime.toUTCString()])
    expect(await stateOf(server, target)).toBe('finished')
  }
  const stats = await Promise.all(ids.map((id) => stat(path.join(dir, `${id}.json`))))
  expect(stats.filter(({ mtimeMs }) => mtimeMs !== mtime.getTime())).toEqual([])
  expect(await readFile(path.join(dir, `${ids[0]}.json`), 'utf8')).toBe(recordOf(ids[0] ?? ''))
  const next = await createUpload(server, { length: content.length })
  expect((await patch(server, next, 0, content)).status).toBe(204)
  expect((await get(server, await upload(server, 'hello'))).text).toBe('hello')
  expect(server.log()).not.toMatch(/EMFILE|"level":"(warn|error)"/)
})
