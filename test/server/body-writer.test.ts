// The data path alone: every byte once and in order, whatever the chunks, and however the disk behaves.
import { randomBytes, randomInt } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type BodyTarget, writeBody } from '../../server/uploads/body-writer.ts'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, temporaryFolder } from '../helpers/server.ts'

type Writev = typeof import('node:fs').writev
type Callback = (
  error: Error | null,
  bytes: number,
  buffers: readonly NodeJS.ArrayBufferView[],
) => void
type Call = (fd: number, buffers: readonly Buffer[], position: number, done: Callback) => void

/** Between the writer and the system: a test may let the disk be slow, take little, or fail. */
const disk = vi.hoisted(() => ({ writev: null as Call | null, real: null as Writev | null }))

vi.mock(import('node:fs'), async (importOriginal) => {
  const original = await importOriginal()
  disk.real = original.writev
  const writev = (...args: Parameters<Call>) =>
    disk.writev === null ? pass(...args) : disk.writev(...args)
  return { ...original, writev: writev as unknown as Writev }
})

const pass: Call = (fd, buffers, position, done) => disk.real?.(fd, [...buffers], position, done)

let file = ''
let fd = -1
beforeAll(async () => {
  file = path.join(await temporaryFolder(), 'data')
})
afterEach(() => {
  disk.writev = null
  if (fd >= 0) closeSync(fd)
  fd = -1
})
afterAll(cleanUp)

function target(parts: Partial<BodyTarget> = {}): BodyTarget {
  fd = openSync(file, 'w+')
  return { fd, position: 0, limit: Number.POSITIVE_INFINITY, committed: () => {}, ...parts }
}

const written = (from = 0) => readFileSync(file).subarray(from)

/** Cuts the bytes into chunks of very different sizes. */
function pieces(data: Buffer, largest: number): Buffer[] {
  const parts: Buffer[] = []
  for (let from = 0; from < data.length; ) {
    const length = randomInt(4) === 0 ? randomInt(1, 10) : randomInt(1, largest)
    parts.push(data.subarray(from, from + length))
    from += length
  }
  return parts
}

test('any bytes in any chunks at any pace arrive once and in order', async () => {
  for (let round = 0; round < 40; round++) {
    const data = randomBytes(randomInt(1, 300_000))
    const position = randomInt(2) * randomInt(100_000)
    const source = new PassThrough({ highWaterMark: randomInt(1, 200_000) })
    const commits: number[] = []
    // A quarter of the rounds on a disk that takes only a part of what it is given.
    if (round % 4 === 0) disk.writev = shortWrites
    const writer = writeBody(
      source,
      target({ position, committed: (bytes) => commits.push(bytes) }),
    )
    for (const piece of pieces(data, randomInt(2, 150_000))) {
      // The writer gives the memory of what it wrote back, so it gets a copy.
      if (!source.write(Buffer.from(piece)))
        await new Promise((resolve) => source.once('drain', resolve))
      if (randomInt(10) === 0) await new Promise(setImmediate)
    }
    source.end()
    const outcome = await writer.outcome
    expect(outcome).toEqual({ written: data.length, end: 'end', error: null })
    expect(written(position).equals(data), `round ${round}`).toBe(true)
    expect(commits).toEqual(commits.toSorted((a, b) => a - b))
    expect(commits.at(-1)).toBe(data.length)
    expect(writer.received()).toBe(data.length)
    closeSync(fd)
    fd = -1
    disk.writev = null
  }
})

/** Takes between one byte and all of what it is given. */
const shortWrites: Call = (descriptor, buffers, position, done) => {
  const all = Buffer.concat(buffers)
  pass(descriptor, [all.subarray(0, randomInt(1, all.length + 1))], position, done)
}

/** A disk that does nothing until it is let go; `held` tells how many writes wait (one at most, if all is well). */
function slowDisk() {
  const waiting: (() => void)[] = []
  disk.writev = (...args) => waiting.push(() => pass(...args))
  return {
    held: () => waiting.length,
    letGo: () => waiting.shift()?.(),
    beQuick() {
      disk.writev = null
      while (waiting.length > 0) waiting.shift()?.()
    },
  }
}

test('a slow disk holds the client back, with one share being written and one gathered, and loses nothing', async () => {
  const slow = slowDisk()
  const data = randomBytes(8 * 1024 * 1024)
  const source = new PassThrough()
  const writer = writeBody(source, target())
  let offered = 0
  const feeding = (async () => {
    for (; offered < data.length; offered += 65_536) {
      const piece = data.subarray(offered, offered + 65_536)
      if (!source.write(piece)) await new Promise((resolve) => source.once('drain', resolve))
    }
    source.end()
  })()
  await until('the pause', () => source.isPaused())
  await sleep(50)
  expect(slow.held()).toBe(1)
  expect(writer.received()).toBeGreaterThan(65_536)
  expect(writer.received()).toBeLessThanOrEqual(2 * 1024 * 1024 + 65_536)
  expect(offered).toBeLessThan(3 * 1024 * 1024)
  // The disk is the slow one: the client must not be called silent.
  expect(writer.silence()).toBe(0)
  slow.beQuick()
  await feeding
  expect(await writer.outcome).toEqual({ written: data.length, end: 'end', error: null })
  expect(written().equals(data)).toBe(true)
})

test('of 200 bodies none takes a piece while another of it is being written, and all end whole', async () => {
  const slow = slowDisk()
  const piece = 65_536
  const data = randomBytes(3 * piece)
  const { fd: shared } = target()
  const bodies = Array.from({ length: 200 }, (_, n) => {
    const source = new PassThrough({ highWaterMark: piece })
    const place = { fd: shared, position: n * data.length, committed: () => {} }
    return { source, writer: writeBody(source, { ...place, limit: Number.POSITIVE_INFINITY }) }
  })
  for (const { source } of bodies) {
    for (let at = 0; at < data.length; at += piece) source.write(data.subarray(at, at + piece))
    source.end()
  }
  await until('all their writes', () => slow.held() === bodies.length)
  await sleep(20)
  for (const { writer } of bodies) {
    expect(writer.received()).toBe(piece)
    expect(writer.silence()).toBe(0)
  }
  slow.beQuick()
  for (const { writer } of bodies) {
    expect(await writer.outcome).toEqual({ written: data.length, end: 'end', error: null })
  }
  const file = written()
  for (let n = 0; n < bodies.length; n++) {
    expect(file.subarray(n * data.length, (n + 1) * data.length).equals(data)).toBe(true)
  }
})

test('one write at a time, and what came meanwhile goes in the next', async () => {
  const slow = slowDisk()
  const source = new PassThrough()
  const writer = writeBody(source, target())
  source.write('a')
  await until('the first write', () => slow.held() === 1)
  for (const piece of ['b', 'c', 'd']) source.write(piece)
  await until('the rest', () => writer.received() === 4)
  expect([slow.held(), writer.received()]).toEqual([1, 4])
  slow.letGo()
  await until('the second write', () => slow.held() === 1)
  source.end()
  slow.letGo()
  expect(await writer.outcome).toMatchObject({ written: 4, end: 'end' })
  expect(written().toString()).toBe('abcd')
})

test('silence counts from the last byte, and not while the disk is waited for', async () => {
  const source = new PassThrough()
  const writer = writeBody(source, target())
  source.write('x')
  await until('the byte', () => writer.received() === 1)
  const start = performance.now()
  await sleep(300)
  const silent = writer.silence()
  expect(silent).toBeGreaterThan(290)
  source.write('y')
  await until('the next byte', () => writer.received() === 2)
  // All of the time since then is less than what it was before, and went on from there.
  expect(writer.silence()).toBeLessThan(performance.now() - start - silent + 1)
  source.end()
  await writer.outcome
})

test('/dev/full: no space, no byte counted, the source left alone', async () => {
  const full = openSync('/dev/full', 'r+')
  const source = new PassThrough()
  const commits: number[] = []
  const writer = writeBody(source, {
    fd: full,
    position: 0,
    limit: 1e9,
    committed: (bytes) => commits.push(bytes),
  })
  source.write(randomBytes(100_000))
  const outcome = await writer.outcome
  closeSync(full)
  expect(outcome).toMatchObject({ written: 0, end: 'failed', error: { code: 'ENOSPC' } })
  expect(commits).toEqual([])
  source.write(randomBytes(10_000))
  await sleep(20)
  expect(writer.received()).toBeLessThanOrEqual(100_000)
  expect(source.isPaused()).toBe(true)
})

test('a disk that fills up in the middle of a write: what fitted is counted', async () => {
  const data = randomBytes(300_000)
  const room = 123_456
  disk.writev = (descriptor, buffers, position, done) => {
    if (position >= room) return done(Object.assign(new Error('full'), { code: 'ENOSPC' }), 0, [])
    const all = Buffer.concat(buffers)
    pass(descriptor, [all.subarray(0, room - position)], position, done)
  }
  const commits: number[] = []
  const source = new PassThrough()
  const writer = writeBody(source, target({ committed: (bytes) => commits.push(bytes) }))
  source.end(Buffer.from(data))
  const outcome = await writer.outcome
  expect(outcome).toMatchObject({ written: room, end: 'failed', error: { code: 'ENOSPC' } })
  expect(commits.at(-1)).toBe(room)
  expect(written().equals(data.subarray(0, room))).toBe(true)
})

test('a disk that takes no byte is a failure, not an endless loop', async () => {
  disk.writev = (_fd, _buffers, _position, done) => done(null, 0, [])
  const source = new PassThrough()
  const writer = writeBody(source, target())
  source.end('hello')
  expect(await writer.outcome).toMatchObject({ written: 0, end: 'failed' })
})

test('a failure after the end, the cut or the stop of the body is told all the same', async () => {
  for (const finish of [
    (source: PassThrough) => source.end(),
    (source: PassThrough) => source.destroy(),
    (_: PassThrough, stop: () => void) => stop(),
  ]) {
    let fail = () => {}
    disk.writev = (_fd, _buffers, _position, done) => {
      fail = () => done(Object.assign(new Error('bad disk'), { code: 'EIO' }), 0, [])
    }
    const source = new PassThrough()
    const writer = writeBody(source, target())
    source.write('hello')
    await until('the write', () => writer.received() === 5)
    finish(source, writer.stop)
    await sleep(5)
    fail()
    expect(await writer.outcome).toMatchObject({
      written: 0,
      end: 'failed',
      error: { code: 'EIO' },
    })
    closeSync(fd)
    fd = -1
  }
})

test('stop: what came before is written, what comes after is not', async () => {
  const slow = slowDisk()
  const source = new PassThrough()
  const writer = writeBody(source, target())
  source.write('before ')
  await until('the first write', () => slow.held() === 1)
  source.write('gathered')
  await until('the rest', () => writer.received() === 15)
  writer.stop()
  writer.stop()
  source.write(' after')
  slow.beQuick()
  expect(await writer.outcome).toEqual({ written: 15, end: 'stopped', error: null })
  await sleep(10)
  expect(written().toString()).toBe('before gathered')
})

test('cut: what came before is written', async () => {
  const source = new PassThrough()
  const writer = writeBody(source, target({ position: 3 }))
  source.write('hello')
  await until('the bytes', () => writer.received() === 5)
  source.destroy()
  expect(await writer.outcome).toEqual({ written: 5, end: 'cut', error: null })
  expect(written(3).toString()).toBe('hello')
})

test('a source that fails is a cut one, with no error of ours', async () => {
  const source = new PassThrough()
  const writer = writeBody(source, target())
  source.write('hello')
  await until('the bytes', () => writer.received() === 5)
  source.destroy(new Error('ECONNRESET'))
  expect(await writer.outcome).toEqual({ written: 5, end: 'cut', error: null })
})

test.for([
  ['within', 6, 'hello', 'end', 'hello'],
  ['exactly', 5, 'hello', 'end', 'hello'],
  ['beyond', 4, 'hello', 'overflow', 'hell'],
  ['nothing allowed', 0, 'hello', 'overflow', ''],
  ['nothing sent', 0, '', 'end', ''],
] as const)('the limit, %s', async ([, limit, body, end, expected]) => {
  const source = new PassThrough()
  const writer = writeBody(source, target({ limit }))
  source.end(body)
  expect(await writer.outcome).toEqual({ written: expected.length, end, error: null })
  expect(written().toString()).toBe(expected)
})

test('the limit in the middle of many chunks', async () => {
  const data = randomBytes(500_000)
  const source = new PassThrough()
  const writer = writeBody(source, target({ limit: 333_333 }))
  for (const piece of pieces(data, 50_000)) source.write(piece)
  source.end()
  expect(await writer.outcome).toMatchObject({ written: 333_333, end: 'overflow' })
  expect(written().equals(data.subarray(0, 333_333))).toBe(true)
})

test('a source that is over already', async () => {
  const ended = new PassThrough()
  ended.end()
  ended.resume()
  await new Promise((resolve) => ended.once('end', resolve))
  expect(await writeBody(ended, target()).outcome).toMatchObject({ written: 0, end: 'end' })
  closeSync(fd)
  const destroyed = new PassThrough()
  destroyed.destroy()
  expect(await writeBody(destroyed, target()).outcome).toMatchObject({ written: 0, end: 'cut' })
})
