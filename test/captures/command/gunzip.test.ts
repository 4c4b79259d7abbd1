// Gzip data that are damaged: what is sound of them is read, whatever their size.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { notReadable, readCapture } from '../../../captures/command/read-capture.ts'
import { CaptureFormatError } from '../../../captures/format/errors.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'longhaul-gunzip-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function readBack(zipped: Uint8Array): Promise<{ bytes: Buffer; damages: string[] }> {
  const file = path.join(folder, 'a.gz')
  await writeFile(file, zipped)
  const parts: Uint8Array[] = []
  const damages: string[] = []
  await readCapture(
    file,
    (chunk) => parts.push(chunk.slice()),
    (text) => damages.push(text),
  )
  return { bytes: Buffer.concat(parts), damages }
}

/** Compresses to about half. */
const content = (length: number) => Buffer.from(randomBytes(length / 2).toString('hex'), 'latin1')

function flipped(zipped: Buffer, at: number): Buffer {
  const damaged = Buffer.from(zipped)
  damaged.writeUInt8((zipped[at] ?? 0) ^ 0xff, at)
  return damaged
}

test.each([2000, 100_000, 4_000_000])(
  'a byte is wrong in the middle of %i bytes',
  async (length) => {
    const plain = content(length)
    const zipped = gzipSync(plain)
    const at = Math.floor(zipped.length / 2)
    const { bytes, damages } = await readBack(flipped(zipped, at))
    expect(damages).toEqual([expect.stringContaining('damaged or cut')])
    // Up to the damage all is as it was; zlib may find it later, and what it made of the bytes in between is nonsense.
    const sound = Math.max(0, Math.floor((at / zipped.length) * length) - 1000)
    expect(bytes.length).toBeGreaterThan(sound)
    expect(bytes.subarray(0, sound).equals(plain.subarray(0, sound))).toBe(true)
  },
)

test.each([2000, 1_000_000])('junk behind %i bytes costs none of them', async (length) => {
  const plain = content(length)
  const { bytes, damages } = await readBack(Buffer.concat([gzipSync(plain), Buffer.from('junk\n')]))
  expect(bytes.equals(plain)).toBe(true)
  expect(damages).toHaveLength(1)
})

test.each([2000, 1_000_000])('zeros behind %i bytes are padding', async (length) => {
  const plain = content(length)
  const { bytes, damages } = await readBack(Buffer.concat([gzipSync(plain), Buffer.alloc(700_000)]))
  expect(bytes.equals(plain)).toBe(true)
  expect(damages).toEqual([])
})

test('sound data are read as they are, several members too', async () => {
  const plain = content(3_000_000)
  const two = [plain.subarray(0, 1_000_000), plain.subarray(1_000_000)]
  const { bytes, damages } = await readBack(Buffer.concat(two.map((part) => gzipSync(part))))
  expect(bytes.equals(plain)).toBe(true)
  expect(damages).toEqual([])
})

test('nothing could be read: the damage is told, not an empty file', () => {
  const empty = new CaptureFormatError('empty', 0, 'The file is empty.')
  expect(notReadable('a.gz', empty, ['the gzip data of a.gz are damaged']).message).toBe(
    'a.gz: the gzip data of a.gz are damaged, and nothing could be read before that. Copy it again.',
  )
  expect(notReadable('a.pcap', empty, []).message).toBe('a.pcap: The file is empty.')
})
