// A picture as SVG text. Picture in, markup out: for the page with its own style, or whole, to be saved and put in a document.
import type { Group, Mark, Picture, Target, Tone } from './picture.ts'

export interface SvgOptions {
  /** Sets the ids of this picture apart from those of others in the same page. */
  readonly id: string
  /** `page`: classes only, marks are links · `document`: carries its own colours, light and dark. */
  readonly outlet: 'page' | 'document'
}

export function svgOf(picture: Picture, options: SvgOptions): string {
  const { width, height, title, description, marks } = picture
  const { id, outlet } = options
  const size = `width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}"`
  const names = `aria-labelledby="${id}-title" aria-describedby="${id}-description"`
  const role = outlet === 'page' ? 'group' : 'img'
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} class="picture" role="${role}" ${names} font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif" font-size="12">`,
    `<title id="${id}-title">${escaped(title)}</title><desc id="${id}-description">${escaped(description)}</desc>`,
    ...(outlet === 'document'
      ? [
          `<style>${documentStyle}</style>`,
          `<rect width="${round(width)}" height="${round(height)}" class="page" fill="currentColor"/>`,
        ]
      : []),
    `<defs><pattern id="${id}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V5" stroke="currentColor" stroke-width="1.6" class="soft"/></pattern></defs>`,
    ...marks.map((mark) => drawn(mark, options)),
    '</svg>',
  ].join('')
}

function drawn(mark: Mark, options: SvgOptions): string {
  switch (mark.kind) {
    case 'rect': {
      const place = `x="${round(mark.x)}" y="${round(mark.y)}" width="${round(mark.width)}" height="${round(mark.height)}"`
      if (mark.fill === 'none') return `<rect ${place} fill="none" pointer-events="all"/>`
      if (mark.fill === 'hatched') return `<rect ${place} fill="url(#${options.id}-hatch)"/>`
      return `<rect ${place} class="${mark.tone}" fill="currentColor"/>`
    }
    case 'line': {
      const ends = `x1="${round(mark.x1)}" y1="${round(mark.y1)}" x2="${round(mark.x2)}" y2="${round(mark.y2)}"`
      const dashes = mark.isDashed ? ' stroke-dasharray="3 3"' : ''
      return `<line ${ends} class="${mark.tone}" stroke="currentColor" stroke-width="${mark.width ?? 1}"${dashes}/>`
    }
    case 'path': {
      const paint = mark.isFilled
        ? 'fill="currentColor"'
        : 'fill="none" stroke="currentColor" stroke-width="2"'
      return `<path d="${mark.d}" class="${mark.tone}" ${paint}/>`
    }
    case 'text': {
      const anchor =
        mark.anchor === undefined || mark.anchor === 'start' ? '' : ` text-anchor="${mark.anchor}"`
      const size = mark.isSmall ? ' font-size="11"' : ''
      const weight = mark.isStrong ? ' font-weight="650"' : ''
      return `<text x="${round(mark.x)}" y="${round(mark.y)}" class="${mark.tone}" fill="currentColor"${anchor}${size}${weight}>${escaped(mark.text)}</text>`
    }
    case 'group':
      return grouped(mark, options)
  }
}

function grouped({ role, title, target, marks }: Group, options: SvgOptions): string {
  const name = title === '' ? '' : `<title>${escaped(title)}</title>`
  const inner = name + marks.map((one) => drawn(one, options)).join('')
  if (options.outlet === 'document' || target === null) return `<g>${inner}</g>`
  const leads = `data-${target.kind}="${target.number}"`
  return role === 'part'
    ? `<g ${leads}>${inner}</g>`
    : `<a href="${hashOf(target)}" ${leads} tabindex="-1"><g role="img" aria-label="${escaped(title)}">${inner}</g></a>`
}

export const hashOf = ({ kind, number }: Target): string => `#${kind}=${number}`

const round = (value: number): string => String(Math.round(value * 10) / 10)

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Names come from captures: besides markup, what XML does not allow at all is taken out.
const escaped = (words: string): string =>
  words
    .replace(/[&<>"']/g, (character) => entities[character] ?? character)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is meant.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .toWellFormed()

/** Light and dark. */
export const colours: Readonly<Record<Tone, readonly [string, string]>> = {
  page: ['#ffffff', '#1c2027'],
  client: ['#1d5fd1', '#6ea3ff'],
  'client-soft': ['#a9c5f2', '#2d4a7c'],
  server: ['#b85c00', '#f2994a'],
  'server-soft': ['#f0c79c', '#6e4420'],
  other: ['#8a93a0', '#7c8694'],
  track: ['#e6e9ee', '#2b313b'],
  chosen: ['#e8effb', '#24334f'],
  line: ['#d9dde3', '#333a45'],
  text: ['#1b1f26', '#e8ebf0'],
  soft: ['#59616d', '#a2abb8'],
  warning: ['#8a5a00', '#f0c060'],
  damage: ['#b3261e', '#ff8a80'],
  gain: ['#00695c', '#5fd0bf'],
}

const rules = (column: 0 | 1) =>
  Object.entries(colours)
    .map(([tone, pair]) => `.${tone}{color:${pair[column]}}`)
    .join('')

const documentStyle = `${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}`
