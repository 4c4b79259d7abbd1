// Marked words laid out in columns: wrapping, tables, headings. Sentences in, lines out.
import type { Part, Sentence } from './prose.ts'
import { textOf } from './prose.ts'

/** Columns that a terminal gives a text: two for East Asian wide characters and pictures, none for combining marks. */
export function columnsOf(sentence: Sentence): number {
  let columns = 0
  for (const part of sentence) columns += columnsOfText(textOf(part))
  return columns
}

function columnsOfText(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: printable ASCII is the common case, counted at once.
  if (!/[^\x00-\x7f]/.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += /\p{Mn}/u.test(character) ? 0 : isWide(character) ? 2 : 1
  return columns
}

const isWide = (character: string) =>
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
    character,
  )

/** Breaks at spaces; what is too long for a line alone is cut. `indent` begins the first line, `hang` the others. */
export function wrap(sentence: Sentence, width: number, indent = '', hang = indent): Sentence[] {
  const lines: Sentence[] = []
  let line: Part[] = [indent]
  let used = indent.length
  let isEmpty = true
  const next = () => {
    lines.push(line)
    line = [hang]
    used = hang.length
    isEmpty = true
  }
  for (const whole of wordsOf(sentence)) {
    for (const word of cut(whole, Math.max(8, width - hang.length))) {
      const columns = columnsOf(word)
      if (!isEmpty && used + 1 + columns > width) next()
      if (!isEmpty) line.push(' ')
      line.push(...word)
      used += columns + (isEmpty ? 0 : 1)
      isEmpty = false
    }
  }
  lines.push(line)
  return lines
}

/** A word may consist of several parts: `(` `7` `)`. */
function wordsOf(sentence: Sentence): Sentence[] {
  const words: Sentence[] = []
  let word: Part[] = []
  for (const part of sentence) {
    textOf(part)
      .split(' ')
      .forEach((text, index) => {
        if (index > 0) {
          if (word.length > 0) words.push(word)
          word = []
        }
        if (text !== '') word.push(withText(part, text))
      })
  }
  if (word.length > 0) words.push(word)
  return words
}

function withText(part: Part, text: string): Part {
  return typeof part === 'string' ? text : 'text' in part ? { ...part, text } : part
}

function cut(word: Sentence, width: number): Sentence[] {
  if (columnsOf(word) <= width) return [word]
  const pieces: Part[][] = [[]]
  let used = 0
  for (const part of word) {
    for (const character of textOf(part)) {
      const columns = columnsOfText(character)
      if (used + columns > width) {
        pieces.push([])
        used = 0
      }
      pieces
        .at(-1)
        ?.push(
          typeof part === 'string' || !('text' in part) ? character : { ...part, text: character },
        )
      used += columns
    }
  }
  return pieces
}

/** At most so many columns; what was cut off is told by `…`, at the end or in the middle. */
export function shorten(text: string, width: number): string {
  if (columnsOfText(text) <= width) return text
  const characters = [...text]
  while (columnsOfText(characters.join('')) > width - 1) characters.pop()
  return `${characters.join('')}…`
}

export interface Column {
  readonly heading: string
  readonly align: 'left' | 'right'
  /** May be cut to fit the width; else the table grows beyond it. */
  readonly shrinks?: boolean
}

/** A cell for each column, or a line of its own across the table. */
export type Row = readonly Sentence[] | { readonly across: Sentence }

/** Columns as wide as their widest cell, two spaces between. */
export function table(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
  indent = '',
): Sentence[] {
  const cells = rows.flatMap((row) => ('across' in row ? [] : [row]))
  const widths = columns.map((column, index) =>
    Math.max(column.heading.length, ...cells.map((row) => columnsOf(row[index] ?? []))),
  )
  shrink(columns, widths, width - indent.length)
  const line = (row: readonly Sentence[]): Sentence => [
    indent,
    ...columns.flatMap((column, index) => {
      const cell = pad(row[index] ?? [], widths[index] ?? 0, column.align)
      return index === 0 ? cell : ['  ', ...cell]
    }),
  ]
  const heading = columns.map(({ heading }): Sentence => [{ kind: 'quiet', text: heading }])
  return [
    line(heading),
    ...rows.map((row): Sentence => ('across' in row ? [indent, ...row.across] : line(row))),
  ]
}

function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const total = widths.reduce((sum, one) => sum + one, 2 * (widths.length - 1))
  const index = columns.findIndex(({ shrinks }) => shrinks)
  const own = widths[index]
  if (total > width && own !== undefined) widths[index] = Math.max(8, own - (total - width))
}

export function pad(sentence: Sentence, width: number, align: 'left' | 'right'): Sentence {
  const columns = columnsOf(sentence)
  if (columns > width) return [shorten(sentence.map(textOf).join(''), width)]
  const blank = ' '.repeat(width - columns)
  return align === 'left' ? [...sentence, blank] : [blank, ...sentence]
}

/** The first and last ones, and how many lie between; all of them where that saves nothing. */
export function fold<T>(
  items: readonly T[],
  first: number,
  last: number,
): { readonly head: readonly T[]; readonly folded: readonly T[]; readonly tail: readonly T[] } {
  if (items.length <= first + last + 1) return { head: items, folded: [], tail: [] }
  return {
    head: items.slice(0, first),
    folded: items.slice(first, items.length - last),
    tail: items.slice(items.length - last),
  }
}
