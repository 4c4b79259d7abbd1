// The thread that reads large captures ahead: built code, as it runs.
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

type ReadAhead = typeof import('../../../captures/command/read-ahead.ts')

let folder = ''
let readAhead: ReadAhead['readAhead']

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'longhaul-ahead-'))
  const built = new URL('../../../dist/captures/command/read-ahead.js', import.meta.url)
  const module: ReadAhead = await import(built.href)
  readAhead = module.readAhead
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test.for([0, 1, 512 * 1024, 5_000_001])('%d bytes arrive whole and in order', async (length) => {
  const bytes = randomBytes(length)
  const file = path.join(folder, `${length}`)
  await writeFile(file, bytes)
  const descriptor = openSync(file, 'r')
  const hash = createHash('sha256')
  await readAhead(descriptor, (chunk) => {
    hash.update(Uint8Array.from(chunk))
  })
  closeSync(descriptor)
  expect(hash.digest('hex')).toBe(sum(bytes))
})

test('what the receiver throws comes through, and what reading throws', async () => {
  const file = path.join(folder, 'thrown')
  await writeFile(file, randomBytes(3_000_000))
  const descriptor = openSync(file, 'r')
  const refuse = () => {
    throw new Error('enough')
  }
  await expect(readAhead(descriptor, refuse)).rejects.toThrow('enough')
  closeSync(descriptor)
  const folderDescriptor = openSync(folder, 'r')
  await expect(readAhead(folderDescriptor, () => undefined)).rejects.toThrow('EISDIR')
  closeSync(folderDescriptor)
})
