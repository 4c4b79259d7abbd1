// A digest on a finished row: short, whole on hover and focus, to be copied, with the word of how it compares.
import type { Comparison } from '../comparison.ts'
import { comparisonFact, shortDigest } from '../comparison.ts'
import { h, type Row, setAttribute, setText } from '../dom.ts'

/** What the row knows: a comparison of this browser, or only the server's digest. */
export interface DigestState {
  readonly comparison: Comparison | null
  /** Hexadecimal; null while unknown. */
  readonly known: string | null
}

export function digestView(name: string, report: (sentence: string) => void): Row<DigestState> {
  let digest = ''
  const short = h('code')
  const whole = h('code', { class: 'digest-whole', role: 'tooltip' })
  const copy = h(
    'button',
    {
      type: 'button',
      class: 'copy',
      'aria-label': `Copy the SHA-256 of ${name}`,
      onclick: () => void copyText(digest).then(report),
    },
    'Copy',
  )
  const value = h('span', {}, 'SHA-256 ', short)
  const word = h('span', { class: 'digest-word' })
  const element = h('p', { class: 'digest' }, value, word, copy, whole)
  return {
    element,
    update({ comparison, known }) {
      digest = (comparison && 'ours' in comparison ? comparison.ours : null) ?? known ?? ''
      for (const part of [value, copy, whole]) part.hidden = digest === ''
      setText(short, shortDigest(digest))
      // In two halves, which is how people compare them.
      setText(whole, `${digest.slice(0, 32)} ${digest.slice(32)}`)
      setText(word, comparison ? comparisonFact(comparison) : '')
      word.hidden = comparison === null
      setAttribute(word, 'data-kind', comparison?.kind ?? null)
      element.hidden = digest === '' && comparison === null
    },
  }
}

/** Gives the sentence to say. */
async function copyText(text: string): Promise<string> {
  try {
    // Typed as always there, but absent outside secure contexts.
    const clipboard = navigator.clipboard as Clipboard | undefined
    if (!clipboard) throw new Error('no clipboard here')
    await clipboard.writeText(text)
    return 'The SHA-256 was copied.'
  } catch {
    return `The browser doesn’t let a page copy here. SHA-256: ${text}`
  }
}
