// What is forced to the disk before which answer, as strace sees it; and what a crash or a failing disk
// between two of these system calls leaves behind.
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, type TestContext, test } from 'vitest'
import { isAlive, sleep, until } from '../helpers/process.ts'
import {
  cleanUp,
  type RunningServer,
  type ServerOptions,
  startServer,
  temporaryFolder,
} from '../helpers/server.ts'
import { create, createUpload, get, head, patch, remove } from '../helpers/tus.ts'

afterEach(cleanUp)

const traced = ['fsync', 'fdatasync', 'rename', 'unlink', 'write', 'writev', 'pwrite64', 'pwritev']

/** One system call. `start` and `end` are lines of the trace, so "before" can be told between threads. */
interface SystemCall {
  readonly name: string
  readonly text: string
  readonly start: number
  readonly end: number
}

interface TracedServer extends RunningServer {
  /** Ends the server and gives its system calls. */
  trace(): Promise<SystemCall[]>
}

function requireStrace(context: TestContext): void {
  const found = (process.env.PATH ?? '').split(':').some((dir) => existsSync(`${dir}/strace`))
  if (!found) context.skip('strace is not installed')
}

/** The server under strace. One thread does all file work, so that `when=N` of an injection counts all calls. */
async function startTraced(
  options: ServerOptions = {},
  more: readonly string[] = [],
): Promise<TracedServer> {
  const file = path.join(await temporaryFolder('trace'), 'trace')
  const server = await startServer({
    ...options,
    env: { UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' },
    // -D: the server is our child and strace is not, so signals reach it.
    wrapper: ['strace', '-D', '-f', '-yy', '-s', '3000', '-o', file, '-e', traceOf(), ...more],
  })
  return {
    ...server,
    async trace() {
      await server.stop()
      const text = await until('the end of the trace', async () => {
        const content = await readFile(file, 'utf8')
        return new RegExp(`^${server.pid} +\\+\\+\\+ exited`, 'm').test(content) ? content : null
      })
      return parseTrace(text)
    },
  }
}

// The names that the machine's kernel does not have (rename on arm64) are passed over by the question mark.
const traceOf = () =>
  `trace=${[...traced, 'renameat', 'renameat2', 'unlinkat'].map((name) => `?${name}`).join(',')}`

/** Joins `unfinished ...` with its `resumed`; renameat and unlinkat count as rename and unlink. */
function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = []
  const open = new Map<string, { text: string; start: number }>()
  for (const [line, content] of text.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(content) ?? []
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(rest)
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    if (unfinished) open.set(thread, { text: unfinished[1] ?? '', start: line })
    else if (resumed) {
      const begun = open.get(thread)
      if (begun) calls.push(callOf(begun.text + (resumed[1] ?? ''), begun.start, line))
    } else if (/^\w+\(/.test(rest)) calls.push(callOf(rest, line, line))
  }
  return calls.toSorted((a, b) => a.start - b.start)
}

function callOf(text: string, start: number, end: number): SystemCall {
  const name = (/^\w+/.exec(text)?.[0] ?? '').replace(/(?<=^rename|^unlink)at2?$/, '')
  return { name, text, start, end }
}

/** The first call after `after` with that name and text; fails when there is none. */
function next(calls: SystemCall[], after: number, names: string, ...texts: string[]): SystemCall {
  const found = calls.find(
    (call) =>
      call.start > after &&
      names.split('|').includes(call.name) &&
      texts.every((text) => call.text.includes(text)),
  )
  expect(found, `${names} with ${texts.join(', ')} after line ${after}`).toBeDefined()
  return found ?? { name: '', text: '', start: 0, end: 0 }
}

const socketWrites = 'write|writev'
const fileWrites = 'write|writev|pwrite64|pwritev'
const answer = (calls: SystemCall[], after: number, status: number, ...more: string[]) =>
  next(calls, after, socketWrites, `HTTP/1.1 ${status} `, ...more)

/** Fails unless the record is replaced after line `after`, and gives the line of the folder's fsync. */
function expectRecordReplaced(calls: SystemCall[], after: number, file: string): number {
  const written = next(calls, after, fileWrites, `<${file}.json.tmp>`)
  const forced = next(calls, written.end, 'fsync|fdatasync', `<${file}.json.tmp>`)
  const renamed = next(calls, forced.end, 'rename', `"${file}.json.tmp"`, `"${file}.json"`)
  return next(calls, renamed.end, 'fsync', `<${path.dirname(file)}>`).end
}

const fileOf = (server: RunningServer, target: string) =>
  path.join(server.dir, path.basename(target))

test('finish: data, record and folder are on the disk before the 201 and the last 204', async (context) => {
  requireStrace(context)
  const server = await startTraced()
  const target = await createUpload(server, { length: 200_000 })
  expect((await patch(server, target, 0, 'x'.repeat(100_000))).status).toBe(204)
  expect((await patch(server, target, 100_000, 'y'.repeat(100_000))).status).toBe(204)
  const calls = await server.trace()

  const file = fileOf(server, target)
  const created = answer(calls, -1, 201)
  expect(expectRecordReplaced(calls, -1, file)).toBeLessThan(created.start)
  const half = answer(calls, created.end, 204, 'Upload-Offset: 100000')
  const whole = answer(calls, half.end, 204, 'Upload-Offset: 200000')
  const lastData = calls.findLast(
    ({ name, text }) => /write/.test(name) && text.includes(`<${file}>`),
  )
  expect(lastData?.end).toBeLessThan(whole.start)
  const forced = next(calls, lastData?.end ?? 0, 'fdatasync', `<${file}>`)
  expect(expectRecordReplaced(calls, forced.end, file)).toBeLessThan(whole.start)
})

test('finish: a removal is on the disk before its 204, the name first and then the bytes', async (context) => {
  requireStrace(context)
  const server = await startTraced()
  const target = await createUpload(server, { length: 10 })
  expect((await remove(server, target)).status).toBe(204)
  const calls = await server.trace()
  const file = fileOf(server, target)
  const renamed = next(calls, -1, 'rename', `"${file}.json"`, `"${file}.gone"`)
  const forced = next(calls, renamed.end, 'fsync', `<${server.dir}>`)
  const unlinked = next(calls, forced.end, 'unlink', `"${file}"`)
  expect(unlinked.end).toBeLessThan(answer(calls, renamed.end, 204).start)
})

test('patch: the data is on the disk before every 204', async (context) => {
  requireStrace(context)
  const server = await startTraced({ flags: ['--durability', 'patch'] })
  const target = await createUpload(server, { length: 50_000 })
  for (let offset = 0; offset < 50_000; offset += 10_000) {
    expect((await patch(server, target, offset, 'x'.repeat(10_000))).status).toBe(204)
  }
  const calls = await server.trace()
  const file = fileOf(server, target)
  let line = answer(calls, -1, 201).end
  for (let offset = 10_000; offset <= 50_000; offset += 10_000) {
    const written = next(calls, line, fileWrites, `<${file}>`)
    const forced = next(calls, written.end, 'fdatasync', `<${file}>`)
    const answered = answer(calls, written.end, 204, `Upload-Offset: ${offset}`)
    expect(forced.end, `before offset ${offset}`).toBeLessThan(answered.start)
    line = answered.end
  }
})

test('none: nothing is forced, and records are still replaced as a whole', async (context) => {
  requireStrace(context)
  const server = await startTraced({ flags: ['--durability', 'none'] })
  const target = await createUpload(server, { length: 20 })
  expect((await patch(server, target, 0, 'x'.repeat(10))).status).toBe(204)
  expect((await patch(server, target, 10, 'x'.repeat(10))).status).toBe(204)
  expect((await remove(server, target)).status).toBe(204)
  const calls = await server.trace()
  // The log's own flush, of standard error, is not meant.
  const forced = calls.filter(({ name, text }) => /sync/.test(name) && text.includes(server.dir))
  expect(forced.map(({ text }) => text)).toEqual([])
  const file = fileOf(server, target)
  const renames = calls.filter(
    ({ name, text }) => name === 'rename' && text.includes(`"${file}.json"`),
  )
  expect(renames).toHaveLength(3)
})

// A client that reads "all bytes are there" from HEAD is done and never comes back.
test('HEAD does not call an upload whole before its last byte is on the disk', async (context) => {
  requireStrace(context)
  const slow = ['-e', 'inject=fdatasync:delay_enter=1500000']
  const server = await startTraced({}, slow)
  const target = await createUpload(server, { length: 10_000 })
  const start = performance.now()
  let forced = false
  const last = patch(server, target, 0, 'x'.repeat(10_000)).then((answer) => {
    forced = true
    return answer
  })
  const file = fileOf(server, target)
  await until('the bytes in the file', async () => (await stat(file)).size === 10_000)
  // It may wait for the disk, or tell what is safe, or ask to come back.
  const during = await Promise.all([head(server, target), head(server, target)])
  for (const { status } of during) expect([200, 423]).toContain(status)
  const claims = during.some((looked) => looked.header('upload-offset') === '10000')
  if (claims) expect(forced, 'HEAD says 10000, and the fdatasync still runs').toBe(true)
  expect((await last).status).toBe(204)
  expect(performance.now() - start).toBeGreaterThan(1400)
  expect((await head(server, target)).header('upload-offset')).toBe('10000')
})

// After a failed fdatasync Linux drops the dirty pages: a second one succeeds and the bytes are lost all the same.
test('an upload whose bytes could not be forced to the disk is never called whole', async (context) => {
  requireStrace(context)
  const failing = ['-e', 'inject=fdatasync:error=EIO:when=1']
  const server = await startTraced({}, failing)
  const target = await createUpload(server, { length: 10_000 })
  const other = await createUpload(server, { length: 5 })
  const refused = await patch(server, target, 0, 'x'.repeat(10_000))
  expect(refused.status).toBeGreaterThanOrEqual(500)
  expect(refused.text).not.toMatch(/EIO|\/tmp/)
  for (let turn = 0; turn < 3; turn++) {
    const looked = await head(server, target)
    expect([200, 404, 410, 423]).toContain(looked.status)
    expect([looked.status, looked.header('upload-offset')]).not.toEqual([200, '10000'])
  }
  expect((await patch(server, other, 0, 'hello')).status).toBe(204)
})

test('a creation that can not be made durable leaves no file', async (context) => {
  requireStrace(context)
  // The first fsync is the record's, the second the folder's.
  const server = await startTraced({}, ['-e', 'inject=fsync:error=EIO:when=2'])
  const before = (await readdir(server.dir)).toSorted()
  const refused = await create(server, { length: 10 })
  expect(refused.status).toBe(500)
  expect((await readdir(server.dir)).toSorted()).toEqual(before)
  expect((await create(server, { length: 10 })).status).toBe(201)
})

// Whoever starts next must find a folder in which nobody writes any more, and completes what was left.
test('a disk that is busy beyond the grace time keeps the lock until the process is gone', async (context) => {
  requireStrace(context)
  const slow = ['-e', 'inject=fdatasync:delay_enter=4000000']
  const server = await startTraced({ flags: ['--grace', '500ms'] }, slow)
  const target = await createUpload(server, { length: 5 })
  const answer = patch(server, target, 0, 'hello').catch(() => null)
  const file = fileOf(server, target)
  await until('the bytes in the file', async () => (await stat(file)).size === 5)
  server.process.kill('SIGTERM')
  const lock = path.join(server.dir, '.longhaul.lock')
  while (await isAlive(server.pid)) {
    expect(existsSync(lock) || !(await isAlive(server.pid))).toBe(true)
    await sleep(50)
  }
  expect((await readdir(server.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  const next = await startServer({ dir: server.dir })
  expect((await get(next, target)).text).toBe('hello')
  await answer
})

/** What the client was told, in order, before the server died. */
interface Told {
  target: string | null
  whole: boolean
  removed: boolean
}

const content = 'abcdefghij'.repeat(1000)

async function liveOneLife(server: RunningServer): Promise<Told> {
  const told: Told = { target: null, whole: false, removed: false }
  try {
    told.target = await createUpload(server, { length: content.length })
    told.whole = (await patch(server, told.target, 0, content)).status === 204
    told.removed = (await remove(server, told.target)).status === 204
  } catch {
    // Killed in the middle: the answer never came.
  }
  return told
}

/** `when` counts over one life: creation (fsync 1, 2; rename 1), completion (fsync 3, 4; rename 2), removal. */
const deaths = [
  ['a creation, the record not forced', 'fsync', 1],
  ['a creation, the folder not forced', 'fsync', 2],
  ['a completion, the data not forced', 'fdatasync', 1],
  ['a completion, the record not renamed', 'rename', 2],
  ['a completion, the folder not forced', 'fsync', 4],
  ['a removal, the folder not forced', 'fsync', 5],
  ['a removal, nothing unlinked', 'unlink', 1],
] as const

test.for(deaths)(
  'kill -9 in %s: nothing told is untrue after the restart',
  async ([phase, name, when], context) => {
    requireStrace(context)
    const calls =
      name === 'rename'
        ? '?rename,?renameat,?renameat2'
        : name === 'unlink'
          ? '?unlink,?unlinkat'
          : name
    // Taking the folder's lock unlinks its draft, before this life begins.
    const nth = name === 'unlink' ? when + 1 : when
    const first = await startTraced({}, ['-e', `inject=${calls}:signal=SIGKILL:when=${nth}`])
    const told = await liveOneLife(first)
    await until('the death', async () => !(await isAlive(first.pid)))

    const second = await startServer({ dir: first.dir })
    const { uploads } = JSON.parse((await get(second, '/api/uploads')).text)
    expect(uploads.filter(({ state }: { state: string }) => state === 'damaged')).toEqual([])
    const names = (await readdir(first.dir)).filter((file) => !file.startsWith('.'))
    const ids = uploads.map(({ id }: { id: string }) => id)
    expect(names.toSorted()).toEqual(ids.flatMap((id: string) => [id, `${id}.json`]).toSorted())
    if (told.target === null) return
    const looked = await head(second, told.target)
    if (told.removed) expect([404, 410]).toContain(looked.status)
    else if (told.whole) {
      if (looked.status === 200) expect((await get(second, told.target)).text).toBe(content)
      else expect(phase, 'gone though its removal had not begun').toContain('a removal')
    } else {
      expect(looked.status).toBe(200)
      const offset = Number(looked.header('upload-offset'))
      if (offset < content.length) {
        expect((await patch(second, told.target, offset, content.slice(offset))).status).toBe(204)
      }
      expect((await get(second, told.target)).text).toBe(content)
    }
  },
)
