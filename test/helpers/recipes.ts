// The recipes of docs/protocols.md: blocks of commands, and what stands behind them as their output.
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const document = fileURLToPath(new URL('../../docs/protocols.md', import.meta.url))

export interface Recipe {
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

export interface Run extends Recipe {
  readonly printed: string
}

/** Runs the recipes under a heading from top to bottom in one bash, in `folder`; throws when that fails. */
export async function runRecipes(heading: string, url: string, folder: string): Promise<Run[]> {
  const recipes = recipesIn(await readFile(document, 'utf8'), heading)
  const script = recipes.map(({ commands }) => `${commands}\nprintf '${mark}'\n`).join('')
  const given = 'url=http://127.0.0.1:8080\n'
  if (!script.includes(given)) throw new Error(`the recipes do not begin with ${given}`)
  const { stdout, stderr, status } = spawnSync('bash', ['-eu'], {
    input: script.replace(given, `url=${url}\n`),
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
  if (status !== 0 || stderr !== '')
    throw new Error(`bash ended with ${status}: ${stderr}${stdout}`)
  const printed = stdout.split(mark)
  return recipes.map((recipe, index) => ({ ...recipe, printed: printed[index] ?? '' }))
}
