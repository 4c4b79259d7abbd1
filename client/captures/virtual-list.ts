// A list of any length of which only the rows in sight exist. Rows are fetched in pages; arrow keys move the chosen one.
import { h, setAttribute } from '../upload/dom.ts'

export interface VirtualListOptions<T> {
  readonly label: string
  readonly columns: readonly string[]
  readonly cells: (row: T) => readonly (Node | string)[]
  readonly onChoose: (row: T) => void
}

export interface VirtualList<T> {
  readonly element: HTMLElement
  reset(count: number, fetch: (first: number, count: number) => Promise<readonly T[]>): void
  /** Scrolls to it where it is out of sight. */
  select(index: number | null): void
}

const rowHeight = 26
/** In sight at once. */
const mostShown = 16
const pageRows = 200
/** No browser scrolls an element much higher than this; beyond, a pixel stands for several rows. */
const mostHeight = 8_000_000
const pagesKept = 12

export function createVirtualList<T>(options: VirtualListOptions<T>): VirtualList<T> {
  const { label, columns, cells, onChoose } = options
  const id = `list-${label.toLowerCase()}`
  const head = h(
    'div',
    { class: 'list-row list-head', role: 'row' },
    ...columns.map((name) => h('span', { role: 'columnheader' }, name)),
  )
  const rows = h('div', { class: 'list-rows', role: 'rowgroup' })
  const spacer = h('div', { class: 'spacer', role: 'presentation' })
  const scroller = h(
    'div',
    { class: 'list-scroller', role: 'grid', tabindex: '0', 'aria-label': label },
    h(
      'div',
      { class: 'list-sight', role: 'presentation' },
      h('div', { role: 'rowgroup' }, head),
      rows,
    ),
    spacer,
  )
  let count = 0
  let fetchRows: Parameters<VirtualList<T>['reset']>[1] = async () => []
  let pages = new Map<number, readonly T[]>()
  let selected: number | null = null
  let isDue = false

  const sight = () => Math.max(1, Math.floor((scroller.clientHeight - rowHeight) / rowHeight))
  const room = () => Math.min(mostHeight, count * rowHeight)
  // Measured, not reckoned: a bar for scrolling sideways takes of the height, or takes nothing.
  const scrollable = () => scroller.scrollHeight - scroller.clientHeight
  const lastFirst = () => Math.max(0, count - sight())
  const firstRow = () => {
    const range = scrollable()
    if (range <= 0) return 0
    // A browser rounds: at its end stands the last row, though a pixel may be that of several rows.
    const share = range - scroller.scrollTop <= 1 ? 1 : scroller.scrollTop / range
    return Math.round(share * lastFirst())
  }
  const scrollTo = (first: number) => {
    const share = lastFirst() === 0 ? 0 : Math.max(0, Math.min(1, first / lastFirst()))
    scroller.scrollTop = share * scrollable()
  }

  function rowAt(index: number): T | null {
    return pages.get(Math.floor(index / pageRows))?.[index % pageRows] ?? null
  }

  function load(page: number): void {
    if (pages.has(page)) return
    const into = pages
    into.set(page, [])
    fetchRows(page * pageRows, pageRows).then(
      (found) => {
        if (into !== pages) return
        into.set(page, found)
        for (const old of into.keys()) {
          if (into.size <= pagesKept) break
          if (Math.abs(old - page) > 2) into.delete(old)
        }
        draw()
      },
      () => into.delete(page),
    )
  }

  function draw(): void {
    isDue = false
    const first = firstRow()
    const last = Math.min(count, first + sight() + 1)
    for (let page = Math.floor(first / pageRows); page * pageRows < last; page++) load(page)
    const made: HTMLElement[] = []
    for (let index = first; index < last; index++) made.push(element(index, rowAt(index)))
    rows.replaceChildren(...made)
    const isShown = selected !== null && selected >= first && selected < last
    setAttribute(scroller, 'aria-activedescendant', isShown ? `${id}-${selected}` : null)
  }

  function element(index: number, row: T | null): HTMLElement {
    const content = row === null ? columns.map(() => '') : cells(row)
    const made = h(
      'div',
      {
        class: 'list-row',
        role: 'row',
        id: `${id}-${index}`,
        'aria-rowindex': String(index + 2),
        'aria-selected': String(index === selected),
        'data-index': String(index),
      },
      ...content.map((cell) => h('span', { role: 'gridcell' }, cell)),
    )
    return made
  }

  const later = () => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(draw)
  }
  scroller.addEventListener('scroll', later)
  new ResizeObserver(later).observe(scroller)

  async function choose(index: number): Promise<void> {
    select(index)
    const row = rowAt(index) ?? (await fetchRows(index, 1))[0]
    if (row && selected === index) onChoose(row)
  }

  function select(index: number | null): void {
    selected = index
    if (index !== null) {
      const first = firstRow()
      if (index < first || index >= first + sight()) scrollTo(index - Math.floor(sight() / 3))
    }
    draw()
  }

  rows.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target.closest('[data-index]') : null
    const index = Number(target?.getAttribute('data-index') ?? Number.NaN)
    if (Number.isInteger(index)) choose(index).catch(() => undefined)
  })
  scroller.addEventListener('keydown', (event) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: sight(),
      PageUp: -sight(),
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    }
    const step = steps[event.key]
    if (step === undefined || count === 0 || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const from = selected ?? firstRow() - Math.sign(step)
    choose(Math.max(0, Math.min(count - 1, from + step))).catch(() => undefined)
  })

  return {
    element: scroller,
    reset(next, fetch) {
      count = next
      fetchRows = fetch
      pages = new Map()
      selected = null
      setAttribute(scroller, 'aria-rowcount', String(next + 1))
      const shown = Math.min(next, mostShown)
      scroller.style.setProperty('--rows', String(shown))
      spacer.style.setProperty('height', `${room() - shown * rowHeight}px`)
      scroller.scrollTop = 0
      draw()
    },
    select,
  }
}
