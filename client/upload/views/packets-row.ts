// One connection drawn from its packets: facts, its lane, what the ledger says to it, and its three phases segment by segment.
import type { CapturedConnection } from '../capture.ts'
import { h, type Row, setAttribute, setText } from '../dom.ts'
import type { Pair, Verdict } from '../ledger-join.ts'
import { bytes, exactly, plural } from '../units.ts'
import { axisOf, laneDrawing, placeOn } from './packets-lane.ts'
import { patchTable } from './packets-patches.ts'
import { phase } from './packets-phase.ts'
import { writeFacts } from './transfers.ts'

export interface Shown {
  readonly pair: Pair
  readonly packets: CapturedConnection
  readonly verdict: Verdict
  readonly uploadName: string | null
  /** Its details are open, as those of no other, unless somebody chose otherwise. */
  readonly isFirst: boolean
}

export function connectionRow(first: Shown): Row<Shown> {
  const facts = h('p', { class: 'facts' })
  const drawing = laneDrawing()
  const marks = { syn: h('span', { class: 'mark mark-syn' }), end: h('span', { class: 'mark' }) }
  const lane = h('div', { class: 'packet-box', 'aria-hidden': 'true' }, marks.syn, marks.end)
  lane.prepend(drawing.element)
  const times = { from: h('span'), to: h('span') }
  const axisLine = h('p', { class: 'axis', 'aria-hidden': 'true' }, times.from, times.to)
  const verdict = h('p', { class: 'verdict' })
  const opening = phase('Initiation')
  const middle = phase('Maintenance')
  const closing = phase('Termination')
  const patches = patchTable()
  middle.body.append(patches.element)
  const summary = h('summary', {}, 'Segment by segment')
  const details = h(
    'details',
    { class: 'phases-box' },
    summary,
    h('div', { class: 'phases' }, opening.element, middle.element, closing.element),
  )
  const element = h('li', { class: 'row packets-row' }, facts, lane, axisLine, verdict, details)
  let current = first

  function fill({ packets: { handshake, ending, traffic }, packets }: Shown): void {
    const { number: connection } = packets
    opening.update({
      fact: took(handshake.duration),
      arrows: handshake.arrows,
      sentences: handshake.words,
      remark: handshake.kind === 'unseen' ? 'Not among the packets.' : '',
      connection,
    })
    patches.update(packets)
    middle.update({
      fact: plural(packets.patches, 'PATCH', 'PATCHes'),
      arrows: [],
      sentences: traffic?.words ?? [],
      remark: '',
      connection,
    })
    closing.update({
      fact: ending.short,
      arrows: ending.arrows,
      sentences: ending.words,
      remark: ending.kind === 'open' ? 'Open: no FIN and no RST so far.' : '',
      connection,
    })
  }

  let isChosen = false
  summary.addEventListener('click', () => {
    isChosen = true
  })
  details.addEventListener('toggle', () => {
    if (details.open) fill(current)
  })
  return {
    element,
    update(next) {
      current = next
      const { pair, packets, verdict: found, uploadName } = next
      const axis = axisOf(packets)
      const { handshake, ending } = packets
      writeFacts(facts, factsOf(pair, packets, uploadName))
      if (pair.ledger)
        setAttribute(facts, 'title', `opened ${exactly(Date.parse(pair.ledger.opened))}`)
      drawing.update(packets, axis)
      setText(times.from, seconds(axis.from))
      setText(times.to, seconds(axis.to))
      marks.syn.style.setProperty('left', placeOn(axis, packets.from))
      marks.syn.hidden = handshake.kind === 'unseen'
      marks.end.style.setProperty('left', placeOn(axis, ending.at ?? axis.to))
      setAttribute(marks.end, 'data-kind', ending.kind)
      setAttribute(marks.end, 'data-by', ending.by)
      setAttribute(verdict, 'data-verdict', found.kind)
      setText(verdict, found.sentences.join(' '))
      summary.setAttribute('aria-label', `Segment by segment, ${portsOf(pair)}`)
      if (!isChosen && details.open !== next.isFirst) details.open = next.isFirst
      if (details.open) fill(next)
    },
  }
}

function factsOf(pair: Pair, packets: CapturedConnection, uploadName: string | null): string[] {
  const { handshake, traffic, ending } = packets
  const lost = traffic?.retransmissions ?? 0
  return [
    portsOf(pair),
    handshake.duration === null ? 'handshake not seen' : `handshake ${took(handshake.duration)}`,
    `PATCH ×${packets.patches.toLocaleString('en')}`,
    ...(traffic ? [`${bytes(traffic.bytes.client)} in ${plural(traffic.packets, 'packet')}`] : []),
    ...(lost > 0 ? [plural(lost, 'retransmission')] : []),
    ...(uploadName ? [uploadName] : []),
    ending.short ||
      (traffic?.current == null ? 'open' : `${bytes(traffic.current)} of a PATCH so far`),
  ]
}

/** Since the first packet of the capture. */
const seconds = (time: number) => `${time.toFixed(3)} s`

/** `26 µs`, `40.4 ms`, `2.0 s`. */
function took(seconds: number | null): string {
  if (seconds === null) return ''
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(1)} s`
}

export const portsOf = ({ ledger, packets }: Pair): string => {
  const one = packets ?? ledger
  return one === null ? 'TCP' : `TCP :${one.client.port} → :${one.server.port}`
}
