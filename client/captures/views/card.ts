// What the cards of the three phases have in common: title and facts, ladders with their tables.
import type { LadderRow } from '../../../captures/report/ladder.ts'
import { ladderPicture } from '../../../captures/report/pictures/ladder.ts'
import { frameRange, plain, role } from '../../../captures/report/prose.ts'
import { moment } from '../../../captures/report/quantity.ts'
import { h } from '../../upload/dom.ts'
import { moveByKeys, showPicture } from '../picture-box.ts'
import { alternative, type Cell, table } from '../table.ts'

/** Longer arrows are no clearer. */
const widestLadder = 760

export function card(
  name: string,
  facts: readonly string[],
  ...children: HTMLElement[]
): HTMLElement {
  const told = facts.filter((fact) => fact !== '')
  return h(
    'article',
    { class: `card card-${name.toLowerCase()}`, 'aria-label': name },
    h('h3', {}, name, h('span', { class: 'soft' }, told.map((fact) => ` · ${fact}`).join(''))),
    ...children,
  )
}

export function ladder(
  rows: readonly LadderRow[],
  width: number,
  title: string,
  id: string,
): HTMLElement[] {
  if (rows.length === 0) return []
  const box = h('div', { class: 'picture-box' })
  moveByKeys(box)
  showPicture(box, ladderPicture(rows, { width: Math.min(width, widestLadder), title }), id)
  return [box, alternative('As a table', () => ladderTable(rows, title))]
}

function ladderTable(rows: readonly LadderRow[], title: string): HTMLElement {
  return table(
    title,
    [
      { heading: 'frame', isNumber: true },
      { heading: 'time', isNumber: true },
      { heading: 'from' },
      { heading: 'segment' },
      { heading: 'client' },
      { heading: 'server' },
    ],
    rows.map((row): Cell[] =>
      row.kind === 'fold'
        ? ['…', '', '', row.text, '', '']
        : [
            [{ kind: 'frame', number: row.packet }],
            row.time === null ? '' : `${moment(row.time)}\u00a0s`,
            [role(row.by)],
            `${row.label} ${row.numbers}`.trim(),
            row.states?.client ?? '',
            row.states?.server ?? '',
          ],
    ),
  )
}

export function rangeOf(packets: readonly number[]): string {
  const [first] = packets
  const last = packets.at(-1)
  return first === undefined || last === undefined ? '' : plain(frameRange(first, last))
}

export const titled = (title: string, content: readonly HTMLElement[]) =>
  content.length === 0 ? [] : [h('h4', {}, title), ...content]
