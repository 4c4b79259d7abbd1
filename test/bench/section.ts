// The generated part of a document: what lies between `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
import { readFile, writeFile } from 'node:fs/promises'

/** The part of that name, without its marks; throws if the file has none. */
export async function readSection(file: string, name: string): Promise<string> {
  const text = await readFile(file, 'utf8')
  const { from, to } = find(file, text, name)
  return text.slice(from, to).trim()
}

/** Replaces the part of that name; throws if the file has none. */
export async function writeSection(file: string, name: string, markdown: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const { from, to } = find(file, text, name)
  await writeFile(file, `${text.slice(0, from)}\n\n${markdown}\n\n${text.slice(to)}`)
}

function find(file: string, text: string, name: string): { from: number; to: number } {
  const begin = `<!-- ${name}: begin -->`
  const end = `<!-- ${name}: end -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no "${begin}" … "${end}"`)
  return { from: from + begin.length, to }
}
