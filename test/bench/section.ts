// The generated part of a document: what lies between `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
import { readFile, writeFile } from 'node:fs/promises'

/** Replaces the part of that name; throws if the file has none. */
export async function writeSection(file: string, name: string, markdown: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const begin = `<!-- ${name}: begin -->`
  const end = `<!-- ${name}: end -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} has no "${begin}" … "${end}"`)
  await writeFile(file, `${text.slice(0, from)}${begin}\n\n${markdown}\n\n${text.slice(to)}`)
}
