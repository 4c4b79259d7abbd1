// The log where it can't be written: a full disk, a reader that is gone. It must be in nobody's way.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createLogLines } from '../../server/log-lines.ts'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, cliPath, temporaryFolder } from '../helpers/server.ts'
import { get, upload } from '../helpers/tus.ts'

afterAll(cleanUp)

// These descriptors stay open: the writer goes on to flush, and a number that was closed is soon that of a socket.
test('lines go out whole and in order, in blocks and at the end', async () => {
  const file = path.join(await temporaryFolder(), 'log')
  const fd = openSync(file, 'w')
  const lines = createLogLines(fd)
  const expected: string[] = []
  for (let n = 0; n < 5000; n++) {
    expected.push(`line ${n} ö 三\n`)
    lines.write(expected.at(-1) ?? '')
    if (n % 500 === 0) await sleep(1)
  }
  await until('the blocks', () => readFileSync(file).length > 4096)
  await sleep(300)
  lines.write('the last one\n')
  lines.flushSync()
  expect(readFileSync(file, 'utf8')).toBe(`${expected.join('')}the last one\n`)
})

test('what can’t be written for long is lost, counted, and told when there is room again', async () => {
  const pipe = path.join(await temporaryFolder(), 'pipe')
  spawnSync('mkfifo', [pipe])
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
  const lines = createLogLines(fd)
  const all = 40
  for (let n = 0; n < all; n++) lines.write(`${'x'.repeat(100_000)}\n`)
  let text = ''
  const piece = Buffer.alloc(1 << 20)
  await until('the count', () => {
    try {
      text += piece.subarray(0, readSync(fd, piece)).toString()
    } catch {
      // Nothing is in the pipe at the moment.
    }
    return text.includes('could not be written')
  })
  const told = JSON.parse(text.slice(text.lastIndexOf('{')))
  const arrived = text.split('\n').filter((line) => line.startsWith('x')).length
  expect(told).toMatchObject({ level: 'warn', lost: all - arrived })
  expect(arrived).toBeGreaterThan(5)
  // The end doesn't wait for somebody who reads.
  for (let n = 0; n < all; n++) lines.write(`${'x'.repeat(100_000)}\n`)
  lines.flushSync()
})

test.each(['/dev/full', '/dev/null'])(
  'with its log on %s the service serves, and ends',
  async (log) => {
    const dir = await temporaryFolder()
    const fd = openSync(log, 'w')
    const server = spawn(process.execPath, [cliPath, 'serve', '--port', '0', '--dir', dir], {
      stdio: ['ignore', 'pipe', fd],
    })
    closeSync(fd)
    if (server.stdout === null) throw new Error('no pipe')
    const [said] = await once(server.stdout, 'data')
    const port = Number(/:(\d+)\s*$/.exec(String(said))?.[1])
    for (let n = 0; n < 5; n++) {
      expect((await get({ port }, '/livez')).status).toBe(200)
      await sleep(100)
    }
    expect((await get({ port }, await upload({ port }, 'hello'))).text).toBe('hello')
    const exit = once(server, 'exit')
    server.kill('SIGTERM')
    expect((await exit)[0]).toBe(0)
  },
)
