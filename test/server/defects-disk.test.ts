// Stock defects of what is on the disk: D19, D20, D31, D32.
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, expect, test } from 'vitest'
import { isAlive, until } from '../helpers/process.ts'
import { cleanUp, temporaryFolder } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import {
  create,
  createUpload,
  exchange,
  get,
  head,
  offsetOf,
  patch,
  remove,
  upload,
} from '../helpers/tus.ts'

const run = promisify(execFile)
const mounts = new Set<string>()

afterEach(async () => {
  // Lazily, for a server may still use it; a mounted folder can't be removed.
  for (const mount of mounts) await run('umount', ['-l', mount])
  mounts.clear()
  await cleanUp()
})
afterAll(cleanUp)

const quiet = ['--log-level', 'error'] as const

/** All files under a folder, sorted. */
async function filesUnder(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
}

const idOf = (target: string) => target.slice(target.lastIndexOf('/') + 1)

/** Why system calls can't be looked at here; `null` when they can. */
async function missing(): Promise<string | null> {
  return run('strace', ['-V']).then(
    () => null,
    () => 'strace is not installed',
  )
}

// Stock: no fsync, no rename, the info file rewritten in place.
test('D19: bytes and info are on the disk before the client is told', async ({ skip }) => {
  const reason = await missing()
  if (reason !== null) return skip(reason)
  const log = path.join(await temporaryFolder(), 'calls')
  const calls =
    'fsync,fdatasync,rename,renameat,renameat2,write,writev,pwrite64,pwritev,sendto,sendmsg'
  const wrapper = ['strace', '-D', '-f', '-s', '64', '-e', `trace=${calls}`, '-o', log]
  const server = await startSubject({ wrapper, flags: [...quiet] })
  const target = await createUpload(server, { length: 5 })
  expect((await patch(server, target, 0, 'HELLO')).status).toBe(204)
  const lines = await until('the answer in the log', async () => {
    const all = (await readFile(log, 'utf8')).split('\n')
    return all.some((line) => line.includes('HTTP/1.1 204')) ? all : null
  })
  const at = (pattern: RegExp, from = 0) =>
    lines.findIndex((line, index) => index >= from && pattern.test(line))
  const created = at(/HTTP\/1\.1 201/)
  const renamed = at(/\brename/)
  expect(at(/\bf(data)?sync\(/), 'the info file is synced').toBeGreaterThan(-1)
  expect(at(/\bf(data)?sync\(/), 'before it gets its name').toBeLessThan(renamed)
  expect(at(/\bfsync\(/, renamed), 'then its folder').toBeLessThan(created)
  expect(renamed, 'all before the 201').toBeLessThan(created)
  const written = at(/write.*HELLO/, created)
  const synced = at(/\bf(data)?sync\(/, written)
  const answered = at(/HTTP\/1\.1 204/)
  expect(written).toBeGreaterThan(created)
  expect(synced, 'the data is synced after it was written').toBeGreaterThan(written)
  expect(synced, 'and before the 204').toBeLessThan(answered)
})

/** A file system of so many KiB; `null` without the right to mount one. */
async function smallDisk(kib: number): Promise<string | null> {
  if (process.getuid?.() !== 0) return null
  const folder = await temporaryFolder('longhaul-disk')
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', folder]).then(
    () => true,
    () => false,
  )
  if (!mounted) return null
  mounts.add(folder)
  return folder
}

const noDisk = 'mounting a small tmpfs needs root'
const leaks = /ENOSPC|EDQUOT|errno|no space left on device|\/tmp|Error:/

// Stock: 201 for what can't fit, two orphans for each refused creation.
test('D20: an upload larger than the free space is 507 at once and leaves nothing', async ({
  skip,
}) => {
  const dir = await smallDisk(4096)
  if (dir === null) return skip(noDisk)
  const server = await startSubject({ dir, flags: [...quiet] })
  const before = await filesUnder(dir)
  for (const length of [100 * 2 ** 20, 2 ** 39]) {
    const response = await create(server, { length })
    expect(response.status).toBe(507)
    expect(response.header('location')).toBeNull()
    expect(response.header('tus-resumable')).toBe('1.0.0')
    expect(response.text).not.toMatch(leaks)
  }
  expect(await filesUnder(dir)).toEqual(before)
  expect((await create(server, { length: 1000 })).status, 'what fits is taken').toBe(201)
})

// Stock: 500 with the errno in its text, for ever.
test('D20: a disk that gets full in a PATCH is 507, and the upload goes on once there is room', async ({
  skip,
}) => {
  const dir = await smallDisk(4096)
  if (dir === null) return skip(noDisk)
  const server = await startSubject({ dir, flags: [...quiet] })
  const ballast = await upload(server, Buffer.alloc(2 * 2 ** 20, 'b'))
  const target = await createUpload(server, { length: null })
  const content = Buffer.alloc(3 * 2 ** 20, 'x')
  const chunked = Buffer.concat([
    Buffer.from(`${content.length.toString(16)}\r\n`),
    content,
    Buffer.from('\r\n0\r\n\r\n'),
  ])
  const full = await patch(server, target, 0, chunked, { 'Transfer-Encoding': 'chunked' })
  expect(full.status).toBe(507)
  expect(full.header('tus-resumable')).toBe('1.0.0')
  expect(full.text).not.toMatch(leaks)
  const stored = await offsetOf(server, target)
  expect(stored).toBeLessThan(content.length)
  const before = await filesUnder(dir)
  const refused = await create(server, { length: 2 * 2 ** 20 })
  expect(refused.status, 'POST on the full disk').toBe(507)
  expect(await filesUnder(dir), 'no orphan').toEqual(before)
  expect((await get(server, ballast)).body.length, 'the others are unharmed').toBe(2 * 2 ** 20)
  expect((await remove(server, ballast)).status, 'room is made').toBe(204)
  const rest = await patch(server, target, stored, content.subarray(stored), {
    'Upload-Length': content.length,
  })
  expect(rest.status).toBe(204)
  expect((await get(server, target)).body.equals(content)).toBe(true)
})

// Stock: info without data is 410 for HEAD, 404 for DELETE and never swept; data without info is never seen.
test('D31: an upload that lost its data or its info harms nothing and can be removed', async () => {
  const first = await startSubject({ flags: [...quiet] })
  const whole = await upload(first, 'whole')
  const damaged: string[] = []
  for (const which of [0, 1]) {
    const finished = await upload(first, 'hello')
    const unfinished = await createUpload(first, { length: 10, body: 'hello' })
    for (const target of [finished, unfinished]) {
      const files = (await filesUnder(first.dir)).filter((file) => file.includes(idOf(target)))
      expect(files.length, 'data and info').toBeGreaterThan(which)
      await rm(files[which] ?? '')
      damaged.push(target)
    }
  }
  await first.kill()
  const server = await startSubject({ dir: first.dir, flags: ['--log-level', 'warn'] })
  for (const target of damaged) {
    expect.soft([404, 410, 423], 'HEAD').toContain((await head(server, target)).status)
    for (const response of [await get(server, target), await patch(server, target, 5, 'world')]) {
      expect.soft(response.status, 'GET, PATCH').toBeGreaterThanOrEqual(400)
      expect.soft(response.status, 'GET, PATCH').toBeLessThan(500)
    }
  }
  expect((await get(server, whole)).text, 'the others are unharmed').toBe('whole')
  const listed = await exchange(server, { method: 'GET', target: '/api/uploads' })
  expect(listed.status).toBe(200)
  for (const target of damaged) {
    expect.soft([204, 404, 410], 'DELETE').toContain((await remove(server, target)).status)
    expect.soft([404, 410], 'HEAD after DELETE').toContain((await head(server, target)).status)
    const left = (await filesUnder(server.dir)).filter((file) => file.includes(idOf(target)))
    // Bytes without a record may be somebody's: they may stay, but not unsaid.
    if (left.length > 0) await until(`word of ${left}`, () => server.log().includes(idOf(target)))
  }
})

test('D31: data shorter than the last 204 claimed is never called complete', async () => {
  const first = await startSubject({ flags: [...quiet] })
  const finished = await upload(first, 'x'.repeat(1000))
  await first.stop()
  const files = (await filesUnder(first.dir)).filter((file) => file.includes(idOf(finished)))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  const data = files[sizes.indexOf(1000)]
  if (data === undefined) throw new Error(`no file of 1000 bytes: ${files} ${sizes}`)
  await run('truncate', ['-s', '400', data])
  const server = await startSubject({ dir: first.dir, flags: [...quiet] })
  const looked = await head(server, finished)
  expect([200, 404, 410, 423]).toContain(looked.status)
  expect(looked.header('upload-offset')).not.toBe('1000')
  expect((await get(server, finished)).status).toBeGreaterThanOrEqual(400)
  expect(await isAlive(server.pid)).toBe(true)
})

// Stock throws out of a callback when it can't make its folder, and makes it for everybody to write.
test('D32: a folder that cannot be made is said in one line; one that is made is nobody else’s', async () => {
  const parent = await temporaryFolder()
  const dir = path.join(parent, 'new', 'deep')
  await startSubject({ dir, flags: [...quiet] })
  expect((await stat(dir)).mode & 0o022, 'not writable for others').toBe(0)
  const file = path.join(parent, 'file')
  await run('touch', [file])
  for (const unusable of [file, path.join(file, 'below'), '/sys/longhaul']) {
    const refused = await startSubject({ dir: unusable, flags: [...quiet] }).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect.soft(refused, unusable).toMatch(/ended with 1\b/)
    expect.soft(refused, unusable).toContain(unusable)
    expect.soft(refused, unusable).not.toMatch(/\n\s+at /)
  }
})
