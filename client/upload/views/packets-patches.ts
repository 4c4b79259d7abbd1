// The PATCHes of a connection as a table: the first, the latest, and how many lie between; with their frames and what they took.
import type { CapturedConnection, PatchBar } from '../capture.ts'
import { h } from '../dom.ts'
import { bytes, plural } from '../units.ts'
import { frameLink } from './packets-links.ts'

/** Of the latest so many. */
const latest = 4

export function patchTable(): {
  element: HTMLElement
  update(connection: CapturedConnection): void
} {
  const body = h('tbody')
  const head = ['PATCH', 'frames', 'took', 'carried', 'answer'].map((name) =>
    h('th', { scope: 'col' }, name),
  )
  const element = h(
    'table',
    { class: 'patches' },
    h('caption', { class: 'visually-hidden' }, 'PATCHes on this connection'),
    h('thead', {}, h('tr', {}, ...head)),
    body,
  )
  let shown = ''
  return {
    element,
    update(connection) {
      const { bars, patches, traffic } = connection
      const rows = rowsOf(bars, patches, traffic?.current ?? null)
      const wanted = JSON.stringify([rows, connection.number])
      element.hidden = rows.length === 0
      if (wanted === shown) return
      shown = wanted
      body.replaceChildren(...rows.map((one) => rowElement(one, connection.number)))
    },
  }
}

interface TableRow {
  readonly cells: readonly string[]
  /** To which its frames lead; `null`: a word on what is left out. */
  readonly frame: number | null
}

function rowsOf(bars: readonly PatchBar[], patches: number, current: number | null): TableRow[] {
  const numbered = bars.map((bar, index) => ({ bar, number: patches - bars.length + index + 1 }))
  const isLong = numbered.length > latest + 2
  const front = isLong ? numbered.slice(0, 1) : numbered
  const back = isLong ? numbered.slice(-latest) : []
  const left = numbered.length - front.length - back.length
  return [
    ...front.map((one) => cells(one.number, one.bar, current)),
    ...(left > 0 ? [{ cells: [`… ${plural(left, 'PATCH', 'PATCHes')} …`], frame: null }] : []),
    ...back.map((one) => cells(one.number, one.bar, current)),
  ]
}

function cells(number: number, bar: PatchBar, current: number | null): TableRow {
  const isOpen = bar.end === null
  const carried = isOpen && current !== null ? `${bytes(current)} so far` : bytes(bar.bytes)
  const told = [
    String(number),
    `${bar.packets[0]}–${isOpen ? '' : bar.packets[1]}`,
    bar.end === null ? '…' : took(bar.end - bar.from),
    carried,
    bar.status === null ? (isOpen ? '…' : 'none') : String(bar.status),
  ]
  return { cells: told, frame: bar.packets[0] }
}

function took(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`
}

function rowElement({ cells: told, frame }: TableRow, connection: number): HTMLElement {
  const [first = '', frames = '', ...rest] = told
  if (frame === null) return h('tr', { class: 'fold' }, h('td', { colspan: '5' }, first))
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, first),
    h('td', {}, frameLink(frames, connection, frame)),
    ...rest.map((cell) => h('td', {}, cell)),
  )
}
