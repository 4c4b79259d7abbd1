// `longhaul upload` against the real server: whole files, several, empty, from a pipe; exit status, words, JSON, token.
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { until } from '../helpers/process.ts'
import { cleanUp, cliPath, startServer, temporaryFolder } from '../helpers/server.ts'
import {
  endClients,
  MiB,
  makeFile,
  patience,
  sha256OfUrl,
  startClient,
  startFront,
  startLink,
} from './terminal-tools.ts'

// Several processes start in each of these; a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 })

let folder = ''
let state = ''

beforeEach(async () => {
  folder = await temporaryFolder('terminal')
  state = path.join(folder, 'state')
})

afterEach(async () => {
  endClients()
  await cleanUp()
})

const inFolder = (name: string) => path.join(folder, name)
const urlsOf = (stdout: string) => stdout.trim().split('\n')

test('25 PATCHes go over one connection, and what arrives is the file', async () => {
  const server = await startServer()
  const sum = await makeFile(inFolder('film.mp4'), 25 * MiB)
  const client = startClient([inFolder('film.mp4'), '--to', server.url, '--chunk-size', '1MiB'], {
    state,
  })
  expect(await client.exit).toBe(0)
  expect(client.stderr()).toMatch(
    /film\.mp4: 25\.0 MiB safe after .*, 25 PATCHes over 1 connection\n/,
  )
  const [url = ''] = urlsOf(client.stdout())
  expect(await sha256OfUrl(url)).toBe(sum)

  const { closed } = (await (await fetch(`${server.url}/api/connections`)).json()) as {
    closed: { patches: number; requests: number }[]
  }
  expect(closed.filter((connection) => connection.patches > 0)).toMatchObject([
    // Beside the PATCHes: the creation, what the server checks, and its SHA-256 in the end.
    { patches: 25, requests: 28 },
  ])
})

test('several files, an empty one and a name in Polish among them, share the connection', async () => {
  const server = await startServer()
  const names = ['a.bin', 'empty', 'zażółć gęślą.txt', "it's $HOME.bin"]
  const sums = await Promise.all(
    names.map((name, index) => makeFile(inFolder(name), name === 'empty' ? 0 : index * 1000 + 1)),
  )
  const client = startClient([...names, '--to', server.url, '--json'], { state, cwd: folder })
  expect(await client.exit).toBe(0)
  const document = JSON.parse(client.stdout())
  expect(document).toMatchObject({
    version: 1,
    connections: 1,
    patches: 3,
    bodyBytes: 1 + 2001 + 3001,
  })
  expect(document.files.map((file: { file: string }) => file.file)).toEqual(names)
  for (const [index, file] of document.files.entries()) {
    expect(file).toMatchObject({ state: 'finished', error: null, resumedFrom: null, resent: 0 })
    expect(await sha256OfUrl(file.url)).toBe(sums[index])
    const { pathname } = new URL(file.url)
    const upload = (await (
      await fetch(`${server.url}/api/uploads/${pathname.split('/').at(-1)}`)
    ).json()) as { metadata: Record<string, string> }
    expect(upload.metadata).toMatchObject({ filename: names[index] })
    expect(upload.metadata.lastModified).toMatch(/^\d{13}$/)
    expect(upload.metadata.fingerprint).toMatch(/^s1:[0-9a-f]{64}$/)
  }
  expect(await readdir(path.join(state, 'longhaul/uploads'))).toEqual([])
})

test('the whole file goes in one PATCH with --chunk-size 0', async () => {
  const server = await startServer()
  const sum = await makeFile(inFolder('big.bin'), 20 * MiB)
  const args = [inFolder('big.bin'), '--to', `${server.url}/files`, '--chunk-size', '0', '--json']
  const client = startClient(args, { state })
  expect(await client.exit).toBe(0)
  const document = JSON.parse(client.stdout())
  expect(document).toMatchObject({ patches: 1, connections: 1 })
  expect(await sha256OfUrl(document.files[0].url)).toBe(sum)
})

test.each([0, 1, 3 * MiB, 3 * MiB + 17])('%i bytes from a pipe arrive whole', async (size) => {
  const server = await startServer()
  const input = randomBytes(size)
  const client = startClient(['-', '--to', server.url, '--chunk-size', '1MiB'], { state, input })
  expect(await client.exit).toBe(0)
  const sum = createHash('sha256').update(input).digest('hex')
  expect(await sha256OfUrl(urlsOf(client.stdout())[0] ?? '')).toBe(sum)
})

test('a pipe survives a connection that is reset in the middle of a chunk', async () => {
  const server = await startServer()
  const link = await startLink(server.port, 8 * MiB)
  const input = randomBytes(6 * MiB)
  const client = startClient(['-', '--to', link.url, '--chunk-size', '2MiB'], { state, input })
  await until('2.5 MiB are on their way', () => link.fromClient() > 2.5 * MiB, patience)
  link.cut()
  expect(await client.exit).toBe(0)
  const { pathname } = new URL(urlsOf(client.stdout())[0] ?? '')
  const sum = createHash('sha256').update(input).digest('hex')
  expect(await sha256OfUrl(server.url + pathname)).toBe(sum)
  expect(link.connections()).toBe(2)
})

test('wrong usage is exit 2 with one line, and nothing is sent', async () => {
  const server = await startServer()
  await makeFile(inFolder('file'), 10)
  await mkdir(inFolder('folder'))
  await symlink(inFolder('nowhere'), inFolder('dangling'))
  const cases: [string[], RegExp][] = [
    [['file', 'missing', '--to', server.url], /^longhaul: missing: no such file\n$/],
    [['dangling', '--to', server.url], /^longhaul: dangling: no such file\n$/],
    [['folder', '--to', server.url], /^longhaul: folder: a folder; name its files\n$/],
    [['/dev/null', '--to', server.url], /no regular file/],
    [['file', '--to', 'ftp://host/'], /--to ftp:\/\/host\/: no http or https URL/],
    [['file', '--to', 'files'], /no http or https URL/],
    [['file', '--to', 'http://a%zz:b@127.0.0.1/'], /--to: a % in the name .* written as %25/],
    [['file', '--to', server.url, '--chunk-size', 'many'], /no size/],
    [['-', '-', '--to', server.url], /only once/],
    [['file', '--to', server.url, '--token', 'two words'], /visible ASCII/],
    [['--to', server.url], /missing required argument/],
  ]
  for (const [args, message] of cases) {
    const client = startClient(args, { state, cwd: folder })
    expect([args, await client.exit]).toEqual([args, 2])
    expect(client.stderr()).toMatch(message)
    expect(client.stdout()).toBe('')
  }
  const { uploads } = (await (await fetch(`${server.url}/api/uploads`)).json()) as {
    uploads: unknown[]
  }
  expect(uploads).toEqual([])
})

test('a folder as standard input is wrong usage, and no empty upload', async () => {
  const server = await startServer()
  const script = `"$0" "$1" upload - --to ${server.url} < /tmp`
  const client = spawnSync('sh', ['-c', script, process.execPath, cliPath], { encoding: 'utf8' })
  expect([client.status, client.stderr]).toEqual([2, 'longhaul: -: standard input is a folder\n'])
  const { uploads } = await (await fetch(`${server.url}/api/uploads`)).json()
  expect(uploads).toEqual([])
})

test('a file that the server refuses does not keep the next one from going', async () => {
  const server = await startServer({ flags: ['--max-size', '1MiB'] })
  await makeFile(inFolder('large'), 2 * MiB)
  await makeFile(inFolder('small'), 1000)
  const client = startClient(['large', 'small', '--to', server.url, '--json'], {
    state,
    cwd: folder,
  })
  expect(await client.exit).toBe(1)
  const { files } = JSON.parse(client.stdout())
  expect(files).toMatchObject([{ state: 'failed' }, { state: 'finished', safe: 1000 }])
  expect(files[0].error).toMatch(/413.*takes no file as large/)
  expect(client.stderr()).toMatch(/^longhaul: to try again: .* upload large --to/m)
})

test('a token is asked for, taken from the environment, and wrong ones are told', async () => {
  const server = await startServer({ flags: ['--token', 'correct-horse'] })
  await makeFile(inFolder('file'), 1000)
  const args = ['file', 'file', '--to', server.url]
  const anonymous = startClient(args, { state, cwd: folder })
  expect(await anonymous.exit).toBe(1)
  expect(anonymous.stderr()).toMatch(/401.*--token or LONGHAUL_TOKEN/)
  expect(anonymous.stderr().match(/401/g)).toHaveLength(1) // the second file isn't even begun

  const wrong = startClient([...args, '--token', 'battery-staple'], { state, cwd: folder })
  expect(await wrong.exit).toBe(1)
  expect(wrong.stderr()).not.toContain('battery-staple')

  const env = { LONGHAUL_TOKEN: 'correct-horse' }
  expect(await startClient(args, { state, cwd: folder, env }).exit).toBe(0)
})

test('the token goes to no other origin, even if the server sends the upload there', async () => {
  const server = await startServer()
  const thief = await startFront(server.port, () => ({ status: 404 }))
  const front = await startFront(server.port, (method) =>
    method === 'POST'
      ? {
          status: 201,
          headers: { Location: `${thief.url}/files/abcdefgh`, 'Tus-Resumable': '1.0.0' },
        }
      : null,
  )
  await makeFile(inFolder('file'), 1000)
  const args = ['file', '--to', front.url, '--token', 'correct-horse', '--retry-for', '1s']
  const client = startClient(args, { state, cwd: folder })
  expect(await client.exit).toBe(1)
  expect(front.heads[0]?.authorization).toBe('Bearer correct-horse')
  expect(thief.seen).toContain('PATCH')
  expect(thief.heads.filter((head) => head.authorization !== undefined)).toEqual([])
  front.close()
  thief.close()
})

test('--quiet says nothing but the address of the upload', async () => {
  const server = await startServer()
  await makeFile(inFolder('file'), 1000)
  const client = startClient([inFolder('file'), '--to', server.url, '--quiet'], { state })
  expect(await client.exit).toBe(0)
  expect(client.stderr()).toBe('')
  expect(client.stdout()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/files\/[\w-]+\n$/)
})

test('an address without an upload service is told at once', async () => {
  const server = await startServer()
  const front = await startFront(server.port, () => ({ status: 404 }))
  const page = await startFront(server.port, () => ({ status: 200 }))
  const moved = await startFront(server.port, () => ({
    status: 301,
    headers: { Location: 'https://x.example/files' },
  }))
  await makeFile(inFolder('file'), 1000)
  for (const [url, message] of [
    [front.url, /404; check --to/],
    [page.url, /does not answer as a tus server; check --to/],
    [moved.url, /redirects to https:\/\/x\.example\/files/],
    ['http://no-such-host.invalid', /the name of the server is unknown; check --to/],
  ] as const) {
    const client = startClient([inFolder('file'), '--to', url], { state })
    expect([url, await client.exit]).toEqual([url, 1])
    expect(client.stderr()).toMatch(message)
  }
  for (const one of [front, page, moved]) one.close()
})

test('a server that is away is waited for as long as --retry-for says', async () => {
  const link = await startLink(1, MiB)
  link.close() // a port that nobody has
  await makeFile(inFolder('file'), 1000)
  const begun = Date.now()
  const client = startClient([inFolder('file'), '--to', link.url, '--retry-for', '1s'], { state })
  expect(await client.exit).toBe(1)
  expect(Date.now() - begun).toBeGreaterThan(900)
  expect(client.stderr()).toMatch(
    /^file: connection refused; 0 B safe, trying again for up to [01]\.\d s\nlonghaul: file: connection refused; no progress for 1\.0 s\nlonghaul: to try again: /,
  )
})

test('memory stays bounded whatever the size of the file and of the chunk', async () => {
  const server = await startServer({ flags: ['--durability', 'none'] })
  await writeFile(inFolder('sparse'), '')
  await truncate(inFolder('sparse'), 1024 * MiB)
  for (const chunkSize of ['0', '64MiB']) {
    const args = [inFolder('sparse'), '--to', server.url, '--chunk-size', chunkSize]
    const client = startClient(args, { state })
    let peak = 0
    const watcher = setInterval(async () => {
      peak = Math.max(peak, await peakMemory(client.pid))
    }, 50)
    expect(await client.exit).toBe(0)
    clearInterval(watcher)
    expect(peak).toBeGreaterThan(0)
    expect(peak).toBeLessThan(200 * MiB)
  }
})

/** VmHWM of proc(5) in bytes; 0 when the process has ended. */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}
