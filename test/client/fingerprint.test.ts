// The identity of a file: which bytes are hashed, and in what two files differ.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  differences,
  type FileIdentity,
  fingerprintInput,
  formatFingerprint,
  isSameFile,
  sampleRanges,
} from '../../client/fingerprint.ts'
import { sha256, sha256Plain } from '../../client/upload/sha256.ts'

const KiB = 1024
const words = { bytes: (count: number) => `${count} B`, date: (ms: number) => `at ${ms}` }
const file: FileIdentity = { filename: 'a.bin', size: 10, lastModified: 5, fingerprint: 's1:aa' }

test('a small file is hashed whole, a large one by its first, middle and last 64 KiB', () => {
  expect(sampleRanges(0)).toEqual([[0, 0]])
  expect(sampleRanges(192 * KiB)).toEqual([[0, 192 * KiB]])
  expect(sampleRanges(1024 * KiB)).toEqual([
    [0, 64 * KiB],
    [480 * KiB, 544 * KiB],
    [960 * KiB, 1024 * KiB],
  ])
})

test('the fingerprint is SHA-256 over the size line and the samples', () => {
  const input = fingerprintInput(3, [new Uint8Array([97, 98]), new Uint8Array([99])])
  expect(Buffer.from(input).toString()).toBe('3\nabc')
  const digest = createHash('sha256').update('3\nabc').digest()
  expect(formatFingerprint(digest)).toBe(`s1:${digest.toString('hex')}`)
})

test('SHA-256 without Web Crypto gives what OpenSSL gives, around every padding edge', async () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 200_000]) {
    const data = new Uint8Array(size).map((_, index) => (index * 31 + size) & 255)
    const expected = createHash('sha256').update(data).digest('hex')
    expect(Buffer.from(sha256Plain(data)).toString('hex')).toBe(expected)
    expect(Buffer.from(await sha256(data)).toString('hex')).toBe(expected)
  }
})

test('a different file is told by everything in which it differs', () => {
  expect(differences(file, file, words)).toEqual([])
  expect(differences({ ...file, size: 11 }, file, words)).toEqual(['it has 11 B, not 10 B'])
  const other = { filename: 'b.bin', size: 10, lastModified: 6, fingerprint: 's1:bb' }
  expect(differences(other, file, words)).toEqual([
    'it is called “b.bin”, not “a.bin”',
    'it was changed at 6, not at 5',
    'its content is different',
  ])
})

test('two moments that are told alike are told apart by what is between them', () => {
  const minutes = { ...words, date: () => 'today 10:15' }
  const changed = (lastModified: number) => differences({ ...file, lastModified }, file, minutes)
  expect(changed(5 + 12_300)).toEqual(['it was changed 12 s later, today 10:15'])
  expect(changed(2)).toEqual(['it was changed 3 ms earlier, today 10:15'])
})

test('what an upload doesn’t tell isn’t held against a file, but never makes it the same by itself', () => {
  const silent = { ...file, lastModified: null, fingerprint: null }
  expect(differences(file, silent, words)).toEqual([])
  expect(isSameFile(file, silent)).toBe(false)
  expect(isSameFile(file, file)).toBe(true)
  expect(isSameFile(file, { ...file, lastModified: 6 })).toBe(false)
})
