// Tables of the page: what a picture tells, for those who read or search it.
import type { Sentence } from '../../captures/report/prose.ts'
import { amount } from '../../captures/report/quantity.ts'
import { h } from '../upload/dom.ts'
import { elements } from './words.ts'

export interface TableColumn {
  readonly heading: string
  readonly isNumber?: boolean
}

export type Cell = Sentence | string

/** Rows shown at first; a button brings the rest. */
const most = 100

export function table(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly Cell[])[],
): HTMLElement {
  const body = h('tbody')
  const add = (some: readonly (readonly Cell[])[]) =>
    body.append(...some.map((cells) => rowOf(cells, columns)))
  const element = h(
    'table',
    {},
    h('caption', { class: 'visually-hidden' }, caption),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...columns.map(({ heading, isNumber = false }) =>
          h('th', { scope: 'col', ...(isNumber ? { class: 'number' } : {}) }, heading),
        ),
      ),
    ),
    body,
  )
  const box = h(
    'div',
    { class: 'table-box', tabindex: '0', role: 'region', 'aria-label': caption },
    element,
  )
  add(rows.slice(0, most))
  if (rows.length <= most) return box
  const more = h(
    'button',
    {
      type: 'button',
      onclick: () => {
        add(rows.slice(most, mostAtOnce))
        more.remove()
      },
    },
    rows.length > mostAtOnce
      ? `Show the first ${amount(mostAtOnce)} of ${amount(rows.length)}`
      : `Show all ${amount(rows.length)}`,
  )
  return h('div', {}, box, more)
}

const mostAtOnce = 5000

function rowOf(cells: readonly Cell[], columns: readonly TableColumn[]): HTMLTableRowElement {
  return h(
    'tr',
    {},
    ...cells.map((cell, index) =>
      h(
        'td',
        columns[index]?.isNumber ? { class: 'number' } : {},
        ...(typeof cell === 'string' ? [cell] : elements(cell)),
      ),
    ),
  )
}

/** Folded under a picture; made when it is opened for the first time. */
export function alternative(summary: string, make: () => HTMLElement): HTMLDetailsElement {
  const details = h('details', { class: 'alternative' }, h('summary', {}, summary))
  details.addEventListener(
    'toggle',
    () => {
      if (details.open) details.append(make())
    },
    { once: true },
  )
  return details
}
