// A document as data: headings, sentences, tables, pictures. Markdown is made from it, and which frames it names can be asked.
import type { Column, Row } from '../layout.ts'
import type { Picture } from '../pictures/picture.ts'
import type { Sentence } from '../prose.ts'

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3 | 4; readonly text: string }
  /** Written by hand, as Markdown. */
  | { readonly kind: 'prose'; readonly markdown: string }
  /** Made from an analysis. */
  | { readonly kind: 'text'; readonly sentence: Sentence }
  | { readonly kind: 'list'; readonly items: readonly Sentence[] }
  | { readonly kind: 'table'; readonly columns: readonly Column[]; readonly rows: readonly Row[] }
  /** Stands in a file of its own beside the document. */
  | {
      readonly kind: 'picture'
      readonly name: string
      readonly picture: Picture
      /** What stands for it where it can't be seen; by default its title and description. */
      readonly alternative?: string
    }
  /** Laid out already, in columns. */
  | { readonly kind: 'lines'; readonly lines: readonly Sentence[] }
  | { readonly kind: 'folded'; readonly summary: string; readonly blocks: readonly Block[] }

export const heading = (level: 1 | 2 | 3 | 4, text: string): Block => ({
  kind: 'heading',
  level,
  text,
})

/** Lines are joined: one paragraph. */
export const prose = (markdown: string): Block => ({
  kind: 'prose',
  markdown: markdown.trim().replace(/\s*\n\s*/g, ' '),
})

export const paragraph = (sentence: Sentence): Block => ({ kind: 'text', sentence })

export const list = (items: readonly Sentence[]): Block => ({ kind: 'list', items })

export const picture = (name: string, drawn: Picture): Block => ({
  kind: 'picture',
  name,
  picture: drawn,
})

export const lines = (laidOut: readonly Sentence[]): Block => ({ kind: 'lines', lines: laidOut })

export const folded = (summary: string, blocks: readonly Block[]): Block => ({
  kind: 'folded',
  summary,
  blocks,
})

/** A column for each heading; `right` ones hold numbers. */
export function table(
  columns: readonly (readonly [heading: string, align: 'left' | 'right'])[],
  rows: readonly Row[],
): Block {
  return {
    kind: 'table',
    columns: columns.map(([name, align]) => ({ heading: name, align })),
    rows,
  }
}

/** All pictures, those in folded parts too. */
export function picturesIn(
  blocks: readonly Block[],
): { readonly name: string; readonly picture: Picture }[] {
  return blocks.flatMap((block) =>
    block.kind === 'picture' ? [block] : block.kind === 'folded' ? picturesIn(block.blocks) : [],
  )
}

/** The frames that are named, each once, in ascending order. */
export function framesIn(blocks: readonly Block[]): number[] {
  const frames = new Set<number>()
  for (const sentence of blocks.flatMap(sentencesOf)) {
    for (const part of sentence) {
      if (typeof part !== 'string' && part.kind === 'frame') frames.add(part.number)
    }
  }
  return [...frames].sort((a, b) => a - b)
}

function sentencesOf(block: Block): readonly Sentence[] {
  switch (block.kind) {
    case 'text':
      return [block.sentence]
    case 'list':
      return block.items
    case 'lines':
      return block.lines
    case 'table':
      return block.rows.flatMap((row) => ('across' in row ? [row.across] : row))
    case 'folded':
      return block.blocks.flatMap(sentencesOf)
    case 'heading':
    case 'prose':
    case 'picture':
      return []
  }
}
