// `longhaul upload` interrupted in every way: it goes on where it was, sends at most one chunk twice, and never starts over by mistake.
import { spawnSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import {
  type ClientRun,
  endClients,
  type Link,
  MiB,
  makeFile,
  patience,
  sha256OfUrl,
  startClient,
  startFront,
  startLink,
  startShell,
} from './terminal-tools.ts'

// Several processes start in each of these; a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 })

let folder = ''
let state = ''
let file = ''

beforeEach(async () => {
  folder = await temporaryFolder('terminal')
  state = path.join(folder, 'state')
  file = path.join(folder, 'film.mp4')
})

afterEach(async () => {
  endClients()
  await cleanUp()
})

interface UploadInfo {
  readonly id: string
  readonly url: string
  readonly offset: number
  readonly state: string
}

async function uploadsOn(server: RunningServer): Promise<UploadInfo[]> {
  const list = (await (await fetch(`${server.url}/api/uploads`)).json()) as {
    uploads: UploadInfo[]
  }
  return list.uploads
}

/** Heads and answers are no file bytes: so many may go beyond size and chunk. */
const overhead = 100_000

/** Starts an upload over the link and waits until `bytes` of it have left the client. */
async function startPartly(
  link: Link,
  bytes: number,
  more: readonly string[] = [],
): Promise<ClientRun> {
  const client = startClient([file, '--to', link.url, '--chunk-size', '1MiB', ...more], { state })
  await until(`${bytes} bytes are on their way`, () => link.fromClient() > bytes, patience)
  return client
}

const savedFiles = () => readdir(path.join(state, 'longhaul/uploads')).catch(() => [])

test.each([
  // Of a PATCH without a checksum all bytes count that arrived, of one with a checksum none before the last.
  ['none', 6 * MiB, 1],
  ['sha256', 3 * MiB, MiB],
])(
  'kill -9 of the client, checksum %s: the next run goes on, with at most one chunk sent twice',
  async (checksum, least, unit) => {
    const server = await startServer()
    const sum = await makeFile(file, 10 * MiB)
    const link = await startLink(server.port, 10 * MiB)
    const more = ['--checksum', checksum]
    for (const bytes of [2.3 * MiB, 3.4 * MiB, 6.5 * MiB]) {
      const client = await startPartly(link, bytes, more)
      client.process.kill('SIGKILL')
      await client.exit
    }
    const args = [file, '--to', link.url, '--chunk-size', '1MiB', '--json', ...more]
    const last = startClient(args, { state })
    expect(await last.exit).toBe(0)
    const [report] = JSON.parse(last.stdout()).files
    expect(report.resumedFrom).toBeGreaterThanOrEqual(least)
    expect(report.resumedFrom % unit).toBe(0)
    expect(report.resent).toBe(0)

    const uploads = await uploadsOn(server)
    expect(uploads).toMatchObject([{ state: 'finished', offset: 10 * MiB }])
    expect(await sha256OfUrl(server.url + uploads[0]?.url)).toBe(sum)
    // What the client had written when it was killed may be lost on the way: never a chunk for each kill.
    expect(link.fromClient()).toBeLessThan(10 * MiB + 3 * MiB + overhead)
    expect(await savedFiles()).toEqual([])
  },
)

test('kill -9 of the server: the client waits, says so once, and goes on by itself', async () => {
  let server = await startServer()
  const sum = await makeFile(file, 10 * MiB)
  const link = await startLink(server.port, 10 * MiB)
  const client = await startPartly(link, 2.5 * MiB)
  for (const bytes of [5.5 * MiB, 8.5 * MiB]) {
    await server.kill()
    await sleep(700)
    server = await startServer({ dir: server.dir, port: server.port })
    await until('it goes on', () => link.fromClient() > bytes, patience)
  }
  expect(await client.exit).toBe(0)
  expect(client.stderr().match(/trying again/g)).toHaveLength(2)
  expect(client.stderr().match(/going on at \d/g)).toHaveLength(2)
  const uploads = await uploadsOn(server)
  expect(uploads).toHaveLength(1)
  expect(await sha256OfUrl(server.url + uploads[0]?.url)).toBe(sum)
  expect(link.fromClient()).toBeLessThan(10 * MiB + 2 * MiB + overhead)
})

test('kill -9 of the server in a whole-file PATCH costs no more than what was on its way', async () => {
  let server = await startServer()
  const sum = await makeFile(file, 30 * MiB)
  const link = await startLink(server.port, 20 * MiB)
  const client = await startPartly(link, 20 * MiB, ['--chunk-size', '0'])
  await server.kill()
  server = await startServer({ dir: server.dir, port: server.port })
  expect(await client.exit).toBe(0)
  const [upload] = await uploadsOn(server)
  expect(await sha256OfUrl(server.url + upload?.url)).toBe(sum)
  // The buffers of two sockets hold some MiB; to start over would cost 20.
  expect(link.fromClient()).toBeLessThan(38 * MiB)
})

test('a reset connection is replaced', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 8 * MiB)
  const link = await startLink(server.port, 10 * MiB)
  const client = await startPartly(link, 1.5 * MiB)
  for (const bytes of [3 * MiB, 5 * MiB]) {
    link.cut()
    await until('it goes on', () => link.fromClient() > bytes, patience)
  }
  expect(await client.exit).toBe(0)
  expect(link.connections()).toBe(3)
  expect(client.stderr()).toMatch(/PATCHes over 3 connections/)
  const [upload] = await uploadsOn(server)
  expect(await sha256OfUrl(server.url + upload?.url)).toBe(sum)
})

test('Ctrl-C: exit 1, what is safe, and a command that continues', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 8 * MiB)
  const other = path.join(folder, "the other one's")
  await makeFile(other, 1000)
  const link = await startLink(server.port, 8 * MiB)
  const args = [file, other, '--to', link.url, '--chunk-size', '1MiB']
  const client = startClient(args, { state })
  await until('2.5 MiB are on their way', () => link.fromClient() > 2.5 * MiB, patience)
  client.process.kill('SIGINT')
  expect(await client.exit).toBe(1)
  const [upload] = await uploadsOn(server)
  const { offset = 0 } = upload ?? {}
  // Of the third chunk nothing counts before its last byte.
  expect(offset).toBeGreaterThanOrEqual(2 * MiB)
  const told = /^longhaul: interrupted: (.*) of 8\.0 MiB of .*film\.mp4 safe on the server$/m
  const safe = Number(told.exec(client.stderr())?.[1])
  // What the slow link still held when the client asked has arrived since.
  expect(safe).toBeGreaterThanOrEqual(2)
  expect(safe).toBeLessThanOrEqual(offset / MiB + 0.05)
  const [, command = ''] = /^longhaul: to continue: (.*)$/m.exec(client.stderr()) ?? []

  const next = startShell(command, { state })
  expect(await next.exit).toBe(0)
  const uploads = await uploadsOn(server)
  expect(uploads.map((one) => one.state)).toEqual(['finished', 'finished'])
  expect(await sha256OfUrl(server.url + upload?.url)).toBe(sum)
})

test('Ctrl-C while it waits for the server ends it at once', async () => {
  const server = await startServer()
  await makeFile(file, 8 * MiB)
  const link = await startLink(server.port, 8 * MiB)
  const client = await startPartly(link, 2 * MiB)
  await server.kill()
  await until('it says that it waits', () => client.stderr().includes('trying again'), patience)
  client.process.kill('SIGINT')
  const begun = Date.now()
  expect(await client.exit).toBe(1)
  expect(Date.now() - begun).toBeLessThan(4000)
  expect(client.stderr()).toMatch(/to continue: /)
})

test('D03: whatever passing trouble a HEAD meets on the way, one upload, never started over', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 3 * MiB)
  // 400 and 404 are a proxy's here: they carry no Tus-Resumable.
  const statuses = [500, 502, 503, 429, 409, 423, 400, 404]
  await Promise.all(
    statuses.map(async (status) => {
      const front = await startFront(server.port, (method, seen) => {
        if (method === 'PATCH' && seen.filter((one) => one === 'PATCH').length === 2) return 'cut'
        const heads = seen.filter((one) => one === 'HEAD').length
        return method === 'HEAD' && heads <= 2 ? { status } : null
      })
      const args = [file, '--to', front.url, '--chunk-size', '1MiB']
      const client = startClient(args, { state: path.join(state, String(status)) })
      expect([status, await client.exit]).toEqual([status, 0])
      // One HEAD more than to go on: it asks for the digest.
      const times = (method: string) => front.seen.filter((one) => one === method).length
      expect([status, times('POST'), times('HEAD'), times('PATCH')]).toEqual([status, 1, 4, 4])
      const { pathname } = new URL(client.stdout().trim())
      expect(await sha256OfUrl(server.url + pathname)).toBe(sum)
      front.close()
    }),
  )
  expect(await uploadsOn(server)).toHaveLength(statuses.length)
})

test.each([401, 403])(
  'D03: a HEAD answered %i ends the run, and the next one goes on',
  async (status) => {
    const server = await startServer()
    const sum = await makeFile(file, 4 * MiB)
    const front = await startFront(server.port, (method, seen) => {
      if (method === 'PATCH' && seen.filter((one) => one === 'PATCH').length === 2) return 'cut'
      return method === 'HEAD' && !seen.slice(0, -1).includes('HEAD') ? { status } : null
    })
    const args = [file, '--to', front.url, '--chunk-size', '1MiB']
    const client = startClient(args, { state })
    expect(await client.exit).toBe(1)
    expect(client.stderr()).toMatch(/--token or LONGHAUL_TOKEN \(1\.0 of 4\.0 MiB safe\)/)
    expect(await startClient(args, { state }).exit).toBe(0)
    expect(front.seen.filter((method) => method === 'POST')).toHaveLength(1)
    const uploads = await uploadsOn(server)
    expect(await sha256OfUrl(server.url + uploads[0]?.url)).toBe(sum)
    front.close()
  },
)

test('an upload that the server has no more is begun again, and said so', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 4 * MiB)
  const link = await startLink(server.port, 8 * MiB)
  const client = await startPartly(link, 1.5 * MiB)
  client.process.kill('SIGKILL')
  await client.exit
  const [old] = await uploadsOn(server)
  await fetch(`${server.url}/api/uploads/${old?.id}`, { method: 'DELETE' })

  const next = startClient([file, '--to', link.url], { state })
  expect(await next.exit).toBe(0)
  expect(next.stderr()).toMatch(
    /has the upload no more \(expired or deleted\); it is sent from the beginning/,
  )
  const uploads = await uploadsOn(server)
  expect(await sha256OfUrl(server.url + uploads[0]?.url)).toBe(sum)
})

test('--no-resume begins anew', async () => {
  const server = await startServer()
  await makeFile(file, 4 * MiB)
  const link = await startLink(server.port, 8 * MiB)
  const client = await startPartly(link, 1.5 * MiB)
  client.process.kill('SIGKILL')
  await client.exit
  const next = startClient([file, '--to', link.url, '--no-resume', '--json'], { state })
  expect(await next.exit).toBe(0)
  expect(JSON.parse(next.stdout()).files[0].resumedFrom).toBe(null)
  expect(await uploadsOn(server)).toHaveLength(2)
})

const changes: readonly [string, RegExp, () => Promise<void>][] = [
  ['is longer', /its size changed since/, () => appendFile(file, 'x')],
  ['has another date', /it was modified since/, () => utimes(file, 1e9, 1e9)],
  [
    'has other content, but the old size and date',
    /its content changed since/,
    async () => {
      const { atimeMs, mtimeMs, size } = await stat(file)
      await writeFile(file, Buffer.alloc(size, 'x'))
      await utimes(file, atimeMs / 1000, mtimeMs / 1000)
    },
  ],
]

test.each(changes)(
  'a file that %s after the interruption is sent from the beginning',
  async (_, words, change) => {
    const server = await startServer()
    await makeFile(file, 4 * MiB)
    // A date that utimes can give back to the last digit.
    await utimes(file, 1_700_000_000, 1_700_000_000)
    const link = await startLink(server.port, 8 * MiB)
    const client = await startPartly(link, 1.5 * MiB)
    client.process.kill('SIGKILL')
    await client.exit
    await change()
    const next = startClient([file, '--to', link.url], { state })
    expect(await next.exit).toBe(0)
    expect(next.stderr()).toMatch(words)
    const [newest] = await uploadsOn(server)
    const bytes = Buffer.from(await (await fetch(server.url + newest?.url)).arrayBuffer())
    expect(bytes.equals(await readFile(file))).toBe(true)
  },
)

test.each([
  ['grows', /became longer/, () => appendFile(file, 'x')],
  ['shrinks', /became shorter/, () => truncate(file, 3 * MiB)],
  ['is emptied', /became shorter/, () => truncate(file, 0)],
  ['gets another date', /was changed/, () => utimes(file, 1e9, 1e9)],
] as const)(
  'a file that %s during the upload: a clear error, no hang, never mixed bytes',
  async (_, words, change) => {
    const server = await startServer()
    await makeFile(file, 8 * MiB)
    for (const chunkSize of ['1MiB', '0']) {
      // More than the buffers of two sockets take, so that it can't all be read when it changes.
      await makeFile(file, 40 * MiB)
      const link = await startLink(server.port, 40 * MiB)
      const client = await startPartly(link, 2.5 * MiB, ['--chunk-size', chunkSize])
      link.hold()
      await change()
      link.release()
      expect(await client.exit).toBe(1)
      expect(client.stderr()).toMatch(words)
      link.close()
    }
    expect((await uploadsOn(server)).map((upload) => upload.state)).toEqual([
      'unfinished',
      'unfinished',
    ])
  },
)

test('a second client leaves a file alone that the first one is sending', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 6 * MiB)
  const link = await startLink(server.port, 8 * MiB)
  const first = await startPartly(link, 1.5 * MiB)
  link.hold()
  const second = startClient([file, '--to', link.url], { state })
  expect(await second.exit).toBe(1)
  link.release()
  expect(second.stderr()).toContain(`process ${first.pid} is uploading this file`)
  expect(await first.exit).toBe(0)
  const uploads = await uploadsOn(server)
  expect(uploads).toHaveLength(1)
  expect(await sha256OfUrl(server.url + uploads[0]?.url)).toBe(sum)
})

test('five clients at once with a file each lose nothing of what they save', async () => {
  const server = await startServer()
  const link = await startLink(server.port, 2 * MiB)
  const files = Array.from({ length: 5 }, (_, index) => path.join(folder, `file-${index}`))
  await Promise.all(files.map((one) => makeFile(one, 2 * MiB)))
  const args = (one: string) => [one, '--to', link.url, '--chunk-size', '256KiB']
  const clients = files.map((one) => startClient(args(one), { state }))
  await until(
    'all have begun',
    async () => {
      const uploads = await uploadsOn(server)
      return uploads.length === 5 && uploads.every((upload) => upload.offset > 0)
    },
    patience,
  )
  for (const client of clients) client.process.kill('SIGKILL')
  await Promise.all(clients.map((client) => client.exit))
  const next = files.map((one) => startClient(args(one), { state }))
  expect(await Promise.all(next.map((client) => client.exit))).toEqual(Array(5).fill(0))
  const uploads = await uploadsOn(server)
  expect(uploads.map((upload) => upload.state)).toEqual(Array(5).fill('finished'))
})

test('a damaged state file is no obstacle, and a home that cannot be written is told', async () => {
  const server = await startServer()
  await makeFile(file, 3 * MiB)
  const link = await startLink(server.port, 8 * MiB)
  const client = await startPartly(link, 1.5 * MiB)
  client.process.kill('SIGKILL')
  await client.exit
  const [saved = ''] = (await savedFiles()).filter((name) => name.endsWith('.json'))
  await truncate(path.join(state, 'longhaul/uploads', saved), 40)
  expect(await startClient([file, '--to', server.url], { state }).exit).toBe(0)

  // A file where the folder should be, and a place where none can be made: refused to everybody, root included.
  const blocked = path.join(folder, 'blocked')
  await writeFile(blocked, '')
  for (const place of [blocked, '/proc/longhaul']) {
    const other = startClient([file, '--to', server.url], { state: place })
    expect(await other.exit).toBe(0)
    expect(other.stderr()).toMatch(/a later run won't be able to continue this upload/)
  }
})

test('a state folder on a full disk is told, and ends no upload', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root mounts a small disk')
  const server = await startServer()
  await makeFile(file, MiB)
  const small = path.join(folder, 'small')
  await mkdir(small)
  const mount = ['-t', 'tmpfs', '-o', 'size=4k,nr_inodes=20', 'tmpfs', small]
  if (spawnSync('mount', mount).status !== 0) return context.skip('nothing can be mounted here')
  try {
    await mkdir(path.join(small, 'longhaul/uploads'), { recursive: true })
    await writeFile(path.join(small, 'filler'), Buffer.alloc(4096))
    const client = startClient([file, '--to', server.url], { state: small })
    expect(await client.exit).toBe(0)
    expect(client.stderr()).toMatch(/a later run won't be able to continue this upload: ENOSPC/)
    expect(client.stderr()).not.toMatch(/trying again/)
    expect(await readdir(path.join(small, 'longhaul/uploads'))).toEqual([])
  } finally {
    spawnSync('umount', [small])
  }
})
