// The terminal client's small parts: figures, the bar, the speed, the judgement of errors, a connection on which nothing moves.
import { once } from 'node:events'
import * as net from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { readTarget } from '../../client/terminal/arguments.ts'
import { createStreamSource } from '../../client/terminal/byte-source.ts'
import { judge } from '../../client/terminal/failure.ts'
import {
  formatBytes,
  formatSeconds,
  formatShare,
  printable,
  shellQuote,
} from '../../client/terminal/format.ts'
import { createHttpStack } from '../../client/terminal/http-stack.ts'
import { createProgress, drawBar } from '../../client/terminal/progress.ts'
import { createRateMeter } from '../../client/terminal/rate.ts'
import { MiB } from './terminal-tools.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

test('bytes, shares and seconds are told in three digits with their unit', () => {
  expect([0, 1, 1023, 1024, 1536, 8 * MiB, 312 * 2 ** 30].map(formatBytes)).toEqual([
    '0 B',
    '1 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '8.0 MiB',
    '312 GiB',
  ])
  expect(formatShare(3.1 * 2 ** 30, 8 * 2 ** 30)).toBe('3.1 of 8.0 GiB')
  expect(formatShare(0, 0)).toBe('0 of 0 B')
  expect([0.04, 9.94, 52, 60, 200, 7500, 90_000].map(formatSeconds)).toEqual([
    '0.0 s',
    '9.9 s',
    '52 s',
    '1 min',
    '3 min 20 s',
    '2 h 5 min',
    '1 d 1 h',
  ])
})

test('a name cannot move the cursor, and a shell reads a quoted name as it is', () => {
  expect(printable('a\u001b[2Jb\r\nc\u202ed')).toBe('a\uFFFD[2Jb\uFFFD\uFFFDc\uFFFDd')
  expect(['a.bin', "it's", '$HOME', 'zażółć'].map(shellQuote)).toEqual([
    'a.bin',
    "'it'\\''s'",
    "'$HOME'",
    "'zażółć'",
  ])
})

const standing = { name: 'film.mp4', size: 10 * MiB, safe: 5 * MiB, sent: 6 * MiB, rate: 2 * MiB }

test('the bar shows what is safe, what is on its way and what is left, and fits the terminal', () => {
  const line = drawBar(standing, 100, true)
  expect(line).toMatch(
    /^film\.mp4 {2}█+▒+░+ {2}5\.0 of 10\.0 MiB safe · 6\.0 MiB sent · 2\.0 MiB\/s · 2\.0 s left$/,
  )
  const cells = (cell: string) => line.split(cell).length - 1
  const all = cells('█') + cells('▒') + cells('░')
  expect(cells('█')).toBe(Math.floor(all * 0.5))
  expect(cells('█') + cells('▒')).toBe(Math.floor(all * 0.6))
  for (const width of [20, 40, 60, 79, 200]) {
    expect(drawBar({ ...standing, name: 'x'.repeat(300) }, width, true).length).toBeLessThanOrEqual(
      width,
    )
  }
  expect(drawBar(standing, 100, false)).toMatch(/^[\x20-\x7e]+$/)
})

test('a terminal gets one line redrawn, a file one line every five seconds, --quiet nothing', () => {
  let clock = 0
  const run = (isTTY: boolean, quiet: boolean) => {
    let text = ''
    const terminal = { isTTY, columns: 80, write: (part: string) => (text += part) }
    clock = 0
    const progress = createProgress(terminal, { quiet, unicode: true, now: () => clock })
    for (; clock < 12_000; clock += 50) progress.show(standing)
    progress.say('a word')
    progress.end()
    return text
  }
  expect(run(false, false).split('\n')).toHaveLength(4) // two lines of progress, the word, the end
  expect(run(false, true)).toBe('')
  const drawn = run(true, false)
  expect(drawn.split('\r\u001b[K').length).toBeGreaterThan(100)
  expect(drawn.split('\n')).toHaveLength(2)
  expect(drawn.endsWith('\r\u001b[K')).toBe(true)
})

test('the speed is that of the last seconds', () => {
  let clock = 0
  const meter = createRateMeter(() => clock)
  expect(meter.rate()).toBe(null)
  for (; clock <= 10_000; clock += 100) meter.add(clock * 10) // 10,000 bytes a second
  expect(meter.rate()).toBeCloseTo(10_000)
  for (let i = 0; i < 100; i++, clock += 100) meter.add(100_000) // nothing more
  expect(meter.rate()).toBe(0)
  meter.reset()
  expect(meter.rate()).toBe(null)
})

test('the address may be a server, its creation URL, or hold credentials that are never printed', () => {
  expect(readTarget('http://host:8080', undefined).endpoint.href).toBe('http://host:8080/files')
  expect(readTarget('https://host/up/', undefined).endpoint.href).toBe('https://host/up/')
  const basic = readTarget('https://me:s%20s@host/', undefined)
  expect(basic.endpoint.href).toBe('https://host/files')
  expect(basic.authorization).toBe(`Basic ${Buffer.from('me:s s').toString('base64')}`)
  expect(readTarget('https://me:s@host/', 'token').authorization).toBe('Bearer token')
})

test('a request on which nothing moves is given up, and that passes', async () => {
  const silent = net.createServer((socket) => socket.resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  closers.push(() => silent.close())
  const { port } = silent.address() as net.AddressInfo
  const { endpoint, authorization } = readTarget(`http://127.0.0.1:${port}/`, undefined)
  const stack = createHttpStack({ endpoint, authorization, stallTimeout: 0.2 })
  closers.push(() => stack.close())
  const begun = performance.now()
  const error = await stack
    .createRequest('HEAD', endpoint.href)
    .send(null)
    .catch((reason) => reason)
  expect(performance.now() - begun).toBeLessThan(3000)
  expect(judge(error, true)).toMatchObject({
    kind: 'passing',
    reason: expect.stringMatching(/nothing moved/),
  })
})

test('an answer that is cut short is an error, not a wait', async () => {
  const rude = net.createServer((socket) =>
    socket.end('HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\nonly this'),
  )
  rude.listen(0, '127.0.0.1')
  await once(rude, 'listening')
  closers.push(() => rude.close())
  const { port } = rude.address() as net.AddressInfo
  const { endpoint, authorization } = readTarget(`http://127.0.0.1:${port}/`, undefined)
  const stack = createHttpStack({ endpoint, authorization, stallTimeout: 60 })
  closers.push(() => stack.close())
  await expect(stack.createRequest('POST', endpoint.href).send(null)).rejects.toThrow(/aborted/)
})

test('a stream gives the unconfirmed chunk again, but nothing before it', async () => {
  const source = createStreamSource(Readable.from([Buffer.from('abcd'), Buffer.from('efgh')]))
  const read = async (start: number, end: number) => {
    const { value, done } = await source.slice(start, end)
    const parts: Uint8Array[] = []
    for await (const piece of value.pieces()) parts.push(piece)
    return [Buffer.concat(parts).toString(), done]
  }
  expect(await read(0, 3)).toEqual(['abc', false])
  expect(await read(2, 5)).toEqual(['cde', false])
  expect(await read(5, 8)).toEqual(['fgh', true])
  expect(await read(8, 11)).toEqual(['', true])
  await expect(read(0, 3)).rejects.toThrow(/cannot give again/)
})
