// The folder of recordings: which there are, in the order of the table, and the list of them in the README beside it.
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Listed, withList } from './list.ts'
import { analyseFile } from './recorder.ts'
import { scenarios } from './scenarios.ts'

/** From the root of a checkout. */
export const recordingsFolder = path.join('captures', 'recordings')
const readmeFile = path.join('captures', 'README.md')

/** Those of a checkout; a scenario that has not been recorded is left out. */
export async function listRecordings(root: string): Promise<Listed[]> {
  const found: Listed[] = []
  for (const [name, { shows }] of Object.entries(scenarios)) {
    const file = path.join(root, recordingsFolder, `${name}.pcapng`)
    if (existsSync(file)) found.push({ name, shows, analysis: await analyseFile(file) })
  }
  return found
}

/** What the README should say, and what it says. */
export async function readmeOf(
  root: string,
): Promise<{ readonly is: string; readonly due: string }> {
  const is = await readFile(path.join(root, readmeFile), 'utf8')
  return { is, due: withList(is, await listRecordings(root)) }
}

export async function updateReadme(root: string): Promise<void> {
  if (!existsSync(path.join(root, readmeFile))) return
  const { is, due } = await readmeOf(root)
  if (is !== due) await writeFile(path.join(root, readmeFile), due)
}
