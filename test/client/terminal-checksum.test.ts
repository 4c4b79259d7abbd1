// The terminal client proves what it uploads: damage on the way, another content, the flags.
import { open, readFile, utimes } from 'node:fs/promises'
import * as http from 'node:http'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { until } from '../helpers/process.ts'
import { cleanUp, startServer, temporaryFolder } from '../helpers/server.ts'
import {
  endClients,
  MiB,
  makeFile,
  patience,
  sha256OfUrl,
  startClient,
  startLink,
} from './terminal-tools.ts'

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

interface Flipper {
  readonly url: string
  /** The `Upload-Checksum` of each PATCH, in order. */
  readonly checksums: (string | undefined)[]
  close(): void
}

/** A proxy before `port` that flips a bit in the bodies of those PATCHes, counted from 0. */
async function startFlipper(port: number, isDamaged: (patch: number) => boolean): Promise<Flipper> {
  const checksums: (string | undefined)[] = []
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request
    const isBad = method === 'PATCH' && isDamaged(checksums.length)
    if (method === 'PATCH') checksums.push(headers['upload-checksum'] as string | undefined)
    const onward = http.request({ port, method, path: url, headers }, (got) => {
      response.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.once('data', (data: Buffer) => {
      if (isBad) data.writeUInt8(data.readUInt8(0) ^ 1, 0)
    })
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    checksums,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

test('a PATCH that arrives damaged goes again by itself, from a file and from a pipe', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 4 * MiB)
  for (const source of [file, '-']) {
    const flipper = await startFlipper(server.port, (patch) => patch === 1 || patch === 4)
    const args = [source, '--to', flipper.url, '--chunk-size', '1MiB', '--json']
    const client = startClient(args, {
      state,
      ...(source === '-' && { input: await readFile(file) }),
    })
    expect([await client.exit, client.stderr()]).toEqual([
      0,
      expect.stringMatching(/a chunk arrived damaged and is sent again/),
    ])
    const [report] = JSON.parse(client.stdout()).files
    expect(report).toMatchObject({ sha256: sum, isEqual: true, damaged: 2, patches: 6 })
    // The same bytes have the same checksum.
    expect(flipper.checksums[2]).toBe(flipper.checksums[1])
    expect(client.stderr()).toMatch(
      `SHA-256 ${sum}, equal on the server; 2 chunks arrived damaged and were sent again`,
    )
    const { pathname } = new URL(report.url)
    expect(await sha256OfUrl(server.url + pathname)).toBe(sum)
    flipper.close()
  }
})

test('what arrives damaged every time ends the run with a next step, and counts for nothing', async () => {
  const server = await startServer()
  await makeFile(file, 3 * MiB)
  const flipper = await startFlipper(server.port, (patch) => patch > 0)
  const client = startClient([file, '--to', flipper.url, '--chunk-size', '1MiB'], { state })
  expect(await client.exit).toBe(1)
  expect(client.stderr()).toMatch(
    /film\.mp4: the same chunk arrived damaged 5 times: .* try another network.*\(1\.0 of 3\.0 MiB safe\)\nlonghaul: to continue: /,
  )
  const last = startClient([file, '--to', server.url, '--chunk-size', '1MiB'], { state })
  expect(await last.exit).toBe(0)
  flipper.close()
})

test('without checksums damage goes unnoticed: the test can tell', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 2 * MiB)
  const flipper = await startFlipper(server.port, (patch) => patch === 1)
  const args = ['--to', flipper.url, '--chunk-size', '1MiB']
  const off = startClient([file, ...args, '--checksum', 'none', '--json'], { state })
  expect(await off.exit).toBe(0)
  const [report] = JSON.parse(off.stdout()).files
  expect(report).toMatchObject({ sha256: null, isEqual: null, damaged: 0 })
  expect(await sha256OfUrl(report.url)).not.toBe(sum)
  expect(flipper.checksums).toEqual([undefined, undefined])
  flipper.close()
})

test('damage in a whole-file PATCH, which has no checksum, is found in the end', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 2 * MiB)
  const flipper = await startFlipper(server.port, (patch) => patch === 0)
  const args = [file, '--to', flipper.url, '--chunk-size', '0']
  const client = startClient(args, { state })
  expect(await client.exit).toBe(1)
  expect(flipper.checksums).toEqual([undefined])
  expect(client.stderr()).toMatch(
    `film.mp4: the server holds another content: bytes were damaged on their way or on a disk (SHA-256 here ${sum}, there `,
  )
  // It is not gone on with, but begun anew.
  const again = startClient([file, '--to', server.url], { state })
  expect(await again.exit).toBe(0)
  expect(again.stderr()).toMatch(`SHA-256 ${sum}, equal on the server`)
  flipper.close()
})

test('a part that an earlier run sent from another content is found in the end', async () => {
  const server = await startServer()
  await makeFile(file, 6 * MiB)
  const date = new Date('2026-01-02T03:04:05Z')
  await utimes(file, date, date)
  const link = await startLink(server.port, 8 * MiB)
  const args = [file, '--to', link.url, '--chunk-size', '1MiB']
  const first = startClient(args, { state })
  await until('2.5 MiB are on their way', () => link.fromClient() > 2.5 * MiB, patience)
  first.process.kill('SIGKILL')
  await first.exit
  // Neither the beginning, nor the middle, nor the end, by which a file is known again.
  const handle = await open(file, 'r+')
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, MiB)
  await handle.write(Buffer.from([buffer.readUInt8(0) ^ 1]), 0, 1, MiB)
  await handle.close()
  await utimes(file, date, date)
  const next = startClient(args, { state })
  expect(await next.exit).toBe(1)
  expect(next.stderr()).toMatch(
    /the part that was sent before seems to come from another version of the file \(SHA-256 here [0-9a-f]{64}, there [0-9a-f]{64}\); delete http\S+ and upload the file again/,
  )
})

test('each of the hash functions is checked', async () => {
  const server = await startServer()
  const sum = await makeFile(file, 3 * MiB + 17)
  const names = ['sha256', 'sha512', 'sha1', 'crc32', 'md5']
  await Promise.all(
    names.map(async (name) => {
      const flipper = await startFlipper(server.port, (patch) => patch === 3)
      const args = ['--to', flipper.url, '--chunk-size', '1MiB', '--checksum', name, '--json']
      // A state of its own: only one process at a time may send a file.
      const client = startClient([file, ...args], { state: path.join(state, name) })
      expect([name, await client.exit]).toEqual([name, 0])
      const [report] = JSON.parse(client.stdout()).files
      expect([name, report]).toMatchObject([name, { sha256: sum, isEqual: true, damaged: 1 }])
      expect(flipper.checksums).toEqual(new Array(5).fill(expect.stringMatching(`^${name} `)))
      flipper.close()
    }),
  )
})

test('a checksum that nobody knows is wrong usage, one that the server lacks is told', async () => {
  const server = await startServer()
  await makeFile(file, 1000)
  const unknown = startClient([file, '--to', server.url, '--checksum', 'rot13'], { state })
  expect(await unknown.exit).toBe(2)
  expect(unknown.stderr()).toMatch(/--checksum rot13: one of sha256, .*, or none/)

  const plain = http.createServer((request, response) => {
    request.resume()
    if (request.method === 'POST') {
      response.writeHead(201, { Location: '/files/abcdefgh', 'Tus-Resumable': '1.0.0' }).end()
    } else response.writeHead(204, { 'Tus-Resumable': '1.0.0' }).end()
  })
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  const address = plain.address()
  const port = address && typeof address !== 'string' ? address.port : 0
  const args = ['--to', `http://127.0.0.1:${port}/files`, '--checksum', 'md5', '--retry-for', '9s']
  const missing = startClient([file, file, ...args], { state })
  expect(await missing.exit).toBe(1)
  expect(missing.stderr().match(/leave --checksum out/g), 'told once for all files').toHaveLength(1)
  expect(missing.stderr()).toMatch(/doesn't check md5 \(it checks none\); leave --checksum out/)
  // To try the same again would fail the same way.
  expect(missing.stderr()).toMatch(/to try again: .*film\.mp4 --to \S+ --retry-for 9s$/m)
  plain.close()
  plain.closeAllConnections()
})
