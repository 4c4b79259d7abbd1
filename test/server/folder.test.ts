// The data folder when it is taken, foreign, unwritable or full: clear words, and nothing harmed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, type TestContext, test } from 'vitest'
import { isAlive, openFiles, sleep, until } from '../helpers/process.ts'
import {
  cleanUp,
  cliPath,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../helpers/server.ts'
import { create, createUpload, get, head, offsetOf, patch, remove, upload } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

const lockName = '.longhaul.lock'

interface End {
  /** `null`: it did not end within the limit, and was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

// Whatever a failing test left running.
afterAll(cleanUp)

/** Runs `longhaul serve` on the folder until it ends. */
async function runToEnd(
  dir: string,
  { wrapper = [], limit = 8000 }: { wrapper?: readonly string[]; limit?: number } = {},
): Promise<End> {
  const start = performance.now()
  const [command = '', ...args] = [
    ...wrapper,
    process.execPath,
    cliPath,
    'serve',
    '--port',
    '0',
    '--dir',
    dir,
  ]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    // It started, which the test will not like; it need not wait.
    if (stdout.includes('listening')) child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), limit)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { code, stdout, stderr, milliseconds: performance.now() - start }
}

/** A refusal to start is one line that says what and what to do, and exit status 1. */
function expectClearRefusal(end: End, words: RegExp): void {
  expect(end.code, `${end.stdout}${end.stderr}`).toBe(1)
  expect(end.stderr).toMatch(words)
  expect(end.stderr.trim().split('\n')).toHaveLength(1)
  expect(end.stderr).not.toMatch(/\bat .*:\d+|\bE[A-Z]{4,}[:,]/)
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
const visible = async (dir: string) => (await readdir(dir)).toSorted()

describe.concurrent('the lock', { timeout: 60_000 }, () => {
  afterAll(cleanUp)

  test('a second process is refused, the first goes on unharmed', async () => {
    const first = await startServer()
    const target = await createUpload(first, { length: 10 })
    await patch(first, target, 0, 'hello')
    const before = await visible(first.dir)
    const second = await runToEnd(first.dir)
    expectClearRefusal(second, /in use by process \d+/)
    expect(second.stderr).toContain(String(first.pid))
    expect(await visible(first.dir)).toEqual(before)
    expect((await patch(first, target, 5, 'world')).status).toBe(204)
    expect(await first.stop()).toBe(0)
    expect(await visible(first.dir)).not.toContain(lockName)
  })

  test('many at once: exactly one gets the folder', async () => {
    const dir = await temporaryFolder()
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => startServer({ dir }).catch((error: Error) => error.message)),
    )
    const started = outcomes.filter((one) => typeof one !== 'string')
    expect(started, outcomes.map(String).join('\n')).toHaveLength(1)
    for (const one of outcomes) {
      if (typeof one === 'string') expect(one).toMatch(/ended with 1 .*\n.*in use by process/)
    }
    expect((await visible(dir)).filter((name) => name.startsWith(lockName))).toEqual([lockName])
  })

  test('after kill -9 a restart needs no waiting', async () => {
    const first = await startServer()
    const target = await createUpload(first, { length: 10 })
    await patch(first, target, 0, 'hello')
    await first.kill()
    expect(await visible(first.dir)).toContain(lockName)
    const start = performance.now()
    const second = await startServer({ dir: first.dir })
    // A lock whose holder can not be asked takes 10 s.
    expect(performance.now() - start).toBeLessThan(8000)
    expect(await offsetOf(second, target)).toBe(5)
  })

  test('what a process left that was killed while it took the lock is cleared, what a living one has stays', async () => {
    const [first, other] = [await startServer(), await startServer()]
    const lockOf = (server: RunningServer) => readFile(path.join(server.dir, lockName), 'utf8')
    const [dead, living] = [await lockOf(first), await lockOf(other)]
    await first.kill()
    for (const name of [`${first.pid}`, `stale.${first.pid}`]) {
      await writeFile(path.join(first.dir, `${lockName}.${name}`), dead)
    }
    for (const name of [`${other.pid}`, `stale.${other.pid}`]) {
      await writeFile(path.join(first.dir, `${lockName}.${name}`), living)
    }
    await startServer({ dir: first.dir })
    expect((await visible(first.dir)).filter((name) => name.startsWith(lockName))).toEqual([
      lockName,
      `${lockName}.${other.pid}`,
      `${lockName}.stale.${other.pid}`,
    ])
  })

  test('an empty draft of the lock, of a process killed before it wrote a byte, is cleared', async () => {
    const first = await startServer()
    await first.kill()
    const draftOf = (pid: number) => path.join(first.dir, `${lockName}.${pid}`)
    await writeFile(draftOf(first.pid), '')
    await writeFile(draftOf(process.pid), '')
    await startServer({ dir: first.dir })
    expect((await visible(first.dir)).filter((name) => name.startsWith(lockName))).toEqual([
      lockName,
      `${lockName}.${process.pid}`,
    ])
  })

  test('two containers with the same process id, on one folder: one serves it', {
    timeout: 60_000,
  }, async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root makes pid namespaces')
    const dir = await temporaryFolder()
    // Both find it, and both wait to see whether its holder lives.
    await writeFile(path.join(dir, lockName), foreign)
    const args = [
      '--pid',
      '--uts',
      '--fork',
      '--kill-child',
      '--mount-proc',
      process.execPath,
      cliPath,
    ]
    const start = () => {
      const child = spawn('unshare', [...args, 'serve', '--port', '0', '--dir', dir])
      let said = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text) => {
          said += text
        })
      return { child, said: () => said }
    }
    const first = start()
    await sleep(1000)
    const second = start()
    const both = [first, second]
    await until(
      'both to know',
      () => both.every(({ said }) => /listening|in use/.test(said())),
      40_000,
    )
    // The holder looks after its lock every two seconds.
    await sleep(2500)
    const serving = both.filter(({ child }) => child.exitCode === null)
    for (const { child } of both) child.kill('SIGKILL')
    expect(serving, both.map(({ said }) => said()).join('---')).toHaveLength(1)
    expect(serving[0]?.said()).toMatch(/listening/)
  })

  const foreign = JSON.stringify({ pid: 1, host: `not-${hostname()}`, identity: 'boot/pid:[1]/9' })

  test('a lock of another host with a heartbeat is respected', async () => {
    const dir = await temporaryFolder()
    const file = path.join(dir, lockName)
    await writeFile(file, foreign)
    const beat = setInterval(() => utimes(file, new Date(), new Date()).catch(() => {}), 1000)
    const end = await runToEnd(dir, { limit: 20_000 })
    clearInterval(beat)
    expectClearRefusal(end, /in use by process 1 on not-/)
    expect(await readFile(file, 'utf8')).toBe(foreign)
  })

  test('a lock of another host without a heartbeat is taken over', async () => {
    const dir = await temporaryFolder()
    await writeFile(path.join(dir, lockName), foreign)
    const server = await startServer({ dir })
    expect(await readFile(path.join(dir, lockName), 'utf8')).toContain(`"pid":${server.pid}`)
    expect((await get(server, await upload(server, 'x'))).text).toBe('x')
  })

  test.for(['', '{', '{"pid":"x"}', '\0\0\0'])(
    'a lock without sense (%j) is taken over',
    async (text) => {
      const dir = await temporaryFolder()
      await writeFile(path.join(dir, lockName), text)
      const server = await startServer({ dir })
      expect((await get(server, '/livez')).status).toBe(200)
    },
  )

  test('a lock of a process id that now belongs to somebody else is taken over', async () => {
    const dir = await temporaryFolder()
    const first = await startServer({ dir })
    const lock = JSON.parse(await readFile(path.join(dir, lockName), 'utf8'))
    await first.kill()
    await writeFile(path.join(dir, lockName), JSON.stringify({ ...lock, pid: process.pid }))
    const second = await startServer({ dir })
    expect((await get(second, '/livez')).status).toBe(200)
  })

  // Neither may it spin for ever: the lock is there, and can be neither read nor taken away.
  test('a lock that can not be read is a refusal in words', async () => {
    const dir = await temporaryFolder()
    await mkdir(path.join(dir, lockName))
    expectClearRefusal(await runToEnd(dir), /lock/)
  })

  test('a lock that this user may not remove is a refusal in words', async (context) => {
    const wrapper = asNobody(context)
    const dir = await temporaryFolder()
    await writeFile(path.join(dir, lockName), foreign.replace(`not-${hostname()}`, hostname()))
    await chmod(path.join(dir, lockName), 0o600)
    // As in /tmp: everybody may write, nobody may remove what belongs to others.
    await chmod(dir, 0o1777)
    expectClearRefusal(await runToEnd(dir, { wrapper }), /lock|written/)
  })
})

/** A wrapper that runs the command as an ordinary user. */
function asNobody(context: TestContext): readonly string[] {
  const wrapper = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  if (process.getuid?.() !== 0) context.skip('only root can become another user')
  const probe = spawnSync('setpriv', [...wrapper.slice(1), process.execPath, cliPath, '--version'])
  if (probe.status !== 0)
    context.skip('setpriv is not installed or nobody may not read the checkout')
  return wrapper
}

describe('a folder that can not be used', () => {
  afterEach(cleanUp)

  test('of somebody else, not writable', async (context) => {
    const wrapper = asNobody(context)
    const dir = await temporaryFolder()
    await chmod(dir, 0o555)
    expectClearRefusal(await runToEnd(dir, { wrapper }), /may not be written by this user/)
    await chmod(dir, 0o755)
    expectClearRefusal(await runToEnd(path.join(dir, 'new'), { wrapper }), /may not be written/)
    expect(await visible(dir)).toEqual([])
  })

  test('mounted read-only', async (context) => {
    const dir = await mountTmpfs(context, 'size=1m,ro')
    try {
      expectClearRefusal(await runToEnd(dir), /read-only/)
    } finally {
      await unmount(dir)
    }
  })

  test('mounted read-only meanwhile: "come back" in words, downloads go on, and back is as before', async (context) => {
    const dir = await mountTmpfs(context, 'size=1m')
    const remount = (how: string) => spawnSync('mount', ['-o', `remount,${how}`, dir])
    try {
      const server = await startServer({ dir })
      const target = await upload(server, 'safe')
      const before = await visible(dir)
      expect(remount('ro').status).toBe(0)
      const refused = await create(server, { length: 5 })
      expect([refused.status, refused.header('retry-after')]).toEqual([503, '1'])
      expect(refused.text).toMatch(/can't write to its disk/)
      expect((await get(server, target)).text).toBe('safe')
      expect(await visible(dir)).toEqual(before)
      expect(remount('rw').status).toBe(0)
      expect((await get(server, await upload(server, 'new'))).text).toBe('new')
      await until('the line in the log', () => server.log().includes('EROFS'))
    } finally {
      await unmount(dir)
    }
  })

  test('a file, or below a file', async () => {
    const file = path.join(await temporaryFolder(), 'file')
    await writeFile(file, 'mine')
    expectClearRefusal(await runToEnd(file), /there is a file of that name: choose another --dir$/m)
    expectClearRefusal(
      await runToEnd(path.join(file, 'below')),
      /no folder: choose another --dir$/m,
    )
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  test('a record of somebody else, not readable: the others are served', async (context) => {
    const wrapper = asNobody(context)
    const first = await startServer()
    const good = await upload(first, 'good')
    const bad = await upload(first, 'bad')
    await first.stop()
    for (const name of await readdir(first.dir))
      await chown(path.join(first.dir, name), 65534, 65534)
    await chown(first.dir, 65534, 65534)
    const record = path.join(first.dir, `${path.basename(bad)}.json`)
    await chown(record, 0, 0)
    await chmod(record, 0o600)
    const second = await startServer({ dir: first.dir, wrapper })
    expect((await get(second, good)).text).toBe('good')
    expect([404, 410, 423]).toContain((await head(second, bad)).status)
  })
})

/** A small disk of its own under the temporary folder. */
async function mountTmpfs(context: TestContext, options: string): Promise<string> {
  // Not by temporaryFolder(): what is mounted can't be removed by its clean-up.
  const dir = await mkdtemp(path.join(tmpdir(), 'longhaul-disk-'))
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir])
  if (status !== 0) {
    await rmdir(dir)
    context.skip(`no tmpfs can be mounted here: ${stderr ?? 'no mount'}`)
  }
  return dir
}

/** Ends the servers first: they hold it. */
async function unmount(dir: string): Promise<void> {
  await cleanUp()
  spawnSync('umount', [dir])
  await rmdir(dir)
}

describe('a full disk', () => {
  let disk = ''
  let server: RunningServer
  const page = 4096
  const ballast = () => path.join(disk, 'ballast.bin')
  const free = async () => {
    const { bavail, bsize } = await statfs(disk)
    return bavail * bsize
  }

  /** Fills the disk until so many bytes (whole pages) are left. */
  async function leave(bytes: number): Promise<void> {
    await rm(ballast(), { force: true })
    await writeFile(ballast(), randomBytes((await free()) - bytes))
    expect(await free()).toBe(bytes)
  }
  const makeSpace = () => rm(ballast(), { force: true })

  const onDisk =
    (work: (context: TestContext) => Promise<void>) => async (context: TestContext) => {
      disk = await mountTmpfs(context, 'size=1m')
      try {
        server = await startServer({ dir: path.join(disk, 'data') })
        await work(context)
      } finally {
        await unmount(disk)
      }
    }

  test(
    'at the start: refused in words, nothing left behind',
    onDisk(async () => {
      const target = await upload(server, 'safe')
      await server.stop()
      const before = await visible(server.dir)
      await leave(0)
      expectClearRefusal(await runToEnd(server.dir), /disk is full/)
      expect(await visible(server.dir)).toEqual(before)
      await makeSpace()
      server = await startServer({ dir: server.dir })
      expect((await get(server, target)).text).toBe('safe')
    }),
  )

  test(
    'at the start with an upload to complete: the others are served, it is completed later',
    onDisk(async () => {
      const good = await upload(server, 'good')
      const half = await createUpload(server, { length: 5 })
      await patch(server, half, 0, 'hell')
      await server.stop()
      await writeFile(path.join(server.dir, path.basename(half)), 'hello')
      // A page for the folder's lock, none for a record.
      await leave(page)
      server = await startServer({ dir: server.dir })
      expect((await get(server, good)).text).toBe('good')
      const looked = await head(server, half)
      expect([looked.status, looked.header('upload-offset')]).not.toEqual([200, '5'])
      await makeSpace()
      expect(await offsetOf(server, half)).toBe(5)
      expect((await get(server, half)).text).toBe('hello')
    }),
  )

  test(
    'at creation: 507, and no file is left',
    onDisk(async () => {
      const before = await visible(server.dir)
      expect((await create(server, { length: 8_000_000 })).status).toBe(507)
      await leave(0)
      for (const length of [0, 1, null]) {
        const refused = await create(server, { length })
        expect(refused.status, `length ${length}`).toBe(507)
        expect(refused.text).not.toMatch(/ENOSPC|\/tmp/)
      }
      expect(await visible(server.dir)).toEqual(before)
      await makeSpace()
      const target = await upload(server, 'now it fits')
      expect((await get(server, target)).text).toBe('now it fits')
    }),
  )

  test(
    'in the middle of a PATCH: 507, what fits is kept, and it goes on when there is space',
    onDisk(async () => {
      const data = randomBytes(600_000)
      const target = await createUpload(server, { length: data.length })
      const other = await upload(server, 'other')
      await leave(50 * page)
      const refused = await patch(server, target, 0, data)
      expect(refused.status).toBe(507)
      expect(refused.text).not.toMatch(/ENOSPC|\/tmp/)
      const offset = await offsetOf(server, target)
      expect(Number(refused.header('upload-offset'))).toBe(offset)
      expect(offset).toBe(50 * page)
      // Still full: again 507, and nothing is lost.
      expect((await patch(server, target, offset, data.subarray(offset))).status).toBe(507)
      expect(await offsetOf(server, target)).toBe(offset)
      expect((await get(server, other)).text).toBe('other')
      await makeSpace()
      expect((await patch(server, target, offset, data.subarray(offset))).status).toBe(204)
      expect(sha256((await get(server, target)).body)).toBe(sha256(data))
      await until('the line in the log', () => /"level":"error".*disk space/.test(server.log()))
    }),
  )

  test(
    'while completing: nobody is told that it is whole, until it is',
    onDisk(async () => {
      const data = randomBytes(10 * page)
      const target = await createUpload(server, { length: data.length })
      await leave(10 * page)
      expect((await patch(server, target, 0, data)).status).toBe(507)
      expect(await free()).toBe(0)
      for (let turn = 0; turn < 5; turn++) {
        const looked = await Promise.all([head(server, target), head(server, target)])
        for (const { status } of looked) expect(status).toBe(423)
        const again = await patch(server, target, data.length, '')
        expect(again.status).toBe(507)
      }
      expect((await get(server, target)).status).not.toBe(200)
      expect(
        JSON.parse((await get(server, `/api/uploads/${path.basename(target)}`)).text).state,
      ).toBe('unfinished')
      await makeSpace()
      expect(await offsetOf(server, target)).toBe(data.length)
      expect(sha256((await get(server, target)).body)).toBe(sha256(data))
      expect((await visible(server.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    }),
  )

  test(
    'while a length is declared: 507, and the same request succeeds later',
    onDisk(async () => {
      const target = await createUpload(server, { length: null })
      await patch(server, target, 0, 'hello')
      await leave(0)
      expect((await patch(server, target, 5, '', { 'Upload-Length': 10 })).status).toBe(507)
      expect((await head(server, target)).header('upload-defer-length')).toBe('1')
      await makeSpace()
      expect((await patch(server, target, 5, 'world', { 'Upload-Length': 10 })).status).toBe(204)
      expect((await get(server, target)).text).toBe('helloworld')
    }),
  )

  test(
    'removing works, and makes space',
    onDisk(async () => {
      const target = await upload(server, randomBytes(20 * page))
      await leave(0)
      expect((await remove(server, target)).status).toBe(204)
      expect(await until('the space', async () => (await free()) >= 20 * page)).toBe(true)
      expect((await visible(server.dir)).filter((name) => !name.startsWith('.'))).toEqual([])
    }),
  )

  test('full of names, not of bytes: 507, and no file is left', async (context) => {
    disk = await mountTmpfs(context, 'size=1m,nr_inodes=9')
    try {
      server = await startServer({ dir: path.join(disk, 'data') })
      const statuses: number[] = []
      while (statuses.length < 6 && statuses.at(-1) !== 507) {
        statuses.push((await create(server, { length: 5 })).status)
      }
      expect(statuses.at(-1), statuses.join(' ')).toBe(507)
      const names = (await visible(server.dir)).filter((name) => !name.startsWith('.'))
      expect(names).toHaveLength(2 * (statuses.length - 1))
    } finally {
      await unmount(disk)
    }
  })
})

test('out of descriptors: refused, nothing lost, and well again when there are some', async (context) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) context.skip('prlimit is not installed')
  const first = await startServer()
  const unfinished = await createUpload(first, { length: 10 })
  await patch(first, unfinished, 0, 'hello')
  const finished = await upload(first, 'finished')
  await first.stop()
  const server = await startServer({ dir: first.dir, wrapper: ['prlimit', '--nofile=80'] })
  const control = await connect(server)
  expect((await get(control, '/livez')).status).toBe(200)
  const crowd = await Promise.all(Array.from({ length: 100 }, () => connect(server)))
  await until(
    'the crowd to fill it',
    () => crowd.some(({ ending }) => ending !== null),
    3000,
  ).catch(() => undefined)
  expect((await openFiles(server.pid)).length).toBeGreaterThan(75)
  const refused = await patch(control, unfinished, 5, 'world')
  expect(refused.status).toBeGreaterThanOrEqual(500)
  expect(refused.text).not.toMatch(/EMFILE|\/tmp/)
  const looked = await head(control, unfinished)
  expect([200, 423]).toContain(looked.status)
  if (looked.status === 200) expect(looked.header('upload-offset')).toBe('5')
  expect((await get(control, finished)).status).not.toBe(404)
  for (const wire of crowd) wire.reset()
  await until('descriptors', async () => (await openFiles(server.pid)).length < 35)
  expect((await patch(control, unfinished, 5, 'world')).status).toBe(204)
  expect((await get(control, unfinished)).text).toBe('helloworld')
  expect((await get(control, finished)).text).toBe('finished')
  control.close()
  await cleanUp()
})

// Somebody who cleans up with rm -r while it runs.
test('the folder vanishes: answers without internals, and the process lives', async () => {
  const server = await startServer()
  const target = await createUpload(server, { length: 10 })
  await rm(server.dir, { recursive: true })
  for (const response of [
    await create(server, { length: 5 }),
    await patch(server, target, 0, 'hello'),
    await head(server, target),
    await get(server, target),
  ]) {
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.text).not.toMatch(/ENOENT|\/tmp/)
  }
  await sleep(100)
  expect(await isAlive(server.pid)).toBe(true)
  expect((await get(server, '/livez')).status).toBe(200)
  expect(await server.stop()).toBe(0)
  await expect(stat(server.dir)).rejects.toThrow('ENOENT')
})
