// The menu of what can be saved. What it offers is of the moment that it is opened; it closes when one looks elsewhere.
import { h } from '../../upload/dom.ts'
import { type Export, exportsOf } from '../export.ts'
import type { Actions, PageState } from '../state.ts'

export function exportMenu(actions: Actions) {
  const summary = h('summary', {}, 'Export')
  const items = h('div', { class: 'menu-items' })
  const menu = h('details', { class: 'menu' }, summary, items)
  let state: PageState | null = null

  function save({ label, save: make }: Export): void {
    shut()
    Promise.resolve()
      .then(make)
      .then(
        () => actions.say(`${label}: saved.`),
        (error) =>
          actions.fail(`${label}: ${error instanceof Error ? error.message : String(error)}`),
      )
  }

  /** What had the focus in it can't keep it. */
  function shut(): void {
    if (!menu.open) return
    if (items.contains(document.activeElement)) summary.focus()
    menu.open = false
  }

  menu.addEventListener('toggle', () => {
    if (!menu.open || state === null) return
    items.replaceChildren(
      ...exportsOf(state).map((one) =>
        h('button', { type: 'button', onclick: () => save(one) }, one.label),
      ),
    )
  })
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) shut()
  })
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) shut()
  })
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') shut()
  })
  return {
    element: menu,
    update(next: PageState) {
      // What it offers would be of another place.
      if (state !== null && !isSamePlace(state, next)) shut()
      state = next
    },
  }
}

const isSamePlace = (one: PageState, other: PageState): boolean =>
  one.view === other.view &&
  one.captures.a === other.captures.a &&
  one.captures.b === other.captures.b
