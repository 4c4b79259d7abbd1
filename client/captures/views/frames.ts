// Every TCP segment of the capture: a list of which only the rows in sight exist, filtered in the worker.
import { connectionPart } from '../../../captures/report/prose.ts'
import { amount, count, moment, size } from '../../../captures/report/quantity.ts'
import { h, setText } from '../../upload/dom.ts'
import type { Capture } from '../capture.ts'
import { type Actions, lookedAt, type PageState, type View } from '../state.ts'
import { createVirtualList } from '../virtual-list.ts'
import { elements, frameClasses } from '../words.ts'
import type { FrameRow } from '../worker/protocol.ts'

export function framesView(section: HTMLElement, actions: Actions): (state: PageState) => void {
  const filters = filterBar(actions)
  const total = h('p', { class: 'soft', role: 'status' })
  const detail = h('div', { class: 'frame-detail', 'aria-live': 'polite' })
  const list = createVirtualList<FrameRow>({
    label: 'Frames',
    columns: ['frame', 'time, s', 'conn.', 'from', 'flags', 'seq', 'ack', 'length', 'what it is'],
    cells: cellsOf,
    onChoose(row) {
      listed = row.packet
      actions.go({ frame: row.packet }, 'replace')
    },
  })
  section.querySelector('.section-head')?.append(filters.element)
  section.append(total, list.element, detail)

  let capture: Capture | null = null
  let filter = ''
  let frame: number | null = null
  /** Chosen in the list itself, which may have gone on to another row meanwhile. */
  let listed: number | null = null
  let turn = 0

  async function choose(next: Capture, view: View): Promise<void> {
    turn += 1
    const own = turn
    const connection = view.isOnlyConnection ? view.connection : null
    const passing = await next.chooseFrames({ connection, show: view.show, text: view.text })
    if (own !== turn) return
    const { tcpPackets, otherPackets } = next.analysis.file
    const others =
      otherPackets > 0 ? ` ${count(otherPackets, 'packet')} without TCP not listed.` : ''
    setText(
      total,
      passing === tcpPackets
        ? `${count(passing, 'frame')}.${others}`
        : `${amount(passing)} of ${count(tcpPackets, 'frame')}.${others}`,
    )
    list.reset(passing, (first, wanted) => next.frameRows(first, wanted))
    const found = await tell(next, view.frame, own)
    if (own === turn) list.select(found)
  }

  /** Where it is in the list; `null`: nowhere. */
  async function tell(from: Capture, packet: number | null, own: number): Promise<number | null> {
    const found = packet === null ? null : await from.findFrame(packet)
    if (own !== turn) return null
    detail.replaceChildren(
      ...(packet === null ? [] : detailOf(packet, found?.row ?? null, found?.index ?? -1)),
    )
    return found === null || found.index < 0 ? null : found.index
  }

  async function follow(from: Capture, packet: number | null): Promise<void> {
    turn += 1
    const own = turn
    const isListed = packet === listed
    listed = null
    const found = await tell(from, packet, own)
    if (own === turn && !isListed) list.select(found)
  }

  const complain = () => setText(total, 'The frames can’t be listed: the capture was closed.')

  return (state) => {
    const next = lookedAt(state)
    section.hidden = next === null || next.analysis.file.tcpPackets === 0
    filters.update(state)
    if (next === null) {
      capture = null
      return
    }
    const { view } = state
    const wanted = JSON.stringify([view.show, view.text, view.isOnlyConnection && view.connection])
    if (next !== capture || wanted !== filter) {
      capture = next
      filter = wanted
      frame = view.frame
      choose(next, view).catch(complain)
      return
    }
    if (view.frame === frame) {
      listed = null
      return
    }
    frame = view.frame
    follow(next, frame).catch(complain)
  }
}

function cellsOf(row: FrameRow): (Node | string)[] {
  const arrow = row.by === 'client' ? 'client →' : '← server'
  return [
    String(row.packet),
    moment(row.time),
    String(row.connection),
    h('span', { class: `tone-${row.by}` }, arrow),
    row.flags,
    String(row.sequence),
    row.acknowledgement === null ? '' : String(row.acknowledgement),
    row.length === 0 ? '' : String(row.length),
    h(
      'span',
      {},
      ...row.marks.map((mark) => h('span', { class: 'mark' }, mark)),
      row.labels.join(' · '),
    ),
  ]
}

function detailOf(packet: number, row: FrameRow | null, index: number): HTMLElement[] {
  if (row === null) return [h('p', {}, `Frame ${packet} holds no TCP segment that can be read.`)]
  const facts = [
    `${moment(row.time)} s`,
    `sent by the ${row.by}`,
    row.flags,
    `seq ${row.sequence} (raw ${row.rawSequence})`,
    ...(row.acknowledgement === null ? [] : [`ack ${row.acknowledgement}`]),
    `${row.length} B of payload`,
    `window ${size(row.window)}`,
    ...(row.bytesInFlight === null ? [] : [`${size(row.bytesInFlight)} in flight after it`]),
    ...(index < 0 ? ['not among the frames that the filter shows'] : []),
  ]
  return [
    h(
      'p',
      { class: 'facts' },
      h('strong', {}, `Frame ${packet}`),
      h('span', {}, 'connection ', ...elements([connectionPart(row.connection)])),
      ...facts.map((fact) => h('span', {}, fact)),
    ),
    ...row.marks.map((mark) => h('p', { class: 'tone-warning' }, mark)),
    ...row.labels.map((label) => h('p', {}, label)),
  ]
}

function filterBar(actions: Actions) {
  const show = h(
    'select',
    { 'aria-label': 'Which frames' },
    ...frameClasses.map(({ name, label }) => h('option', { value: name }, label)),
  )
  show.addEventListener('change', () => {
    const chosen = frameClasses.find(({ name }) => name === show.value)
    if (chosen) actions.go({ show: chosen.name })
  })
  const only = h('input', { type: 'checkbox' })
  const onlyText = h('span')
  const onlyLabel = h('label', { class: 'check' }, only, onlyText)
  only.addEventListener('change', () => actions.go({ isOnlyConnection: only.checked }))
  const text = h('input', {
    type: 'search',
    placeholder: 'text: 204, initiation, FIN …',
    'aria-label': 'Text in the frames',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  let typing: ReturnType<typeof setTimeout> | undefined
  let shown = ''
  text.addEventListener('input', () => {
    clearTimeout(typing)
    const place = location.href
    typing = setTimeout(() => {
      typing = undefined
      // Who has gone elsewhere meanwhile asked for other frames.
      if (location.href === place) actions.go({ text: text.value }, 'replace')
      else text.value = shown
    }, 250)
  })
  return {
    element: h('div', { class: 'filters' }, onlyLabel, show, text),
    update({ view }: PageState) {
      show.value = view.show
      onlyLabel.hidden = view.connection === null
      only.checked = view.isOnlyConnection
      setText(onlyText, `connection ${view.connection ?? ''} only`)
      shown = view.text
      // Set only where it differs: the caret stays where it is.
      if (typing === undefined && text.value !== shown) text.value = shown
    },
  }
}
