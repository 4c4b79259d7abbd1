// Asks before something is deleted, in a <dialog>: Escape and the first button change nothing.
import { focusSection, h } from '../dom.ts'

export interface Choice<T> {
  readonly label: string
  readonly value: T
  readonly isDestructive?: boolean
}

/** Resolves with the chosen value, or null when the person backed out. */
export function ask<T>(
  question: { readonly title: string; readonly text: string; readonly back: string },
  choices: readonly Choice<T>[],
): Promise<T | null> {
  return new Promise((resolve) => {
    let answer: T | null = null
    const dialog = h('dialog', {
      'aria-labelledby': 'question-title',
      'aria-describedby': 'question-text',
    })
    const title = h('h2', { id: 'question-title' }, question.title)
    const back = h(
      'button',
      { type: 'button', autofocus: true, onclick: () => dialog.close() },
      question.back,
    )
    const buttons = choices.map((choice) =>
      h(
        'button',
        {
          type: 'button',
          class: choice.isDestructive ? 'destructive' : '',
          onclick: () => {
            answer = choice.value
            dialog.close()
          },
        },
        choice.label,
      ),
    )
    dialog.append(
      title,
      h('p', { id: 'question-text' }, question.text),
      h('div', { class: 'buttons' }, back, ...buttons),
    )
    dialog.addEventListener('close', () => {
      dialog.remove()
      // What opened it may have gone meanwhile.
      if (document.activeElement === document.body) focusSection()
      resolve(answer)
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}
