// P3 and P4: the offset of an upload over time across its connections, and the client's bytes in flight, on one linked axis.
import type { Analysis, ConnectionAnalysis, UploadAnalysis } from '../../../captures/analysis.ts'
import { connectionPart } from '../../../captures/report/prose.ts'
import { count, duration, moment } from '../../../captures/report/quantity.ts'
import { answer, isPatch, matter } from '../../../captures/report/sentences/exchange.ts'
import { h, setText } from '../../upload/dom.ts'
import type { Capture } from '../capture.ts'
import { createPlots } from '../plots.ts'
import { type Actions, lookedAt, type PageState, type Side } from '../state.ts'
import { alternative, type Cell, table } from '../table.ts'
import { wholeSpan } from '../whole-span.ts'
import type { PlotData } from '../worker/protocol.ts'

export function offsetsView(
  section: HTMLElement,
  actions: Actions,
): (state: PageState, width: number) => void {
  const choice = h('select', { 'aria-label': 'Which upload' })
  choice.addEventListener('change', () => actions.go({ upload: choice.value }))
  section.querySelector('.section-head')?.append(choice)
  const words = h('p', { class: 'soft' })
  let side: Side = 'a'
  const plots = createPlots({
    onFrame: (frame) => actions.goToFrame(frame, side),
    onSpan: (span) => actions.go({ span }),
  })
  const tableBox = h('div')
  section.append(words, plots.element, tableBox)
  let shown = ''
  let capture: Capture | null = null
  let turn = 0

  return (state, width) => {
    const next = lookedAt(state)
    const upload = next === null ? null : uploadOf(next.analysis, state.view.upload)
    section.hidden = upload === null
    if (next === null || upload === null) {
      capture = null
      return
    }
    const { span, frame } = state.view
    side = state.view.side
    const isComparison = state.captures.a !== null && state.captures.b !== null
    const range = (isComparison ? null : span) ?? wholeSpan(next.analysis)
    const key = JSON.stringify([upload.url, range, width])
    if (next !== capture) fillChoice(choice, next.analysis)
    choice.value = upload.url
    if (next !== capture || key !== shown) {
      if (next !== capture || !shown.startsWith(JSON.stringify([upload.url]).slice(0, -1)))
        tableBox.replaceChildren(
          alternative('As a table', () => patchTable(next.analysis, upload.url)),
        )
      capture = next
      shown = key
      turn += 1
      const own = turn
      next.plot({ upload: upload.url, ...range, columns: Math.max(100, width - 80) }).then(
        (data) => {
          if (own !== turn) return
          setText(words, wordsOf(data, upload, range))
          plots.draw(data, {
            width,
            range,
            length: range === span ? null : (upload.length ?? upload.offset),
          })
          plots.select(frame)
        },
        () => setText(words, 'The offsets can’t be drawn: the capture was closed.'),
      )
      return
    }
    plots.select(frame)
  }
}

/** The chosen one, else the one with the most PATCHes; `null`: no PATCH was captured. */
export function uploadOf({ uploads }: Analysis, url: string | null): UploadAnalysis | null {
  const carried = uploads.filter(({ patches }) => patches > 0)
  const chosen = carried.find((upload) => upload.url === url)
  return chosen ?? [...carried].sort((a, b) => b.patches - a.patches)[0] ?? null
}

function fillChoice(choice: HTMLSelectElement, { uploads }: Analysis): void {
  const carried = uploads.filter(({ patches }) => patches > 0).slice(0, 500)
  choice.replaceChildren(
    ...carried.map(({ url, filename }) =>
      h('option', { value: url }, filename === null ? url : `${filename} (${url})`),
    ),
  )
  choice.hidden = carried.length < 2
}

function wordsOf(
  data: PlotData,
  upload: UploadAnalysis,
  { from, to }: { from: number; to: number },
): string {
  const flagged = data.flagged.filter((value) => value != null).length
  const lost = flagged === 0 ? 'none sent again' : `${flagged} sent again or out of order`
  return `${count(data.segments, 'segment')} with bytes of ${upload.filename ?? upload.url} in ${duration(to - from)}, ${lost}. Drag over the plot to see a part of the time; click a point for its frame.`
}

function patchTable({ connections }: Analysis, url: string): HTMLElement {
  const rows = connections
    .flatMap((connection) =>
      connection.exchanges
        .filter((exchange) => isPatch(exchange) && exchange.upload?.url === url)
        .map((exchange) => ({ connection, exchange })),
    )
    .sort((a, b) => (a.exchange.start ?? 0) - (b.exchange.start ?? 0))
  return table(
    'PATCHes of the upload',
    [
      { heading: 'conn.', isNumber: true },
      { heading: 'frame', isNumber: true },
      { heading: 'start', isNumber: true },
      { heading: 'offsets' },
      { heading: 'took', isNumber: true },
      { heading: 'answer' },
    ],
    rows.map(rowOf),
  )
}

function rowOf({
  connection,
  exchange,
}: {
  readonly connection: ConnectionAnalysis
  readonly exchange: ConnectionAnalysis['exchanges'][number]
}): Cell[] {
  const { start, end, requestPacket } = exchange
  return [
    [connectionPart(connection.number)],
    requestPacket === null ? '–' : [{ kind: 'frame', number: requestPacket }],
    start === null ? '–' : `${moment(start)}\u00a0s`,
    matter(exchange),
    start === null || end === null ? '–' : duration(end - start),
    answer(exchange),
  ]
}
