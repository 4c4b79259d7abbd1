// What leaves the page: pictures as SVG, the analysis and the comparison as JSON, a trimmed capture as pcapng.

import type { Analysis, ConnectionAnalysis } from '../../captures/analysis.ts'
import { initiationLadder, terminationLadder } from '../../captures/report/ladder.ts'
import { ganttPicture } from '../../captures/report/pictures/gantt.ts'
import { ladderPicture } from '../../captures/report/pictures/ladder.ts'
import { offsetsPicture } from '../../captures/report/pictures/offsets.ts'
import type { Picture } from '../../captures/report/pictures/picture.ts'
import { svgOf } from '../../captures/report/pictures/svg.ts'
import { waterfallPicture } from '../../captures/report/pictures/waterfall.ts'
import { h } from '../upload/dom.ts'
import { axesOf } from './linked-axes.ts'
import { type LinkedTime, linkedTime, ownSpan } from './linked-time.ts'
import { lookedAt, type PageState } from './state.ts'
import { comparisonOf } from './views/comparison.ts'
import { uploadOf } from './views/offsets.ts'

/** Of a saved picture, drawing units. */
const width = 1000

export interface Export {
  readonly label: string
  save(): Promise<void> | void
}

/** What the page offers to save where one looks now, as it is shown there. */
export function exportsOf(state: PageState): readonly Export[] {
  const capture = lookedAt(state)
  const time = linkedTime(state)
  if (capture === null || time === null) return []
  const { name, analysis } = capture
  const base = name.replace(/\.gz$/i, '').replace(/\.(pcapng|pcap|cap|ntar)$/i, '')
  return [
    { label: 'Analysis (JSON)', save: () => saveJson(`${base}.analysis.json`, analysis) },
    {
      label: 'Trimmed capture (pcapng)',
      save: async () => save(`${base}-trimmed.pcapng`, await capture.trim()),
    },
    {
      label: 'Connections (SVG)',
      save: () =>
        saveSvg(
          `${base}-connections.svg`,
          ganttPicture(analysis.connections, {
            width,
            chosen: null,
            axis: axesOf(state, time)(analysis),
          }),
        ),
    },
    ...offsetExports(state, time, analysis, base),
    ...ladderExports(state, analysis, base),
    ...comparisonExports(state),
  ]
}

function offsetExports(
  { view }: PageState,
  time: LinkedTime,
  analysis: Analysis,
  base: string,
): Export[] {
  const upload = uploadOf(analysis, view.upload)
  if (upload === null) return []
  const span = time.isPart ? { span: ownSpan(time, analysis) } : {}
  const picture = () =>
    offsetsPicture(analysis, upload, { width, zero: time.zeroOf(analysis), ...span })
  return [{ label: 'Upload offset (SVG)', save: () => saveSvg(`${base}-offset.svg`, picture()) }]
}

function ladderExports({ view }: PageState, { connections }: Analysis, base: string): Export[] {
  const connection = connections.find(({ number }) => number === view.connection)
  if (connection === undefined) return []
  return laddersOf(connection).map(([name, rows]) => {
    const title = `${name} of connection ${connection.number}`
    const file = `${base}-${connection.number}-${name.toLowerCase()}.svg`
    const save = () => saveSvg(file, ladderPicture(rows, { width: 720, title }))
    return { label: `${title} (SVG)`, save }
  })
}

function comparisonExports(state: PageState): Export[] {
  const comparison = comparisonOf(state)
  if (comparison === null) return []
  const picture = {
    label: 'From A to B (SVG)',
    save: () => saveSvg('comparison.svg', waterfallPicture(comparison, width)),
  }
  return [
    { label: 'Comparison (JSON)', save: () => saveJson('comparison.json', comparison) },
    ...(comparison.difference === null ? [] : [picture]),
  ]
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
