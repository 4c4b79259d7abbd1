// The pass over the folder at the start: what crashes, people and other programs left in it, crafted by hand.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { FileStore } from '@tus/file-store'
import { Upload as StockUpload } from '@tus/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HookReceiver, startHookReceiver } from '../helpers/hook.ts'
import { until } from '../helpers/process.ts'
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

/** A record as it stands in the folder. `finished`: an ISO time. */
interface RecordParts {
  readonly id: string
  readonly length: number | null
  readonly finished?: string | null
  readonly hook?: { readonly state: string; readonly attempts: number } | null
}

function recordText({ id, length, finished = null, hook = null }: RecordParts): string {
  return JSON.stringify({
    id,
    ...(length === null ? {} : { size: length }),
    offset: 0,
    metadata: { filename: 'name' },
    creation_date: new Date().toISOString(),
    storage: { type: 'file', path: '/elsewhere' },
    longhaul: { version: 1, metadata: 'filename bmFtZQ==', finished, hook },
  })
}

async function put(dir: string, record: RecordParts, data: string | null): Promise<string> {
  await writeFile(path.join(dir, `${record.id}.json`), recordText(record))
  if (data !== null) await writeFile(path.join(dir, record.id), data)
  return record.id
}

const now = () => new Date().toISOString()

async function stateIn(server: RunningServer, id: string): Promise<string | null> {
  const response = await get(server, `/api/uploads/${id}`)
  return response.status === 200 ? JSON.parse(response.text).state : null
}

/** The lines of the log about an upload, at the start. It is written with a little delay. */
const linesAbout = (server: RunningServer, id: string) =>
  until(`a line about ${id}`, () => {
    const lines = server.log().split('\n')
    return (
      lines.filter((line) => line.includes(id) && !line.includes('"method"')).join('\n') || null
    )
  })

describe('a folder full of damage', () => {
  let server: RunningServer
  let hook: HookReceiver
  let dir: string
  const healthy = { finished: '', unfinished: '' }
  const id = Object.fromEntries(
    [
      'halfCreated',
      'dataWithoutRecord',
      'halfDeleted',
      'halfFinished',
      'hookLost',
      'hookDelivered',
      'cut',
      'empty',
      'foreign',
      'tooShort',
      'tooLong',
      'notJson',
      'noData',
      'negative',
      'binary',
      'leftover',
    ].map((name) => [name, newId()]),
  ) as Readonly<Record<string, string>>
  const idOf = (name: string) => id[name] ?? ''
  const file = (name: string) => path.join(dir, name)

  beforeAll(async () => {
    dir = await temporaryFolder()
    const before = await startServer({ dir })
    healthy.finished = await upload(before, 'whole', { metadata: metadata({ filename: 'ä.txt' }) })
    healthy.unfinished = await createUpload(before, { length: 10 })
    await patch(before, healthy.unfinished, 0, 'hello')
    await before.stop()

    await writeFile(file(idOf('halfCreated')), '')
    await writeFile(file(idOf('dataWithoutRecord')), 'precious')
    await put(dir, { id: idOf('halfDeleted'), length: 5 }, 'dying')
    await writeFile(file(`${id.halfDeleted}.gone`), await readFile(file(`${id.halfDeleted}.json`)))
    await rm(file(`${id.halfDeleted}.json`))
    await put(dir, { id: idOf('halfFinished'), length: 9 }, 'all there')
    const pending = { state: 'pending', attempts: 2 }
    await put(dir, { id: idOf('hookLost'), length: 4, finished: now(), hook: pending }, 'lost')
    const delivered = { state: 'delivered', attempts: 1 }
    await put(
      dir,
      { id: idOf('hookDelivered'), length: 4, finished: now(), hook: delivered },
      'told',
    )
    for (const name of ['cut', 'empty', 'foreign', 'notJson', 'negative', 'binary', 'leftover']) {
      await put(dir, { id: idOf(name), length: 20 }, 'some bytes')
    }
    const whole = recordText({ id: idOf('cut'), length: 20 })
    await writeFile(file(`${id.cut}.json`), whole.slice(0, whole.length / 2))
    await writeFile(file(`${id.empty}.json`), '')
    await writeFile(file(`${id.foreign}.json`), recordText({ id: newId(), length: 20 }))
    await writeFile(file(`${id.notJson}.json`), 'null')
    await writeFile(file(`${id.negative}.json`), recordText({ id: idOf('negative'), length: -1 }))
    await writeFile(file(`${id.binary}.json`), Buffer.alloc(300))
    await writeFile(file(`${id.leftover}.json.tmp`), '{"id":')
    await put(dir, { id: idOf('tooShort'), length: 20, finished: now() }, 'x'.repeat(20))
    await truncate(file(idOf('tooShort')), 7)
    await put(dir, { id: idOf('tooLong'), length: 5 }, 'too many bytes')
    await put(dir, { id: idOf('noData'), length: 5 }, null)

    hook = await startHookReceiver()
    server = await startServer({ dir, flags: ['--finish-hook', hook.url] })
  })
  afterAll(() => hook?.close())

  test('what is healthy is served as before', async () => {
    expect((await get(server, healthy.finished)).text).toBe('whole')
    expect((await head(server, healthy.finished)).header('upload-metadata')).toBe(
      metadata({ filename: 'ä.txt' }),
    )
    expect(await offsetOf(server, healthy.unfinished)).toBe(5)
    expect((await patch(server, healthy.unfinished, 5, 'world')).status).toBe(204)
    expect((await get(server, healthy.unfinished)).text).toBe('helloworld')
  })

  test('a half-made creation is cleared, data without a record is left alone', async () => {
    expect(existsSync(file(idOf('halfCreated')))).toBe(false)
    expect(await linesAbout(server, idOf('halfCreated'))).toMatch(/cleared/)
    expect(await readFile(file(idOf('dataWithoutRecord')), 'utf8')).toBe('precious')
    expect(await linesAbout(server, idOf('dataWithoutRecord'))).toMatch(/8 bytes/)
    for (const name of ['halfCreated', 'dataWithoutRecord']) {
      expect((await head(server, `/files/${id[name]}`)).status).toBe(404)
    }
  })

  test('a half-done removal is completed', async () => {
    const names = await readdir(dir)
    expect(names.filter((name) => name.startsWith(idOf('halfDeleted')))).toEqual([])
    expect((await head(server, `/files/${id.halfDeleted}`)).status).toBe(404)
    expect(await linesAbout(server, idOf('halfDeleted'))).toMatch(/completed/)
  })

  test('an upload that lacked only the note of its end is completed, and its hook runs', async () => {
    expect(await stateIn(server, idOf('halfFinished'))).toBe('finished')
    expect((await get(server, `/files/${id.halfFinished}`)).text).toBe('all there')
    expect(await linesAbout(server, idOf('halfFinished'))).toMatch(/completed/)
    const record = JSON.parse(await readFile(file(`${id.halfFinished}.json`), 'utf8'))
    expect(record.longhaul.finished).toMatch(/^\d{4}-/)
    const call = await until('the hook', () =>
      hook.calls.find(
        ({ headers }) => headers['idempotency-key'] === `${id.halfFinished}-finished`,
      ),
    )
    expect(JSON.parse(call.body).upload).toMatchObject({ id: id.halfFinished, name: 'name' })
  })

  test('a hook that was pending runs again, one that was delivered does not', async () => {
    const callsOf = (name: string) =>
      hook.calls.filter(({ headers }) => headers['idempotency-key'] === `${id[name]}-finished`)
    await until('the lost hook', () => callsOf('hookLost').length > 0)
    await until('the note of it', async () =>
      (await readFile(file(`${id.hookLost}.json`), 'utf8')).includes('"delivered"'),
    )
    expect(callsOf('hookLost')).toHaveLength(1)
    expect(callsOf('hookDelivered')).toHaveLength(0)
  })

  const unreadable = ['cut', 'empty', 'foreign', 'notJson', 'negative', 'binary']
  test.for(unreadable)(
    'a record that is unusable (%s): told, kept, nothing harmed',
    async (name) => {
      const target = `/files/${id[name]}`
      expect((await head(server, target)).status).toBe(410)
      expect((await get(server, target)).status).toBe(410)
      expect((await patch(server, target, 10, 'x')).status).toBe(410)
      expect(await stateIn(server, idOf(name))).toBe('damaged')
      expect(await linesAbout(server, idOf(name))).toMatch(/"level":"warn".*record can't be read/)
      expect(await readFile(file(idOf(name)), 'utf8')).toBe('some bytes')
      expect(existsSync(file(`${id[name]}.json`))).toBe(true)
    },
  )

  test.for(['tooShort', 'tooLong'])('data and record that disagree (%s)', async (name) => {
    const target = `/files/${id[name]}`
    const size = (await stat(file(idOf(name)))).size
    expect((await head(server, target)).status).toBe(410)
    expect((await get(server, target)).status).toBe(410)
    expect((await patch(server, target, size, 'x')).status).toBe(410)
    expect(await stateIn(server, idOf(name))).toBe('damaged')
    expect(await linesAbout(server, idOf(name))).toContain(`${size}`)
    expect((await stat(file(idOf(name)))).size).toBe(size)
  })

  test('the list tells the damaged ones, and they can be removed', async () => {
    const list = JSON.parse((await get(server, '/api/uploads?state=damaged')).text)
    const expected = [...unreadable, 'tooShort', 'tooLong'].map(idOf)
    const ids = list.uploads.map((one: { id: string }) => one.id)
    expect(ids.toSorted()).toEqual(expected.toSorted())
    expect((await remove(server, `/files/${id.tooLong}`)).status).toBe(204)
    expect((await readdir(dir)).filter((name) => name.startsWith(idOf('tooLong')))).toEqual([])
  })

  test('a left-over temporary file is removed and its upload goes on', async () => {
    expect(existsSync(file(`${id.leftover}.json.tmp`))).toBe(false)
    expect(await offsetOf(server, `/files/${id.leftover}`)).toBe(10)
    expect((await patch(server, `/files/${id.leftover}`, 10, 'x'.repeat(10))).status).toBe(204)
  })

  test('a record of ours whose data is gone is told of', async () => {
    expect([404, 410]).toContain((await head(server, `/files/${id.noData}`)).status)
    expect(await linesAbout(server, idOf('noData'))).toMatch(/data file/)
  })
})

describe("other people's files", () => {
  /** Names that look like an id of 8 and more characters are the dangerous ones. */
  const files: Readonly<Record<string, string>> = {
    'notes.txt': 'notes',
    'short.json': '{}',
    'package-lock.json': '{"name":"mine"}',
    'tsconfig.json': '{}',
    'tsconfig.json.tmp': 'kept',
    'snapshot-2024.gone': 'kept',
    'snapshot-2024': 'kept too',
    Makefile: '',
    '.hidden-file': '',
  }
  let server: RunningServer
  let target: string

  beforeAll(async () => {
    const dir = await temporaryFolder()
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(dir, name), text)
    await mkdir(path.join(dir, 'node_modules'))
    await writeFile(path.join(dir, 'node_modules', 'inside'), 'inside')
    server = await startServer({ dir })
    target = await upload(server, 'hello')
  })

  test.for(Object.keys(files))('%s is untouched', async (name) => {
    const found = await readFile(path.join(server.dir, name), 'utf8').catch(() => 'removed')
    expect(found).toBe(files[name])
  })

  test('a folder is untouched, and no upload', async () => {
    expect(await readFile(path.join(server.dir, 'node_modules/inside'), 'utf8')).toBe('inside')
    expect([404, 410]).toContain((await head(server, '/files/node_modules')).status)
    expect([404, 410]).toContain((await get(server, '/files/node_modules')).status)
  })

  test('they are no uploads, and those that are work', async () => {
    for (const name of ['Makefile', 'snapshot-2024', 'tsconfig', 'package-lock']) {
      expect([404, 410]).toContain((await get(server, `/files/${name}`)).status)
    }
    const list = JSON.parse((await get(server, '/api/uploads')).text)
    expect(list.uploads.map(({ url }: { url: string }) => url)).toEqual([target])
    expect((await get(server, target)).text).toBe('hello')
  })
})

// One bad record must not take the service down.
test('a record that the system will not read leaves the others served', async () => {
  const dir = await temporaryFolder()
  const bad = newId()
  const good = await put(dir, { id: newId(), length: 4, finished: now() }, 'good')
  await writeFile(path.join(dir, bad), 'bytes')
  await mkdir(path.join(dir, `${bad}.json`))
  const server = await startServer({ dir })
  expect((await get(server, `/files/${good}`)).text).toBe('good')
  expect([404, 410, 423]).toContain((await head(server, `/files/${bad}`)).status)
})

test('a data file that is a folder leaves the others served', async () => {
  const dir = await temporaryFolder()
  const bad = await put(dir, { id: newId(), length: 4 }, null)
  const good = await put(dir, { id: newId(), length: 4, finished: now() }, 'good')
  await mkdir(path.join(dir, bad))
  const server = await startServer({ dir })
  expect((await get(server, `/files/${good}`)).text).toBe('good')
  expect([404, 410, 423]).toContain((await head(server, `/files/${bad}`)).status)
})

test('the data file removed or cut while the server runs: a clear answer, the others unharmed', async () => {
  const server = await startServer()
  const [gone, cut, good] = [
    await createUpload(server, { length: 20 }),
    await createUpload(server, { length: 20 }),
    await upload(server, 'good'),
  ]
  for (const target of [gone, cut]) await patch(server, target, 0, '0123456789')
  await rm(path.join(server.dir, path.basename(gone)))
  await truncate(path.join(server.dir, path.basename(cut)), 4)
  // A client that does not look first: the last 204 said 10.
  const refused = await patch(server, cut, 10, 'abcdefghij')
  expect([refused.status, refused.header('upload-offset')]).toEqual([409, '4'])
  expect(await offsetOf(server, cut)).toBe(4)
  expect((await patch(server, cut, 4, '456789abcdefghij')).status).toBe(204)
  expect((await get(server, cut)).text).toBe('0123456789abcdefghij')
  // Its bytes would go to a file that nobody can open any more.
  expect((await patch(server, gone, 10, 'abcdefghij')).status).not.toBe(204)
  expect([404, 410]).toContain((await head(server, gone)).status)
  expect((await get(server, good)).text).toBe('good')
})

describe('the folder of @tus/file-store', () => {
  const text = 'twenty bytes of text'
  const pairs = { filename: 'Grüße.txt', filetype: 'text/plain', flag: null }

  async function stockUpload(store: FileStore, id: string, bytes: string): Promise<void> {
    await store.create(
      new StockUpload({
        id,
        size: text.length,
        offset: 0,
        metadata: pairs,
        creation_date: '2024-05-06T07:08:09.000Z',
      }),
    )
    if (bytes !== '') await store.write(Readable.from([Buffer.from(bytes)]), id, 0)
  }

  test('is taken over: bytes, metadata and dates', async () => {
    const dir = await temporaryFolder()
    const stock = new FileStore({ directory: dir })
    const [begun, unfinished, finished] = [newId(), newId(), newId()]
    await stockUpload(stock, begun, '')
    await stockUpload(stock, unfinished, text.slice(0, 8))
    await stockUpload(stock, finished, text)
    const server = await startServer({ dir, flags: ['--expire-after', '0'] })
    for (const [id, offset] of [
      [begun, 0],
      [unfinished, 8],
      [finished, 20],
    ] as const) {
      const looked = await head(server, `/files/${id}`)
      expect([looked.status, looked.header('upload-offset')]).toEqual([200, String(offset)])
      expect(looked.header('upload-length')).toBe('20')
      expect(looked.header('upload-metadata')).toBe(metadata(pairs))
      const told = JSON.parse((await get(server, `/api/uploads/${id}`)).text)
      expect(told).toMatchObject({ name: 'Grüße.txt', created: '2024-05-06T07:08:09.000Z' })
      expect((await patch(server, `/files/${id}`, offset, text.slice(offset))).status).toBe(204)
      expect((await get(server, `/files/${id}`)).text).toBe(text)
    }
  })

  test('gets back what we wrote: stock reads our uploads and goes on with them', async () => {
    const server = await startServer()
    const creation = { length: text.length, metadata: metadata({ filename: 'Grüße.txt' }) }
    const whole = await upload(server, text, creation)
    const half = await createUpload(server, creation)
    await patch(server, half, 0, text.slice(0, 5))
    const deferred = await createUpload(server, { length: null })
    await patch(server, deferred, 0, 'abc')
    expect(await server.stop()).toBe(0)

    const stock = new FileStore({ directory: server.dir })
    const [wholeId, halfId, deferredId] = [whole, half, deferred].map((target) =>
      path.basename(target),
    )
    const read = await stock.getUpload(wholeId ?? '')
    expect([read.size, read.offset, read.metadata?.filename]).toEqual([20, 20, 'Grüße.txt'])
    expect((await stock.getUpload(halfId ?? '')).offset).toBe(5)
    const open = await stock.getUpload(deferredId ?? '')
    expect([open.size, open.offset, open.sizeIsDeferred]).toEqual([undefined, 3, true])
    await stock.write(Readable.from([Buffer.from(text.slice(5))]), halfId ?? '', 5)

    const again = await startServer({ dir: server.dir })
    for (const target of [whole, half]) {
      const got = await get(again, target)
      expect(createHash('sha256').update(got.body).digest('hex')).toBe(
        createHash('sha256').update(text).digest('hex'),
      )
    }
    expect(await offsetOf(again, deferred)).toBe(3)
  })
})
