// Files that were cut, flipped and patched: whatever comes, the reader tells what it could read, and never runs wild.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCaptureReader } from '../../../captures/format/capture-file.ts'
import { CaptureFormatError } from '../../../captures/format/errors.ts'
import type { CaptureSummary } from '../../../captures/format/packet.ts'
import { type Random, randomOf } from '../random.ts'
import { concat } from './build.ts'
import { read } from './read.ts'
import { samples } from './samples.ts'

/** The largest buffer that was made since the test began, bytes. */
let largest = 0

beforeEach(() => {
  largest = 0
  const made = new Proxy(Uint8Array, {
    construct(target, given: [unknown, ...unknown[]]) {
      if (typeof given[0] === 'number') largest = Math.max(largest, given[0])
      return Reflect.construct(target, given)
    },
  })
  vi.stubGlobal('Uint8Array', made)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('samples are whole before they are damaged', () => {
  expect(samples.map((file) => read(file).summary.damage)).toEqual(samples.map(() => null))
  expect(samples.map((file) => read(file).packets.length)).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 8])
})

test.each([1, 7, 64, 4096])('every sample reads the same in chunks of %i bytes', (chunkSize) => {
  for (const file of samples) expect(read(file, chunkSize)).toEqual(read(file))
})

test('samples cut at any byte keep their first packets, and the damage lies in the file', () => {
  for (const file of samples) {
    const { packets } = read(file)
    for (let length = 0; length < file.length; length++) {
      const outcome = outcomeOf(file.subarray(0, length), length)
      if (outcome instanceof CaptureFormatError) continue
      const { summary, digest } = outcome
      expect(digest).toEqual(digestOf(packets.slice(0, summary.packets)))
      expect(summary.damage?.byte ?? 0).toBeLessThan(length)
      const before = packets.filter((one) => one.fileOffset < (summary.damage?.byte ?? length))
      expect(summary.packets).toBe(before.length)
    }
  }
})

/** More, or others: `FUZZ_ROUNDS=200000 FUZZ_SEED=7 npx vitest run test/captures/format/damaged.test.ts` */
const rounds = Number(process.env.FUZZ_ROUNDS ?? 20_000)
const seed = Number(process.env.FUZZ_SEED ?? 1)

test(`${rounds} files with flipped bits, patched numbers and moved pieces`, () => {
  const random = randomOf(seed)
  let largestOfAll = 0
  for (let round = 0; round < rounds; round++) {
    const file = damaged(random.pick(samples), random)
    const chunkSize = random.pick([
      file.length,
      random.integer(file.length) + 1,
      1 + random.integer(40),
    ])
    largest = 0
    const before = performance.now()
    const outcome = outcomeOf(file, chunkSize)
    // A file of 2 kB takes some microseconds; a machine that is busy elsewhere, more.
    expect(performance.now() - before).toBeLessThan(2000)
    // The scratch grows by doubling, with the bytes that came.
    expect(largest).toBeLessThanOrEqual(2 * file.length)
    largestOfAll = Math.max(largestOfAll, largest)
    if (outcome instanceof CaptureFormatError) {
      expect(outcome.offset).toBeLessThanOrEqual(file.length)
      continue
    }
    expect(outcome.summary.bytes).toBe(file.length)
    expect(outcome.summary.damage?.byte ?? 0).toBeLessThan(file.length)
    expect(outcome.summary.packets).toBeLessThanOrEqual(file.length / 12)
    expect(outcome).toEqual(outcomeOf(file, file.length))
  }
  // The watch was awake.
  expect(largestOfAll).toBeGreaterThan(0)
}, 600_000)

type Outcome = CaptureFormatError | { summary: CaptureSummary; digest: (number | boolean)[] }

/** Any other error is the test's. */
function outcomeOf(file: Uint8Array, chunkSize: number): Outcome {
  const digest: (number | boolean)[] = []
  const reader = createCaptureReader((packet) => {
    const { bytes, start, capturedLength } = packet
    if (start + capturedLength > bytes.length) throw new Error('a packet reaches out of its bytes')
    digest.push(...digestOf([{ ...packet, data: bytes.subarray(start, start + capturedLength) }]))
  })
  try {
    for (let at = 0; at < file.length; at += chunkSize) {
      reader.push(file.subarray(at, at + chunkSize))
    }
    return { summary: reader.end(), digest }
  } catch (error) {
    if (error instanceof CaptureFormatError) return error
    throw error
  }
}

interface Digested {
  readonly number: number
  readonly time: number
  readonly hasTime: boolean
  readonly interface: number
  readonly linkType: number
  readonly originalLength: number
  readonly fileOffset: number
  readonly data: Uint8Array
}

function digestOf(packets: readonly Digested[]): (number | boolean)[] {
  return packets.flatMap((one) => {
    let sum = one.data.length
    for (const byte of one.data) sum = (Math.imul(sum, 31) + byte) | 0
    const { number, time, hasTime, linkType, originalLength, fileOffset } = one
    return [number, time, hasTime, one.interface, linkType, originalLength, fileOffset, sum]
  })
}

function damaged(sample: Uint8Array, random: Random): Uint8Array {
  let file: Uint8Array = sample.slice()
  for (let count = 1 + random.integer(4); count > 0; count--) {
    file = random.pick([flip, patch, cut, move])(file, random)
  }
  return file
}

function flip(file: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(file.length)
  return Uint8Array.from(file, (byte, index) =>
    index === at ? byte ^ (1 << random.integer(8)) : byte,
  )
}

function patch(file: Uint8Array, random: Random): Uint8Array {
  const number = random.pick([
    0, 1, 12, 13, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff, 300_000,
  ])
  const at = random.integer(file.length)
  if (at + 4 <= file.length)
    new DataView(file.buffer, file.byteOffset).setUint32(at, number, random.next() < 0.5)
  return file
}

function cut(file: Uint8Array, random: Random): Uint8Array {
  return file.slice(0, 1 + random.integer(file.length))
}

/** A piece of the file stands somewhere else once more. */
function move(file: Uint8Array, random: Random): Uint8Array {
  const [from, to] = [random.integer(file.length), random.integer(file.length)]
  const piece = file.subarray(from, from + random.integer(100))
  return concat(file.subarray(0, to), piece, file.subarray(to))
}
