// Sentences as the paragraphs of a text: one dash each. Words in, lines out.
import { wrap } from './layout.ts'
import type { Sentence } from './prose.ts'
import { join, tone } from './prose.ts'

export const indent = '  '
/** Longer lines are hard to read. */
const maxProse = 100

export const prose = (sentence: Sentence, width: number): Sentence[] =>
  wrap(sentence, Math.min(width, maxProse))

/** Each sentence a paragraph of its own. */
export function points(sentences: readonly Sentence[], width: number): Sentence[] {
  return sentences.flatMap((sentence) =>
    wrap(sentence, Math.min(width, maxProse), `${indent}· `, `${indent}  `),
  )
}

/** `Initiation · 40.4 ms · frames 1–3` */
export function phaseTitle(name: string, facts: readonly Sentence[]): Sentence {
  return join([[tone('strong', name)], ...facts.filter((fact) => fact.length > 0)], '\u00a0· ')
}

/** Parts of a section with an empty line between; parts without lines are left out. */
export function spaced(...parts: readonly (readonly Sentence[])[]): Sentence[] {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [[], ...part]))
}

/** Lines under a small heading; nothing if there are none. */
export function titled(title: string, lines: readonly Sentence[]): Sentence[] {
  return lines.length === 0 ? [] : [[indent, tone('quiet', title)], ...lines]
}
