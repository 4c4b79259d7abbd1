// How marked words look in a terminal: a sentence in, text with or without colour out.
import type { Part, Sentence } from './prose.ts'
import { textOf } from './prose.ts'

export interface TextStyle {
  readonly colour: boolean
  /** Columns of the terminal. */
  readonly width: number
}

/** The palette of every outlet: client blue, server orange; each stands beside a word or a shape that says the same. */
const codes: Readonly<Record<Exclude<Part, string>['kind'], string>> = {
  client: '38;5;33',
  server: '38;5;172',
  frame: '36',
  connection: '1',
  strong: '1',
  quiet: '2',
  warning: '38;5;178',
  damage: '38;5;196',
}

export function paint(line: Sentence, colour: boolean): string {
  return line
    .map((part) => paintPart(part, colour))
    .join('')
    .trimEnd()
}

function paintPart(part: Part, colour: boolean): string {
  const text = printable(textOf(part))
  if (!colour || typeof part === 'string' || text === '') return text
  return `\x1b[${codes[part.kind]}m${text}\x1b[0m`
}

/**
 * Names and targets come from a stranger's capture: what would move the cursor, colour the terminal or turn the direction
 * of writing is shown as a replacement character.
 */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD').replaceAll('\u00a0', ' ')
}
