// Words with marks in them: one text, which a terminal colours and a page makes links of.
import type { Role } from '../units.ts'
import { amount } from './quantity.ts'

/** A piece of a sentence: plain words, or words that mean something to the outlet. */
export type Part = string | FramePart | ConnectionPart | TonePart

/** A frame number: the page selects the frame. */
export interface FramePart {
  readonly kind: 'frame'
  readonly number: number
}

/** A connection number: the page shows the connection. */
export interface ConnectionPart {
  readonly kind: 'connection'
  readonly number: number
}

export interface TonePart {
  readonly kind: Tone
  readonly text: string
}

/** What a stretch of text is, never how it looks: that is the outlet's business. */
export type Tone = Role | 'strong' | 'quiet' | 'warning' | 'damage'

export type Sentence = readonly Part[]

/** ``say`The ${role('client')} closed first, in frame ${frame(7)}.` `` Numbers are amounts: `147 404`. */
export function say(
  strings: TemplateStringsArray,
  ...values: readonly (Part | Sentence | number)[]
): Sentence {
  const parts: Part[] = []
  strings.forEach((text, index) => {
    if (text !== '') parts.push(text)
    const value = values[index]
    if (value === undefined) return
    if (typeof value === 'number') parts.push(amount(value))
    else if (isSentence(value)) parts.push(...value)
    else parts.push(value)
  })
  return parts
}

const isSentence = (value: Part | Sentence): value is Sentence => Array.isArray(value)

export const frame = (number: number): Part => ({ kind: 'frame', number })
export const connectionPart = (number: number): Part => ({ kind: 'connection', number })
export const tone = (kind: Tone, text: string): Part => ({ kind, text })
/** `client`, `server`, in their colours. */
export const role = (who: Role, text: string = who): Part => ({ kind: who, text })

/** Sentences one after the other, with a space or what is given between. */
export function join(sentences: readonly Sentence[], between = ' '): Sentence {
  return sentences.flatMap((sentence, index) => (index === 0 ? sentence : [between, ...sentence]))
}

/** `a, b and c`. */
export function listOf(items: readonly Sentence[]): Sentence {
  const last = items.at(-1)
  if (last === undefined || items.length === 1) return last ?? []
  return [...join(items.slice(0, -1), ', '), ' and ', ...last]
}

/** The first letter as a sentence begins. */
export function capital(sentence: Sentence): Sentence {
  const [first, ...rest] = sentence
  if (typeof first === 'string') return [upper(first), ...rest]
  if (first !== undefined && 'text' in first)
    return [{ ...first, text: upper(first.text) }, ...rest]
  return sentence
}

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** `frame 7`, `frames 7–9`, `frames 7, 9 and 12`. */
export function frames(numbers: readonly number[]): Sentence {
  const [first] = numbers
  const last = numbers.at(-1)
  if (first === undefined || last === undefined) return []
  if (numbers.length === 1) return ['frame\u00a0', frame(first)]
  const isRun = numbers.every((number, index) => number === first + index)
  if (isRun && numbers.length > 2) return frameRange(first, last)
  return ['frames\u00a0', ...listOf(numbers.map((number) => [frame(number)]))]
}

/** `frames 7–9`, or `frame 7`. */
export function frameRange(first: number, last: number): Sentence {
  return first === last ? frames([first]) : ['frames\u00a0', frame(first), '–', frame(last)]
}

/** `connection 2`, `connections 2, 3 and 5`; of many the first and the number. */
export function connections(numbers: readonly number[]): Sentence {
  const [first] = numbers
  const last = numbers.at(-1)
  if (first === undefined || last === undefined) return ['no connection']
  if (numbers.length === 1) return ['connection\u00a0', connectionPart(first)]
  if (numbers.length > 6) {
    return [
      `${amount(numbers.length)} connections (`,
      connectionPart(first),
      ' … ',
      connectionPart(last),
      ')',
    ]
  }
  return ['connections\u00a0', ...listOf(numbers.map((number) => [connectionPart(number)]))]
}

export function textOf(part: Part): string {
  if (typeof part === 'string') return part
  return 'text' in part ? part.text : String(part.number)
}

/** Without marks; ordinary spaces for the no-break ones, so that it can be searched. */
export function plain(sentence: Sentence): string {
  return sentence.map(textOf).join('').replaceAll('\u00a0', ' ')
}
