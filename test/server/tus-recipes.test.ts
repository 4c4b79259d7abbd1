// The lines of docs/protocols.md about tus do what it says they do.
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findCommand } from '../helpers/proxy.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'

const document = fileURLToPath(new URL('../../docs/protocols.md', import.meta.url))

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ flags: ['--log-level', 'error'] })
})
afterAll(cleanUp)

interface Recipe {
  readonly title: string
  readonly commands: string
  /** What stands in the document as their output; '' where it shows none. */
  readonly output: string
}

/** The blocks of commands under a heading of the second level, each with the block of text behind it. */
function recipesIn(markdown: string, heading: string): Recipe[] {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  let title = heading
  const recipes: Recipe[] = []
  const pieces = /^### (?<title>.+)$|^```(?<kind>sh|text)\n(?<lines>[\s\S]*?)^```$/gm
  for (const { groups } of section.matchAll(pieces)) {
    const { kind, lines = '' } = groups ?? {}
    const last = recipes.at(-1)
    if (groups?.title !== undefined) title = groups.title
    else if (kind === 'sh') recipes.push({ title, commands: lines, output: '' })
    else if (last !== undefined) recipes[recipes.length - 1] = { ...last, output: lines }
  }
  return recipes
}

/** Marks the end of each recipe's output; on a line of its own, since a download has no end of line. */
const mark = '\u0001'

test('the recipes for tus print what stands behind them', async ({ skip }) => {
  const missing = ['bash', 'curl', 'openssl'].find((name) => findCommand(name) === null)
  if (missing !== undefined) skip(`${missing} is not installed`)
  const recipes = recipesIn(await readFile(document, 'utf8'), 'tus 1.0')
  expect(recipes.length).toBeGreaterThan(8)
  const script = recipes.map(({ commands }) => `${commands}\nprintf '${mark}'\n`).join('')
  expect(script).toContain('url=http://127.0.0.1:8080\n')
  const { stdout, stderr, status } = spawnSync('bash', ['-eu'], {
    input: script.replace('http://127.0.0.1:8080', server.url),
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect([status, stderr]).toEqual([0, ''])
  const printed = stdout.split(mark)
  for (const [index, { title, output }] of recipes.entries()) {
    expect.soft(printed[index]?.trimEnd(), title).toBe(output.trimEnd())
  }
})
