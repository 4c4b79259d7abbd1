// What leaves the page: pictures as SVG, the analysis and the comparison as JSON, a trimmed capture as pcapng.

import type { ConnectionAnalysis } from '../../captures/analysis.ts'
import { initiationLadder, terminationLadder } from '../../captures/report/ladder.ts'
import { timeAxis } from '../../captures/report/pictures/axis.ts'
import { ganttPicture } from '../../captures/report/pictures/gantt.ts'
import { ladderPicture } from '../../captures/report/pictures/ladder.ts'
import { offsetsPicture } from '../../captures/report/pictures/offsets.ts'
import type { Picture } from '../../captures/report/pictures/picture.ts'
import { svgOf } from '../../captures/report/pictures/svg.ts'
import { waterfallPicture } from '../../captures/report/pictures/waterfall.ts'
import { h } from '../upload/dom.ts'
import { linkedTime, ownSpan } from './linked-time.ts'
import { type Actions, lookedAt, type PageState } from './state.ts'
import { comparisonOf } from './views/comparison.ts'
import { uploadOf } from './views/offsets.ts'

/** Of a saved picture, drawing units. */
const width = 1000

export function exportMenu(state: PageState, actions: Actions): HTMLElement {
  const menu = h('details', { class: 'menu' }, h('summary', {}, 'Export'))
  const items = h('div', { class: 'menu-items' })
  const item = (label: string, save: () => Promise<void> | void) =>
    items.append(
      h(
        'button',
        {
          type: 'button',
          onclick: () => {
            menu.open = false
            Promise.resolve()
              .then(save)
              .then(
                () => actions.say(`${label}: saved.`),
                (error) => actions.fail(error instanceof Error ? error.message : String(error)),
              )
          },
        },
        label,
      ),
    )
  const capture = lookedAt(state)
  const time = linkedTime(state)
  if (capture === null || time === null) return menu
  const { analysis } = capture
  const base = capture.name.replace(/\.gz$/i, '').replace(/\.(pcapng|pcap|cap|ntar)$/i, '')
  item('Analysis (JSON)', () => saveJson(`${base}.analysis.json`, analysis))
  item('Trimmed capture (pcapng)', async () => save(`${base}-trimmed.pcapng`, await capture.trim()))
  item('Connections (SVG)', () =>
    saveSvg(
      `${base}-connections.svg`,
      ganttPicture(analysis.connections, {
        width,
        chosen: null,
        axis: (bar) => timeAxis(ownSpan(time, analysis), bar, time.zeroOf(analysis)),
      }),
    ),
  )
  const upload = uploadOf(analysis, state.view.upload)
  if (upload !== null) {
    item('Upload offset (SVG)', () =>
      saveSvg(`${base}-offset.svg`, offsetsPicture(analysis, upload, { width })),
    )
  }
  const connection = analysis.connections.find(({ number }) => number === state.view.connection)
  if (connection !== undefined) {
    for (const [name, rows] of laddersOf(connection)) {
      item(`${name} of connection ${connection.number} (SVG)`, () =>
        saveSvg(
          `${base}-${connection.number}-${name.toLowerCase()}.svg`,
          ladderPicture(rows, { width: 720, title: `${name} of connection ${connection.number}` }),
        ),
      )
    }
  }
  const comparison = comparisonOf(state)
  if (comparison !== null) {
    item('Comparison (JSON)', () => saveJson('comparison.json', comparison))
    if (comparison.difference !== null)
      item('From A to B (SVG)', () =>
        saveSvg('comparison.svg', waterfallPicture(comparison, width)),
      )
  }
  menu.append(items)
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return
    menu.open = false
    menu.querySelector('summary')?.focus()
  })
  return menu
}

function laddersOf(connection: ConnectionAnalysis) {
  const both = [
    ['Initiation', initiationLadder(connection)],
    ['Termination', terminationLadder(connection)],
  ] as const
  return both.filter(([, rows]) => rows.length > 0)
}

const saveJson = (name: string, document: object) =>
  save(name, new Blob([`${JSON.stringify(document, null, 1)}\n`], { type: 'application/json' }))

const saveSvg = (name: string, picture: Picture) =>
  save(
    name,
    new Blob([svgOf(picture, { id: 'picture', outlet: 'document' })], { type: 'image/svg+xml' }),
  )

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = h('a', { href: url, download: name })
  link.click()
  // The browser takes it up after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
