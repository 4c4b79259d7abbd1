// One of the three phases of a connection as a box: title and figure, ladder or table, and the words of the report.
import type { Arrow } from '../capture.ts'
import { h, setText } from '../dom.ts'
import { ladderList } from './packets-ladder.ts'

export interface PhaseContent {
  readonly fact: string
  readonly arrows: readonly Arrow[]
  readonly sentences: readonly string[]
  /** In place of what is not there; empty where it is. */
  readonly remark: string
  /** Its number in the capture. */
  readonly connection: number
}

export function phase(name: string) {
  const title = h('h3', {}, name)
  const figure = h('span', { class: 'phase-figure' })
  title.append(figure)
  const ladder = ladderList()
  const note = h('p', { class: 'phase-note' })
  const body = h('div')
  const words = h('ul', { class: 'phase-words' })
  const inWords = h('details', { class: 'words-box' }, h('summary', {}, 'in words'), words)
  const element = h('div', { class: 'phase' }, title, ladder.element, note, body, inWords)
  let told = ''
  return {
    element,
    body,
    update({ fact, arrows, sentences, remark, connection }: PhaseContent) {
      setText(figure, fact === '' ? '' : ` · ${fact}`)
      ladder.update(arrows, connection)
      ladder.element.hidden = arrows.length === 0
      setText(note, remark)
      note.hidden = remark === ''
      inWords.hidden = sentences.length === 0
      const text = sentences.join('\n')
      if (text === told) return
      told = text
      words.replaceChildren(...sentences.map((one) => h('li', {}, unbroken(one))))
    },
  }
}

/** No line ends between a number and its unit. */
const unbroken = (sentence: string) =>
  sentence.replace(/(\d) (?=(?:[µm]?s|[KMGT]?i?B)\b)/g, '$1\u00a0')
