// A disk that fails, is slow or is full in the moment in which an upload is made, completed or removed.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, type TestContext, test } from 'vitest'
import { isAlive, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { create, createUpload, get, head, patch, remove, upload } from '../helpers/tus.ts'
import type { WireResponse } from '../helpers/wire.ts'

const run = promisify(execFile)
const mounts = new Set<string>()

afterEach(async () => {
  // Lazily, for a server may still use it; a mounted folder can't be removed.
  for (const mount of mounts) await run('umount', ['-l', mount])
  mounts.clear()
  await cleanUp()
})

interface Trouble {
  /** What strace injects, e.g. `fdatasync:error=EIO`. */
  readonly inject: string
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A server whose system calls fail or wait as told. */
async function startTroubled(
  context: TestContext,
  { inject, flags = [], env = {} }: Trouble,
): Promise<RunningServer> {
  const found = (process.env.PATH ?? '').split(':').some((dir) => existsSync(`${dir}/strace`))
  if (!found) context.skip('strace is not installed')
  const calls = inject.split(':', 1)[0]
  // -D: the server is our child and strace is not, so signals reach it.
  const strace = ['strace', '-D', '-f', '-o', '/dev/null', '-e', `trace=${calls}`]
  return startServer({ flags, env, wrapper: [...strace, '-e', `inject=${inject}`] })
}

/** One thread does all file work, so that `when=N` of an injection counts all calls. */
const oneThread = { UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' }

const fileOf = (server: RunningServer, target: string) =>
  path.join(server.dir, path.basename(target))

interface Listed {
  readonly url: string
  readonly state: string
}

const listOf = async (server: RunningServer): Promise<Listed[]> =>
  JSON.parse((await get(server, '/api/uploads')).text).uploads

/** The client of a creation-with-upload has no second look: what the answer says is all it knows. */
function expectNoFalseSuccess(answer: WireResponse, length: number): void {
  if (answer.status === 201) {
    expect(Number(answer.header('upload-offset') ?? length), '201').toBeLessThan(length)
  } else expect(answer.status).toBeGreaterThanOrEqual(500)
}

test('a creation-with-upload whose bytes could not be forced to the disk is no success', async (context) => {
  const server = await startTroubled(context, { inject: 'fdatasync:error=EIO' })
  const content = 'x'.repeat(10_000)
  const answer = await create(server, { length: content.length, body: content })
  expectNoFalseSuccess(answer, content.length)
  expect((await listOf(server)).filter(({ state }) => state === 'finished')).toEqual([])
  const location = answer.header('location')
  if (location === null) return
  const looked = await head(server, location)
  expect([looked.status, looked.header('upload-offset')]).not.toEqual([200, '10000'])
})

/** A file system of 2 MiB with so many pages left free. */
async function fullDisk(context: TestContext, pagesLeft: number): Promise<string> {
  if (process.getuid?.() !== 0) context.skip('mounting a small tmpfs needs root')
  const folder = await temporaryFolder('longhaul-disk')
  const mount = ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]
  const failure = await run('mount', mount).then(
    () => null,
    (error: Error) => error.message,
  )
  if (failure !== null) context.skip(`a small tmpfs can't be mounted: ${failure.trim()}`)
  mounts.add(folder)
  // The lock of the folder takes one more.
  await leaveFree(folder, pagesLeft + 1)
  return folder
}

const ballast = (folder: string) => path.join(folder, 'ballast')

async function leaveFree(folder: string, pages: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  await writeFile(ballast(folder), Buffer.alloc((bavail - pages) * bsize))
}

test('a creation-with-upload that fills the disk to its last page is no success, and ends well', async (context) => {
  const pages = 4
  // One more for the record; none for the record that says "finished", which is written beside the first.
  const dir = await fullDisk(context, pages + 1)
  const server = await startServer({ dir })
  const { bavail, bsize } = await statfs(dir)
  expect(bavail, 'pages left for the test').toBe(pages + 1)
  const content = 'y'.repeat(pages * bsize)
  const answer = await create(server, { length: content.length, body: content })
  expect((await statfs(dir)).bavail, 'the disk is full').toBe(0)
  expectNoFalseSuccess(answer, content.length)
  for (const { state } of await listOf(server)) expect(state).not.toBe('finished')

  await rm(ballast(dir))
  for (const { url } of await listOf(server)) {
    const looked = await head(server, url)
    expect([looked.status, looked.header('upload-offset')]).toEqual([200, `${content.length}`])
    expect((await get(server, url)).text).toBe(content)
  }
  expect((await get(server, await upload(server, 'hello'))).text).toBe('hello')
})

// With one page free there is room for the record, but none to say that it is finished.
test('an empty upload on a disk with one page left is made whole, or not at all', async (context) => {
  const dir = await fullDisk(context, 1)
  const server = await startServer({ dir })
  expect((await statfs(dir)).bavail, 'pages left for the test').toBe(1)
  const before = (await readdir(dir)).toSorted()
  const answer = await create(server, { length: 0 })
  if (answer.status === 201) {
    expect((await listOf(server)).map(({ state }) => state)).toEqual(['finished'])
    return
  }
  expect([answer.status, answer.header('location')]).toEqual([507, null])
  expect(await listOf(server)).toEqual([])
  expect((await readdir(dir)).toSorted()).toEqual(before)
})

// The rename is the removal; whether it is on the disk is another question.
test('a DELETE that fails after its rename has removed the upload all the same', async (context) => {
  // The first two are the creation's: of the record and of the folder. The third is the removal's.
  const inject = 'fsync:error=EIO:when=3'
  const server = await startTroubled(context, { inject, env: oneThread })
  const target = await createUpload(server, { length: 10 })
  const answer = await remove(server, target)
  expect([204, 500]).toContain(answer.status)
  expect(existsSync(`${fileOf(server, target)}.json`), 'renamed').toBe(false)
  for (const again of [
    await head(server, target),
    await patch(server, target, 0, 'x'.repeat(10)),
  ]) {
    expect([404, 410]).toContain(again.status)
  }
  expect([204, 404, 410]).toContain((await remove(server, target)).status)
  expect(await listOf(server)).toEqual([])
  await server.kill()

  const next = await startServer({ dir: server.dir })
  expect([404, 410]).toContain((await head(next, target)).status)
  expect(await listOf(next)).toEqual([])
  const left = (await readdir(next.dir)).filter((name) => name.startsWith(path.basename(target)))
  expect(left).toEqual([])
})

/** Sends the last bytes and waits until they are in the file, where the disk takes its time. */
async function sendLast(
  server: RunningServer,
): Promise<{ target: string; answer: Promise<WireResponse | null> }> {
  const target = await createUpload(server, { length: 5 })
  const answer = patch(server, target, 0, 'hello').catch(() => null)
  await until('the bytes', async () => (await stat(fileOf(server, target))).size === 5)
  return { target, answer }
}

// A client that waits for HEAD longer than it is willing to takes the server for dead.
test('HEAD while the disk takes its time says at once: come back', async (context) => {
  const inject = 'fdatasync:delay_enter=2000000'
  const server = await startTroubled(context, { inject })
  const { target, answer } = await sendLast(server)
  let isAnswered = false
  answer.then(() => {
    isAnswered = true
  })
  const start = performance.now()
  const [looked, twin] = await Promise.all([head(server, target), head(server, target)])
  expect(isAnswered, 'looked while the disk was busy').toBe(false)
  expect(performance.now() - start).toBeLessThan(1000)
  for (const { status, header } of [looked, twin]) {
    expect(status).toBe(423)
    expect(Number(header('retry-after'))).toBeGreaterThan(0)
    expect(header('upload-offset')).not.toBe('5')
  }
  expect((await answer)?.status).toBe(204)
  expect((await head(server, target)).header('upload-offset')).toBe('5')
})

// The file may not be closed under the call that forces it: that call would fail, and the upload be taken for lost.
test('a SIGTERM while the disk takes its time leaves an upload that the next service completes', async (context) => {
  const inject = 'fdatasync:delay_enter=1500000'
  const server = await startTroubled(context, { inject, flags: ['--grace', '100ms'] })
  const { target, answer } = await sendLast(server)
  server.process.kill('SIGTERM')
  await until('the end', async () => !(await isAlive(server.pid)))
  await answer
  const record = JSON.parse(await readFile(`${fileOf(server, target)}.json`, 'utf8'))
  expect(record.longhaul.damage ?? null).toBeNull()
  expect(record.size).toBe(5)
  expect((await readdir(server.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([])

  const next = await startServer({ dir: server.dir })
  expect(await listOf(next)).toMatchObject([{ url: target, state: 'finished' }])
  expect((await head(next, target)).header('upload-offset')).toBe('5')
  expect((await get(next, target)).text).toBe('hello')
})
