// A picture as data: marks in drawing units, each with what it means and where it leads. SVG and canvas draw the same.

export interface Picture {
  /** What a screen reader calls it. */
  readonly title: string
  /** In one sentence, what it shows here. */
  readonly description: string
  readonly width: number
  readonly height: number
  readonly marks: readonly Mark[]
}

/** What a colour means; the outlet knows how it looks. Each also has a shape or a word in the picture. */
export type Tone =
  | 'client'
  | 'client-soft'
  | 'server'
  | 'server-soft'
  | 'other'
  | 'track'
  | 'chosen'
  | 'page'
  | 'line'
  | 'text'
  | 'soft'
  | 'warning'
  | 'damage'
  | 'gain'

/** Where a mark leads. */
export type Target =
  | { readonly kind: 'frame'; readonly number: number }
  | { readonly kind: 'connection'; readonly number: number }

export type Mark = Rect | Line | Path | Text | Group

export interface Rect {
  readonly kind: 'rect'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly tone: Tone
  /** `hatched`: nothing is under way · `none`: only there to be hit. */
  readonly fill?: 'solid' | 'hatched' | 'none'
}

export interface Line {
  readonly kind: 'line'
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
  readonly tone: Tone
  readonly width?: number
  readonly isDashed?: boolean
}

export interface Path {
  readonly kind: 'path'
  readonly d: string
  readonly tone: Tone
  readonly isFilled: boolean
}

export interface Text {
  readonly kind: 'text'
  readonly x: number
  /** Of the baseline. */
  readonly y: number
  readonly text: string
  readonly tone: Tone
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly isSmall?: boolean
  readonly isStrong?: boolean
}

/** Marks that are one thing: chosen together, told by `title`. */
export interface Group {
  readonly kind: 'group'
  /** `link`: reached by keyboard too · `part`: for the pointer only; a table tells the same. */
  readonly role: 'link' | 'part'
  readonly title: string
  readonly target: Target | null
  readonly marks: readonly Mark[]
}

export const rect = (
  [x, y, width, height]: readonly [number, number, number, number],
  tone: Tone,
  fill: Rect['fill'] = 'solid',
): Rect => ({ kind: 'rect', x, y, width, height, tone, fill })

export const line = (
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  tone: Tone,
  more: Partial<Pick<Line, 'width' | 'isDashed'>> = {},
): Line => ({ kind: 'line', x1, y1, x2, y2, tone, ...more })

export const text = (
  x: number,
  y: number,
  words: string,
  tone: Tone,
  more: Partial<Pick<Text, 'anchor' | 'isSmall' | 'isStrong'>> = {},
): Text => ({ kind: 'text', x, y, text: words, tone, ...more })

export const shape = (d: string, tone: Tone, isFilled = true): Path => ({
  kind: 'path',
  d,
  tone,
  isFilled,
})

/** Never within another link. */
export const link = (title: string, target: Target | null, marks: readonly Mark[]): Group => ({
  kind: 'group',
  role: 'link',
  title,
  target,
  marks,
})

export const part = (title: string, target: Target | null, marks: readonly Mark[]): Group => ({
  kind: 'group',
  role: 'part',
  title,
  target,
  marks,
})

export const toFrame = (number: number | null | undefined): Target | null =>
  number === null || number === undefined ? null : { kind: 'frame', number }

export const toConnection = (number: number): Target => ({ kind: 'connection', number })

/** Drawing units that a text takes, about: no outlet is at hand to measure it. */
export const widthOf = (words: string, isSmall = false): number =>
  words.length * (isSmall ? 6.1 : 6.7)

/** Cut to fit. */
export function fitted(words: string, width: number, isSmall = false): string {
  if (widthOf(words, isSmall) <= width) return words
  const room = Math.floor(width / (isSmall ? 6.1 : 6.7)) - 1
  return room < 2 ? '' : `${words.slice(0, room).trimEnd()}…`
}

/** Broken at spaces into lines that fit. */
export function wrapped(words: string, width: number, isSmall = false): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of words.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current !== '' && widthOf(longer, isSmall) > width) {
      lines.push(current)
      current = word
    } else current = longer
  }
  return current === '' ? lines : [...lines, current]
}
