// P1: every connection of the capture as a bar, of two captures on one axis side by side.
import type { Analysis, ConnectionAnalysis } from '../../../captures/analysis.ts'
import { ending } from '../../../captures/report/overview.ts'
import { connectionPart } from '../../../captures/report/prose.ts'
import { amount, duration, size } from '../../../captures/report/quantity.ts'
import { purposeInShort } from '../../../captures/report/sentences/purpose.ts'
import { h, setAttribute } from '../../upload/dom.ts'
import type { Capture } from '../capture.ts'
import { createLanes } from '../lanes.ts'
import { axesOf } from '../linked-axes.ts'
import { linkedTime } from '../linked-time.ts'
import { type Actions, type AxisKind, lookedAt, type PageState, type Side } from '../state.ts'
import { alternative, table } from '../table.ts'
import { zoomButtons } from '../zoom.ts'

const axisKinds: readonly { readonly kind: AxisKind; readonly label: string }[] = [
  { kind: 'syn', label: 'time since the first SYN' },
  { kind: 'clock', label: 'time of day' },
  { kind: 'patch', label: 'PATCH by PATCH' },
]

export function connectionsView(
  section: HTMLElement,
  actions: Actions,
): (state: PageState, width: number) => void {
  const legend = legendOf()
  const zoom = zoomButtons(actions)
  const axis = h(
    'select',
    { 'aria-label': 'Axis of both captures' },
    ...axisKinds.map(({ kind, label }) => h('option', { value: kind }, label)),
  )
  axis.addEventListener('change', () => {
    const chosen = axisKinds.find(({ kind }) => kind === axis.value)
    if (chosen) actions.go({ axis: chosen.kind, span: null })
  })
  section.querySelector('.section-head')?.append(axis, zoom.element)
  const columns: Record<Side, Column> = {
    a: column('a', actions),
    b: column('b', actions),
  }
  const pair = h('div', { class: 'pair' }, columns.a.element, columns.b.element)
  section.append(pair, legend)
  let shown = ''
  let seen: readonly (Capture | null)[] = []
  return (state, width) => {
    const { captures, view } = state
    section.hidden = ![captures.a, captures.b].some((one) => one?.analysis.connections.length)
    const time = linkedTime(state)
    if (section.hidden || time === null) return
    const both = captures.a !== null && captures.b !== null
    axis.hidden = !both
    axis.value = view.axis
    zoom.update(state)
    setAttribute(pair, 'data-both', both ? '' : null)
    const key = JSON.stringify([width, view.connection, view.span, view.axis, view.side])
    const now = [captures.a, captures.b]
    if (key === shown && now.every((one, index) => one === seen[index])) return
    shown = key
    seen = now
    const isSideBySide = both && width >= 900
    const own = isSideBySide ? (width - 20) / 2 : width
    const axes = axesOf(state, time)
    const highest = Math.max(...now.map((one) => one?.analysis.connections.at(-1)?.number ?? 0))
    for (const side of ['a', 'b'] as const) {
      const capture = captures[side]
      columns[side].element.hidden = capture === null
      if (capture === null) continue
      const isCurrent = lookedAt(state) === capture
      columns[side].update(capture, both, {
        side,
        connections: capture.analysis.connections,
        width: own,
        highest,
        chosen: isCurrent ? view.connection : null,
        axis: axes(capture.analysis),
      })
    }
  }
}

type Column = ReturnType<typeof column>

function column(side: Side, actions: Actions) {
  const title = h('h3')
  const lanes = createLanes(`lanes-${side}`, actions)
  const element = h('div', { class: 'column', 'data-side': side }, title, lanes.element)
  let told: Capture | null = null
  return {
    element,
    update(capture: Capture, hasTitle: boolean, view: Parameters<typeof lanes.update>[0]) {
      title.hidden = !hasTitle
      title.replaceChildren(h('strong', { class: 'letter' }, side.toUpperCase()), capture.name)
      lanes.update(view)
      if (told === capture) return
      told = capture
      element.querySelector('details')?.remove()
      element.append(alternative('As a table', () => connectionTable(capture.analysis)))
    },
  }
}

function legendOf(): HTMLElement {
  const key = (name: string, words: string) => h('span', { class: `key key-${name}` }, words)
  return h(
    'p',
    { class: 'legend', 'aria-hidden': 'true' },
    key('handshake', 'handshake'),
    key('patch', 'PATCH: sent'),
    key('wait', 'waiting'),
    key('answer', 'answered'),
    key('other', 'other request'),
    key('idle', 'idle, kept open'),
    key('client', 'FIN of the client'),
    key('server', 'FIN of the server'),
    key('reset', 'reset'),
    key('open', 'still open'),
  )
}

function connectionTable({ connections }: Analysis): HTMLElement {
  return table(
    'Connections',
    [
      { heading: '#', isNumber: true },
      { heading: 'ports' },
      { heading: 'why' },
      { heading: 'start', isNumber: true },
      { heading: 'lasted', isNumber: true },
      { heading: 'requests', isNumber: true },
      { heading: 'PATCHes', isNumber: true },
      { heading: 'payload', isNumber: true },
      { heading: 'ended' },
    ],
    connections.map(rowOf),
  )
}

function rowOf(connection: ConnectionAnalysis) {
  const { number, client, server, purpose, start, end, exchanges, maintenance, payloadBytes } =
    connection
  return [
    [connectionPart(number)],
    `${client.port} → ${server.port}`,
    purposeInShort(purpose),
    `${start.toFixed(6)}\u00a0s`,
    duration(end - start),
    amount(exchanges.length),
    amount(maintenance.patches),
    size(payloadBytes.client + payloadBytes.server),
    ending(connection),
  ]
}
