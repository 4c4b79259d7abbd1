// docs/conformance.md: a table for each list, written from a run and held against every later one.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readSection, writeSection } from '../bench/section.ts'
import type { Outcome } from './outcomes.ts'
import type { Row } from './row.ts'
import { type ChecklistName, checklists } from './sections.ts'

/** The committed document. */
export const documentFile = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url))

/** What the same list gave with another server, measured by `npm run conformance -- --stock`. */
export interface OtherServer {
  readonly server: string
  readonly outcomes: Readonly<Record<string, Outcome>>
}

/** Where the outcomes of another server are kept. */
export const otherFile = (list: ChecklistName): string =>
  fileURLToPath(new URL(`stock-${list}.json`, import.meta.url))

/** `null` where none was measured. */
export async function readOther(list: ChecklistName): Promise<OtherServer | null> {
  const text = await readFile(otherFile(list), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : (JSON.parse(text) as OtherServer)
}

export const readDocumented = (list: ChecklistName): Promise<string> =>
  readSection(documentFile, list)

export const writeDocumented = (list: ChecklistName, markdown: string): Promise<void> =>
  writeSection(documentFile, list, markdown)

/** The part of one list: how many pass, every row, and what the rows without a check, and failures, are about. */
export function render(
  list: ChecklistName,
  rows: readonly Row[],
  outcomes: ReadonlyMap<string, Outcome>,
  other: OtherServer | null,
): string {
  const { specification, sections }: (typeof checklists)[ChecklistName] = checklists[list]
  const section = (id: string) => (sections as Readonly<Record<string, string>>)[id] ?? ''
  const others = other === null ? [] : [other.server]
  const passed = rows.filter(({ id }) => outcomes.get(id) === 'pass').length
  const passedByOther = rows.filter(({ id }) => other?.outcomes[id] === 'pass').length
  return [
    [
      `Sections are those of the ${specification}. ${passed} of ${rows.length} pass`,
      ...(other === null ? [] : [`; with ${other.server}, ${passedByOther}`]),
      '.',
    ].join(''),
    table([
      ['id', 'level', 'statement', 'section', 'Longhaul', ...others],
      ...rows.map(({ id, level, statement }) => [
        id,
        level,
        statement,
        section(id),
        short(outcomes.get(id)),
        ...(other === null ? [] : [short(other.outcomes[id])]),
      ]),
    ]),
    ...remarks('Longhaul', rows, (id) => outcomes.get(id)),
    ...(other === null ? [] : remarks(other.server, rows, (id) => other.outcomes[id])),
  ].join('\n\n')
}

/** The first row is the head. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The word before the colon; the sentence after it goes below the table. */
const short = (outcome: Outcome | undefined): string =>
  (outcome ?? 'not measured').split(':', 1)[0] ?? ''

function remarks(
  server: string,
  rows: readonly Row[],
  outcomeOf: (id: string) => Outcome | undefined,
): string[] {
  const lines = rows.flatMap(({ id }) => {
    const outcome = outcomeOf(id)
    return outcome === undefined || outcome === 'pass' ? [] : [`- ${id} ${code(outcome)}`]
  })
  return lines.length === 0 ? [] : [`What does not pass with ${server}:`, lines.join('\n')]
}

/** A failure is the assertion's own words, of which none may turn into markup. */
const code = (outcome: Outcome) =>
  outcome.startsWith('fails') ? `\`${outcome.replaceAll('`', "'")}\`` : outcome
