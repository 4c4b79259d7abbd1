// One of the captures that are open: what it is called, whether details are shown of it, and how to close it.
import { size } from '../../../captures/report/quantity.ts'
import { h, setAttribute, setText } from '../../upload/dom.ts'
import type { Capture } from '../capture.ts'
import { type Actions, isComparing, lookedAt, type PageState, type Side } from '../state.ts'

export interface Chip {
  readonly element: HTMLElement
  /** What it told of last. */
  readonly capture: () => Capture | null
  update(state: PageState): void
}

export function createChip(side: Side, actions: Actions): Chip {
  const name = h('span', { class: 'capture-name' })
  const look = h(
    'button',
    { type: 'button', class: 'plain', onclick: () => actions.look(side) },
    h('strong', { class: 'letter' }, side.toUpperCase()),
  )
  const bytes = h('span', { class: 'soft' })
  const close = h(
    'button',
    { type: 'button', class: 'plain close', onclick: () => actions.close(side) },
    '✕',
  )
  const element = h('div', { class: 'chip' }, look, bytes, close)
  let shown: Capture | null = null
  return {
    element,
    capture: () => shown,
    update(state) {
      const capture = state.captures[side]
      shown = capture
      if (capture === null) return
      const both = isComparing(state)
      const isCurrent = both && lookedAt(state) === capture
      setText(name, capture.name)
      setAttribute(name, 'title', capture.name)
      look.hidden = !both
      // There is nothing to choose between where it is the only one.
      if (both) look.append(name)
      else look.before(name)
      setAttribute(element, 'data-current', isCurrent ? '' : null)
      setAttribute(look, 'aria-pressed', String(isCurrent))
      setAttribute(look, 'title', `Show the details of ${capture.name}`)
      setText(bytes, size(capture.analysis.file.bytes))
      setAttribute(close, 'aria-label', `Close ${capture.name}`)
    },
  }
}
