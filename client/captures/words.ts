// Words of the page that no report has: names of filters, and how a sentence of the report becomes elements.
import type { Part, Sentence } from '../../captures/report/prose.ts'
import { textOf } from '../../captures/report/prose.ts'
import { h } from '../upload/dom.ts'
import type { FrameClass } from './worker/protocol.ts'

export const frameClasses: readonly { readonly name: FrameClass; readonly label: string }[] = [
  { name: 'all', label: 'all frames' },
  { name: 'heads', label: 'those that mark the phases' },
  { name: 'ends', label: 'SYN, FIN and RST' },
  { name: 'data', label: 'with data' },
  { name: 'losses', label: 'losses and order' },
  { name: 'window', label: 'window trouble' },
  { name: 'probes', label: 'TCP keep-alive probes' },
]

/** Frame and connection numbers become links, tones get their class. */
export function elements(sentence: Sentence): (Node | string)[] {
  return sentence.map(element)
}

function element(part: Part): Node | string {
  if (typeof part === 'string') return part
  if (part.kind === 'frame' || part.kind === 'connection') {
    const number = String(part.number)
    return h(
      'a',
      {
        href: `#${part.kind}=${number}`,
        [`data-${part.kind}`]: number,
        'aria-label': `${part.kind} ${number}`,
      },
      number,
    )
  }
  return h('span', { class: `tone-${part.kind}` }, textOf(part))
}

export const paragraph = (sentence: Sentence, name = ''): HTMLParagraphElement =>
  h('p', name === '' ? {} : { class: name }, ...elements(sentence))

/** A list, one sentence an item; nothing where there are none. */
export function points(sentences: readonly Sentence[], name = 'points'): HTMLElement[] {
  if (sentences.length === 0) return []
  return [h('ul', { class: name }, ...sentences.map((one) => h('li', {}, ...elements(one))))]
}
