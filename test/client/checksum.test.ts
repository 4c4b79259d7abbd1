// The page's checksums without a browser: the worker's work, what is asked ahead, the choice of a hash, the comparison in the end.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { sha256Of } from '../../client/upload/api.ts'
import { checksumHeader, chooseHash, hex } from '../../client/upload/checksum/choose.ts'
import { createHashing, type Hashing } from '../../client/upload/checksum/hashing.ts'
import { openProof, type Proof } from '../../client/upload/checksum/proof.ts'
import type { Prover } from '../../client/upload/checksum/prover.ts'
import { createWork } from '../../client/upload/checksum/work.ts'
import {
  type Comparison,
  compare,
  comparisonFact,
  comparisonSentence,
} from '../../client/upload/comparison.ts'
import { fileReader, rangeOf } from '../../client/upload/file-source.ts'
import { settingsSentence } from '../../client/upload/sentences.ts'

const MiB = 1 << 20
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Bytes in which no two places are alike. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let x = 1
  for (let at = 0; at < size; at++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    bytes[at] = x >>> 24
  }
  return bytes
}

const bytes = noise(5 * MiB + 17)
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
const whole = sha256(bytes)

/** A Blob that notes what is read of it. */
function watched(data: Uint8Array<ArrayBuffer>): {
  readonly file: Blob
  readonly reads: [number, number][]
} {
  const file = new Blob([data])
  const reads: [number, number][] = []
  const slice = file.slice.bind(file)
  file.slice = (from = 0, to = file.size, type) => {
    reads.push([from, to])
    return slice(from, to, type)
  }
  return { file, reads }
}

const subtle = globalThis.crypto.subtle
const nothing = () => {}

test.each([
  ['Web Crypto', subtle],
  ['WebAssembly', undefined],
])('%s: chunks and the whole hash to what OpenSSL and zlib say', async (_, web) => {
  const work = createWork(createHashing(web), breathe)
  const { file } = watched(bytes)
  work.open(1, file, false)
  for (let from = 0; from < bytes.length; from += MiB) {
    const to = Math.min(from + MiB, bytes.length)
    const part = bytes.subarray(from, to)
    expect(hex(await work.chunk(1, from, to, 'sha256'))).toBe(sha256(part))
    const crc = Buffer.from(await work.chunk(1, from, to, 'crc32')).readUInt32BE(0)
    expect(crc).toBe(crc32(part))
  }
  expect(hex(await work.whole(1, nothing))).toBe(whole)
})

test.each([0, 1, 63, 64, MiB, 4 * MiB, 4 * MiB + 1])('the whole of %i bytes', async (size) => {
  const work = createWork(createHashing(subtle), breathe)
  const data = bytes.slice(0, size)
  work.open(1, new Blob([data]), false)
  if (size > 0) await work.chunk(1, 0, size, 'sha256')
  expect(hex(await work.whole(1, nothing))).toBe(sha256(data))
})

test('one reading serves the chunks and the whole', async () => {
  const { file, reads } = watched(bytes)
  const work = createWork(createHashing(subtle), breathe)
  work.open(1, file, false)
  for (let from = 0; from < bytes.length; from += MiB) {
    await work.chunk(1, from, Math.min(from + MiB, bytes.length), 'sha256')
    // As while a chunk is on its way.
    for (let turn = 0; turn < 50; turn++) await breathe()
  }
  expect(hex(await work.whole(1, nothing))).toBe(whole)
  expect(reads.map(([from]) => from)).toEqual([0, 1, 2, 3, 4, 5].map((n) => n * MiB))
})

test('after a resumption the part before it is read beside the sending, and no more', async () => {
  const { file, reads } = watched(bytes)
  const work = createWork(createHashing(subtle), breathe)
  work.open(1, file, false)
  await work.chunk(1, 3 * MiB, 4 * MiB, 'sha256')
  for (let turn = 0; turn < 300; turn++) await breathe()
  // What is further on comes with its chunk.
  expect(Math.max(...reads.map(([, to]) => to))).toBe(4 * MiB)
  expect(reads.some(([from]) => from === 0)).toBe(true)
  expect(hex(await work.whole(1, nothing))).toBe(whole)
})

test('however slow hashing is, a bounded part of the file is in memory', async () => {
  let updates = 0
  const slow: Hashing = {
    ...createHashing(subtle),
    sha256: async () => ({
      update: () => {
        updates += 1
      },
      digest: () => new Uint8Array(32),
    }),
  }
  // Steps happen only when they are let, so that chunks come faster than they are taken in.
  const waiting: (() => void)[] = []
  const work = createWork(slow, () => new Promise((resolve) => waiting.push(resolve)))
  const { file, reads } = watched(noise(64 * MiB))
  work.open(1, file, false)
  const asked = Array.from({ length: 8 }, (_, n) =>
    work.chunk(1, n * 8 * MiB, (n + 1) * 8 * MiB, 'sha256'),
  )
  let isOver = false
  const all = Promise.all([...asked, work.whole(1, nothing)]).then(() => {
    isOver = true
  })
  while (!isOver) {
    waiting.shift()?.()
    await breathe()
  }
  await all
  expect(updates).toBe(64)
  // Two chunks were kept; the rest was dropped, and read again when its turn came.
  expect(reads.length).toBeGreaterThan(8)
})

test('a file that cannot be read fails the chunk and the whole, as such', async () => {
  const file = new Blob([bytes])
  file.slice = () => {
    const gone = new Blob([])
    gone.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'))
    return gone
  }
  const work = createWork(createHashing(subtle), breathe)
  work.open(1, file, true)
  await expect(work.chunk(1, 0, MiB, 'sha256')).rejects.toThrow(DOMException)
  await expect(work.whole(1, nothing)).rejects.toThrow(DOMException)
})

test('a file that became shorter is no file with fewer bytes', async () => {
  const file = new Blob([bytes])
  file.slice = () => new Blob([new Uint8Array(5)])
  const work = createWork(createHashing(subtle), breathe)
  work.open(1, file, false)
  await expect(work.chunk(1, 0, MiB, 'sha256')).rejects.toThrow(/shorter/)
})

/** A prover without a worker, and what it was asked for. */
function plainProver(): { prover: Prover; asked: string[] } {
  const asked: string[] = []
  const work = createWork(createHashing(subtle), breathe)
  let files = 0
  const prover: Prover = {
    open(file, isFree) {
      files += 1
      const id = files
      work.open(id, file, isFree)
      return {
        chunk(from, to, hash) {
          asked.push(`${from / MiB}-${to / MiB}`)
          return work.chunk(id, from, to, hash)
        },
        whole: (onProgress) => work.whole(id, onProgress),
        close: () => work.close(id),
      }
    },
  }
  return { prover, asked }
}

async function bodyOf(file: Blob, from: number, to: number): Promise<Blob> {
  const source = await fileReader.openFile(file)
  return (await source.slice(from, to)).value
}

test('the next checksum is asked for before it is needed, and each only once', async () => {
  const { prover, asked } = plainProver()
  const file = new Blob([bytes.slice(0, 3 * MiB)])
  const proof = openProof(prover, file, 'sha256', false, MiB)
  const first = await bodyOf(file, 0, MiB)
  const digest = createHash('sha256').update(bytes.subarray(0, MiB)).digest('base64')
  expect(await proof.checksumOf(first)).toBe(`sha256 ${digest}`)
  expect(asked).toEqual(['0-1', '1-2'])
  await proof.checksumOf(await bodyOf(file, MiB, 2 * MiB))
  await proof.checksumOf(await bodyOf(file, 2 * MiB, 3 * MiB))
  expect(asked).toEqual(['0-1', '1-2', '2-3'])
  // A retry takes what is known; after damage the file is read anew.
  const last = await bodyOf(file, 2 * MiB, 3 * MiB)
  await proof.checksumOf(last)
  proof.distrust(last)
  await proof.checksumOf(last)
  expect(asked).toEqual(['0-1', '1-2', '2-3', '2-3'])
})

test('the parts of a parallel upload know where they lie, and end where they end', async () => {
  const { prover, asked } = plainProver()
  const file = new Blob([bytes.slice(0, 4 * MiB)])
  const proof = openProof(prover, file, 'sha256', true, MiB)
  const part = await bodyOf(file, 2 * MiB, 4 * MiB)
  const first = await bodyOf(part, 0, MiB)
  expect(rangeOf(first)).toEqual({ from: 2 * MiB, to: 3 * MiB, start: 2 * MiB, end: 4 * MiB })
  await proof.checksumOf(first)
  await proof.checksumOf(await bodyOf(part, MiB, 2 * MiB))
  expect(asked).toEqual(['2-3', '3-4'])
})

test('a whole file in one PATCH, and one on a server that checks none, go without', async () => {
  const { prover, asked } = plainProver()
  const file = new Blob([bytes])
  const body = await bodyOf(file, 0, bytes.length)
  const one = openProof(prover, file, 'sha256', false, Number.POSITIVE_INFINITY)
  expect(await one.checksumOf(body)).toBeNull()
  const none = openProof(prover, file, null, false, 8 * MiB)
  expect(await none.checksumOf(body)).toBeNull()
  expect(asked).toEqual([])
  expect(await one.whole(nothing)).toBe(whole)
})

test('the hash follows what the server offers and the browser has', () => {
  const all = ['sha256', 'sha512', 'sha1', 'md5', 'crc32']
  expect(chooseHash(all, true)).toBe('sha256')
  expect(chooseHash(all, false)).toBe('crc32')
  expect(chooseHash(['sha1', 'sha256'], false)).toBe('sha256')
  expect(chooseHash(['sha1'], true)).toBeNull()
  expect(chooseHash([], true)).toBeNull()
  expect(checksumHeader('crc32', new Uint8Array([0, 1, 2, 255]))).toBe('crc32 AAEC/w==')
})

test('a Repr-Digest is read as RFC 9530 writes it', () => {
  const digest = Buffer.from(whole, 'hex').toString('base64')
  expect(sha256Of(`sha-256=:${digest}:`)).toBe(whole)
  expect(sha256Of(`sha-512=:${'A'.repeat(86)}==:, sha-256=:${digest}:`)).toBe(whole)
  for (const bad of [null, '', 'sha-256', `x-sha-256=:${digest}:`, 'sha-256=:AAAA:']) {
    expect([bad, sha256Of(bad)]).toEqual([bad, null])
  }
})

function proofOf(first: string | Error, second: string = String(first)): Proof {
  return {
    checksumOf: async () => null,
    distrust: nothing,
    whole: async () => {
      if (first instanceof Error) throw first
      return first
    },
    wholeAgain: async () => second,
    close: nothing,
  }
}

async function comparisonOf(
  proof: Proof,
  theirs: string | null | Error,
  isResumed = false,
): Promise<Comparison> {
  const seen: Comparison[] = []
  await compare({
    proof,
    size: 100,
    isResumed,
    askServer: async () => {
      if (theirs instanceof Error) throw theirs
      return theirs
    },
    wait: async () => {},
    onChange: (comparison) => seen.push(comparison),
  })
  return seen.at(-1) ?? { kind: 'unknown', why: 'nothing was said' }
}

test.each([
  ['equal', proofOf('aa'), 'aa', false, { kind: 'equal', ours: 'aa' }, null],
  ['changed meanwhile', proofOf('aa', 'cc'), 'bb', true, { cause: 'file-changed' }, /was changed/],
  ['resumed', proofOf('aa'), 'bb', true, { cause: 'earlier-part' }, /another version/],
  ['damaged', proofOf('aa'), 'bb', false, { cause: 'damage' }, /damaged on their way or on a disk/],
  ['not told', proofOf('aa'), null, false, { kind: 'unknown' }, /doesn’t tell/],
  ['away', proofOf('aa'), new Error('away'), false, { kind: 'unknown' }, /doesn’t tell/],
  [
    'unreadable',
    proofOf(new DOMException('gone', 'NotReadableError')),
    'aa',
    false,
    { kind: 'unknown' },
    /changed, moved or deleted/,
  ],
  ['no worker', proofOf(new Error('no')), 'aa', false, { kind: 'unknown' }, /could not compute/],
] as const)('compared: %s', async (_, proof, theirs, isResumed, expected, sentence) => {
  const found = await comparisonOf(proof, theirs, isResumed)
  expect(found).toMatchObject(expected)
  if (sentence === null) expect(comparisonSentence(found)).toBeNull()
  else expect(comparisonSentence(found)).toMatch(sentence)
  // Whatever differs comes with a next step.
  if (found.kind === 'different') expect(comparisonSentence(found)).toMatch(/Delete it there and/)
  expect(comparisonFact(found)).not.toBe('')
})

test('the settings are told in words', () => {
  const words = (changes: Partial<Parameters<typeof settingsSentence>[0]>) =>
    settingsSentence({
      isProving: true,
      hash: 'sha256',
      chunkSize: 8 * MiB,
      checkedUpTo: 64 * MiB,
      connections: 1,
      ...changes,
    })
  expect(words({})).toMatch(/^Each chunk carries its SHA-256 and goes again if it arrives damaged/)
  expect(words({ hash: 'crc32' })).toMatch(/CRC-32 .* compared with yours by SHA-256\.$/)
  expect(words({ hash: null })).toMatch(/^This server checks no chunks/)
  expect(words({ chunkSize: Number.POSITIVE_INFINITY })).toMatch(/one PATCH goes without/)
  expect(words({ isProving: false, connections: 3 })).toMatch(/^Not verified.* up to 3 parts/)
})
