// The list of stock defects D01 to D43: each has a test that bears its id, or a reason why it has none here.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const tests = fileURLToPath(new URL('..', import.meta.url))

const elsewhere: Readonly<Record<string, string>> = {
  D27: 'half the throughput: measured, with bars, by "npm run bench -- upload"',
  D39: 'a proxy that buffers: the configurations of docs/deploy.md have tests of their own',
}

/** The ids in the names of tests, and in the `defects` of conformance rows. */
async function tested(): Promise<Set<string>> {
  const files = (await readdir(tests, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const texts = await Promise.all(files.map((name) => readFile(path.join(tests, name), 'utf8')))
  const named = /\b(?:test(?:\.\w+)*\(\s*['"`]|defects: \[)([^\]\n]*)/g
  const names = texts.flatMap((text) => [...text.matchAll(named)].map((match) => match[1] ?? ''))
  return new Set(names.flatMap((name) => name.match(/\bD\d\d\b/g) ?? []))
}

test('every defect of the stock server has a test or a reason', async () => {
  const covered = await tested()
  const all = Array.from({ length: 43 }, (_, index) => `D${String(index + 1).padStart(2, '0')}`)
  expect(all.filter((id) => !covered.has(id) && !(id in elsewhere))).toEqual([])
})
