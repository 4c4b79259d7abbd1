// A document's blocks as Markdown, as GitHub reads it.
import type { Row } from '../layout.ts'
import { plain, type Sentence, textOf } from '../prose.ts'
import type { Block } from './block.ts'

export function markdownOf(blocks: readonly Block[]): string {
  return `${blocks.map(markdown).join('\n\n')}\n`
}

function markdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text}`
    case 'prose':
      return block.markdown
    case 'text':
      return inline(block.sentence)
    case 'list':
      return block.items.map((item) => `- ${inline(item)}`).join('\n')
    case 'table':
      return tableOf(block)
    case 'picture': {
      const { title, description } = block.picture
      const told = block.alternative ?? `${title}: ${description}`
      const alternative = told.replaceAll('\u00a0', ' ')
      return `![${escaped(alternative)}](${block.name}.svg)`
    }
    case 'lines':
      return ['```', ...block.lines.map((line) => plain(line).trimEnd()), '```'].join('\n')
    case 'folded':
      return [
        `<details><summary>${escaped(block.summary)}</summary>`,
        ...block.blocks.map(markdown),
        '</details>',
      ].join('\n\n')
  }
}

function tableOf({ columns, rows }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const cellsOf = (row: Row) =>
    'across' in row
      ? columns.map((_, index) => (index === 0 ? '…' : index === 1 ? inline(row.across) : ''))
      : columns.map((_, index) => inline(row[index] ?? []))
  return [
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ align }) => (align === 'right' ? '--:' : ':--'))),
    ...rows.map((row) => line(cellsOf(row))),
  ].join('\n')
}

function inline(sentence: Sentence): string {
  const pieces: string[] = []
  for (const part of sentence) {
    const text = escaped(textOf(part))
    const isStrong = typeof part !== 'string' && part.kind === 'strong'
    pieces.push(isStrong && text.trim() !== '' ? `**${text}**` : text)
  }
  return pieces.join('').trim()
}

/** Names in it come from captures: nothing of them is markup. */
function escaped(text: string): string {
  return text
    .replace(/[\\`*[\]<>|]|(?<!\w)_|_(?!\w)/g, (character) => `\\${character}`)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
