// Which captures are open, how another comes beside or instead of them, and what leaves as an export. Made once, so that what has the focus keeps it.
import { h, setAttribute, setText } from '../../upload/dom.ts'
import { createChooser } from '../chooser.ts'
import { isFocusLost } from '../focus.ts'
import { recordings } from '../recordings.ts'
import { type Actions, isComparing, type PageState, type Side } from '../state.ts'
import { type Chip, createChip } from './chip.ts'
import { exportMenu } from './export-menu.ts'

export function captureBar(actions: Actions) {
  let side: Side = 'b'
  const chips = [createChip('a', actions), createChip('b', actions)]
  const another = createChooser((files) => actions.open(files, side))
  const recording = recordingChoice((name) => {
    const chosen = recordings.filter((one) => one.name === name)
    actions.openRecordings(chosen, side)
  })
  const menu = exportMenu(actions)
  const element = h(
    'div',
    { class: 'bar-of-captures' },
    another.button,
    another.input,
    recording.element,
    menu.element,
  )
  return {
    element,
    update(state: PageState) {
      const both = isComparing(state)
      const hasFocus = element.contains(document.activeElement)
      const isClosed = chips.some(
        (chip) => chip.element.matches(':focus-within') && isGone(chip, state),
      )
      side = both ? state.view.side : 'b'
      for (const chip of chips) {
        chip.update(state)
        if (chip.capture() === null) chip.element.remove()
        else if (!chip.element.isConnected) another.button.before(chip.element)
      }
      another.update(both ? 'Open another' : 'Compare with…', both)
      recording.update(both ? 'Open a recording' : 'Compare with a recording')
      menu.update(state)
      // Who closed a capture goes on from the bar, and doesn't close the next one with the same key.
      if (isClosed || (hasFocus && isFocusLost())) another.button.focus()
    },
  }
}

function isGone(chip: Chip, { captures }: PageState): boolean {
  const capture = chip.capture()
  return capture !== null && capture !== captures.a && capture !== captures.b
}

/** Another recording beside or instead of what is open. */
function recordingChoice(take: (name: string) => void) {
  const first = h('option', { value: '' })
  const element = h(
    'select',
    { hidden: recordings.length === 0 },
    first,
    ...recordings.map(({ name }) => h('option', { value: name }, name.replace(/\.pcapng$/, ''))),
  )
  element.addEventListener('change', () => {
    const { value } = element
    // It tells what can be opened, not what is open: the same one can be chosen again.
    element.value = ''
    take(value)
  })
  return {
    element,
    update(label: string) {
      setText(first, label)
      setAttribute(element, 'aria-label', label)
    },
  }
}
