// P3 and P4: the offset of an upload over time across its connections, and the client's bytes in flight, on one linked axis.
import type { Analysis, ConnectionAnalysis, UploadAnalysis } from '../../../captures/analysis.ts'
import type { Span } from '../../../captures/report/pictures/axis.ts'
import { connectionPart } from '../../../captures/report/prose.ts'
import { count, duration, moment } from '../../../captures/report/quantity.ts'
import { answer, matter } from '../../../captures/report/sentences/exchange.ts'
import { isPatch } from '../../../captures/rules/patch.ts'
import { h, setAttribute, setText } from '../../upload/dom.ts'
import type { Capture } from '../capture.ts'
import { type LinkedTime, linkedTime, ownSpan } from '../linked-time.ts'
import { plotBytes } from '../plot-bytes.ts'
import { createPlots } from '../plots.ts'
import {
  type Actions,
  isComparing,
  lookedAt,
  type PageState,
  type Side,
  type View,
} from '../state.ts'
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
  let looked: View['span'] = null
  // Both plots of both captures follow one pointer: each of them tells of the span.
  const onSpan = (span: Span) => {
    if (looked !== null && isSame(looked, span)) return
    looked = span
    actions.go({ span })
  }
  const columns: Record<Side, Column> = {
    a: createColumn('a', actions, onSpan),
    b: createColumn('b', actions, onSpan),
  }
  const pair = h('div', { class: 'pair' }, columns.a.element, columns.b.element)
  section.append(pair)
  let shown = ''
  let seen: readonly (Capture | null)[] = []
  let chosenOf: Capture | null = null
  let turn = 0

  return (state, width) => {
    const { view } = state
    const time = linkedTime(state)
    const drawn = uploadsOf(state)
    section.hidden = drawn.length === 0
    if (time === null || drawn.length === 0) {
      seen = []
      return
    }
    looked = view.span
    const both = isComparing(state)
    setAttribute(pair, 'data-both', drawn.length > 1 ? '' : null)
    for (const side of sides) columns[side].element.hidden = !drawn.some((one) => one.side === side)
    const current = lookedAt(state)
    const own = drawn.find(({ capture }) => capture === current) ?? drawn[0]
    if (own !== undefined) {
      if (chosenOf !== own.capture) fillChoice(choice, own.capture.analysis)
      chosenOf = own.capture
      choice.value = own.upload.url
    }
    const frameOf = ({ side }: Drawn) => (side === view.side ? view.frame : null)
    const now = drawn.map(({ capture }) => capture)
    const urls = drawn.map(({ side, upload }) => [side, upload.url])
    const key = JSON.stringify([urls, time.shown, view.axis, width, both])
    if (key === shown && now.length === seen.length && now.every((one, n) => one === seen[n])) {
      for (const one of drawn) columns[one.side].select(frameOf(one))
      return
    }
    shown = key
    seen = now
    turn += 1
    const mine = turn
    const columnWidth = drawn.length > 1 && width >= 900 ? Math.floor((width - 20) / 2) : width
    const length = time.isPart
      ? null
      : Math.max(...drawn.map(({ upload }) => upload.length ?? upload.offset))
    for (const one of drawn) columns[one.side].name(one, both)
    Promise.all(drawn.map((one) => pointsOf(one, time, columnWidth))).then(
      (plots) => {
        if (mine !== turn) return
        const bytes = plotBytes(plots, length)
        drawn.forEach((one, n) => {
          const data = plots[n]
          if (data === undefined) return
          const frame = { width: columnWidth, range: time.shown, bytes }
          columns[one.side].draw(one, data, frame, shownOf(time, one.capture.analysis))
          columns[one.side].select(frameOf(one))
        })
      },
      () => {
        if (mine !== turn) return
        for (const { side } of drawn) columns[side].fail()
      },
    )
  }
}

const sides = ['a', 'b'] as const

/** To what a pixel can tell. */
const isSame = (one: Span, other: Span) =>
  Math.abs(one.from - other.from) + Math.abs(one.to - other.to) < (one.to - one.from) / 1e4

/** A capture and the upload of it that is drawn. */
interface Drawn {
  readonly side: Side
  readonly capture: Capture
  readonly upload: UploadAnalysis
}

function uploadsOf({ captures, view }: PageState): Drawn[] {
  return sides.flatMap((side) => {
    const capture = captures[side]
    const upload = capture === null ? null : uploadOf(capture.analysis, view.upload)
    return capture === null || upload === null ? [] : [{ side, capture, upload }]
  })
}

/** The points of the time that is shown, told in the time that the captures share. */
async function pointsOf(
  { capture, upload }: Drawn,
  time: LinkedTime,
  width: number,
): Promise<PlotData> {
  const { analysis } = capture
  const span = ownSpan(time, analysis)
  const data = await capture.plot({
    upload: upload.url,
    ...span,
    columns: Math.max(100, width - 80),
  })
  const zero = time.zeroOf(analysis)
  return zero === 0 ? data : { ...data, times: data.times.map((one) => one - zero) }
}

type Column = ReturnType<typeof createColumn>

function createColumn(side: Side, actions: Actions, onSpan: (span: Span) => void) {
  const title = h('h3')
  const words = h('p', { class: 'soft' })
  const plots = createPlots(side.toUpperCase(), {
    onFrame: (frame) => actions.goToFrame(frame, side),
    onSpan,
  })
  const tableBox = h('div')
  const element = h(
    'div',
    { class: 'column', 'data-side': side },
    title,
    words,
    plots.element,
    tableBox,
  )
  let told: readonly [Capture, string] | null = null
  return {
    element,
    name({ capture, upload }: Drawn, hasTitle: boolean) {
      title.hidden = !hasTitle
      title.replaceChildren(h('strong', { class: 'letter' }, side.toUpperCase()), capture.name)
      if (told?.[0] === capture && told[1] === upload.url) return
      told = [capture, upload.url]
      tableBox.replaceChildren(
        alternative('As a table', () => patchTable(capture.analysis, upload.url)),
      )
    },
    draw(
      { upload }: Drawn,
      data: PlotData,
      frame: Parameters<typeof plots.draw>[1],
      seconds: number,
    ) {
      setText(words, wordsOf(data, upload, seconds))
      plots.draw(data, frame)
    },
    select: plots.select,
    fail() {
      setText(words, 'The offsets can’t be drawn: the capture was closed.')
    },
  }
}

/** The chosen one, else the one with the most PATCHes; `null`: none brought bytes of its own. */
export function uploadOf({ uploads }: Analysis, url: string | null): UploadAnalysis | null {
  const carried = uploads.filter(carriesBytes)
  const chosen = carried.find((upload) => upload.url === url)
  return chosen ?? [...carried].sort((a, b) => b.patches - a.patches)[0] ?? null
}

/** A creation may bring the whole file; what is joined of parts brings nothing. */
const carriesBytes = ({ patches, offset, concatenation }: UploadAnalysis): boolean =>
  concatenation?.kind !== 'final' && (patches > 0 || offset > 0)

function fillChoice(choice: HTMLSelectElement, { uploads }: Analysis): void {
  const carried = uploads.filter(carriesBytes).slice(0, 500)
  choice.replaceChildren(
    ...carried.map(({ url, filename }) =>
      h('option', { value: url }, filename === null ? url : `${filename} (${url})`),
    ),
  )
  choice.hidden = carried.length < 2
}

/** Of the time that is shown, what the capture has any of, seconds: beside a longer one it ends before the axis does. */
function shownOf(time: LinkedTime, analysis: Analysis): number {
  const [shown, whole] = [ownSpan(time, analysis), wholeSpan(analysis)]
  return Math.max(0, Math.min(shown.to, whole.to) - Math.max(shown.from, whole.from))
}

function wordsOf(data: PlotData, upload: UploadAnalysis, seconds: number): string {
  const flagged = data.flagged.filter((value) => value != null).length
  const lost = flagged === 0 ? 'none sent again' : `${flagged} sent again or out of order`
  return `${count(data.segments, 'segment')} with bytes of ${upload.filename ?? upload.url} in ${duration(seconds)}, ${lost}. Drag over the plot to see a part of the time; click a point for its frame.`
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
