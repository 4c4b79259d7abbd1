// The packets of the uploads while they go: each connection's handshake, its PATCHes as they grow, its end, and whether the ledger agrees.
import type { CapturedConnection, CaptureState } from '../capture.ts'
import { h, keyedList, type Row, setAttribute, setText } from '../dom.ts'
import {
  createSettling,
  excuseOf,
  joinByPorts,
  keyOf,
  type Pair,
  startOf,
  stateOf,
  type Verdict,
  verdictOn,
} from '../ledger-join.ts'
import type { ServerState } from '../server-state.ts'
import { bytes, exactly, plural } from '../units.ts'
import { ladderList } from './packets-ladder.ts'
import { axisOf, laneDrawing, placeOn, type Span } from './packets-lane.ts'
import { patchTable } from './packets-patches.ts'
import { writeFacts } from './transfers.ts'

/** Connections that are drawn; more are counted. */
const mostShown = 6
/** Ledger and packets come by two ways: a difference counts once neither has had news for so long (ms). */
const settleMs = 2000

interface Shown {
  readonly pair: Pair
  readonly packets: CapturedConnection
  readonly axis: Span
  readonly verdict: Verdict
  readonly uploadName: string | null
  /** Its details are open unless somebody closed them. */
  readonly isFirst: boolean
}

export function packetsView(
  section: HTMLElement,
  state: ServerState,
  announce: (sentence: string) => void,
): () => void {
  const { capture } = state
  const save = h(
    'a',
    { class: 'button', href: '/api/capture.pcapng', download: '' },
    'Save this capture',
  )
  section.querySelector('.section-head')?.append(save)
  const summary = h('p', { class: 'packets-summary' })
  const trouble = h('p', { class: 'packets-trouble' })
  const empty = h(
    'p',
    { class: 'empty' },
    'No upload passed yet. Drop a file and watch its packets here.',
  )
  const list = h('ul', { class: 'rows packets-rows' })
  const rest = h('p', { class: 'rest' })
  const others = h('ul', { class: 'packets-alone' })
  section.append(summary, trouble, empty, list, others, rest)
  const update = keyedList<Shown>(list, ({ pair }) => keyOf(pair), connectionRow)
  const updateAlone = keyedList<{ key: string; text: string }>(
    others,
    ({ key }) => key,
    sentenceRow,
  )
  const isSettled = createSettling(settleMs)
  const announced = new Set<string>()

  function judge(pair: Pair, now: number, ledgerFrom: number): Verdict {
    const excuse = excuseOf(pair, capture, ledgerFrom)
    const verdict = verdictOn(pair, excuse, isSettled(keyOf(pair), stateOf(pair), now))
    const text = `${keyOf(pair)} ${verdict.sentences.join(' ')}`
    if (verdict.kind === 'differ' && !announced.has(text)) {
      announced.add(text)
      announce(`Ledger and packets differ. ${verdict.sentences.join(' ')}`)
    }
    return verdict
  }

  return () => {
    const { about } = capture
    section.hidden = about === null
    if (about === null) return
    const now = Date.now()
    const ledger = [...state.connections.values()]
      .map(({ connection }) => connection)
      .filter(({ id }) => id > 0)
    const pairs = joinByPorts(ledger, [...capture.connections.values()], startOf(capture.totals))
    const ledgerFrom = Math.min(...ledger.map(({ opened }) => Date.parse(opened)))
    const carrying = pairs.filter(isUpload).sort(latestFirst(state))
    const drawn = carrying.flatMap((pair) =>
      pair.packets === null ? [] : [{ pair, packets: pair.packets }],
    )
    const shown = drawn.slice(0, mostShown)
    const axis = shown.length > 0 ? axisOf(shown.map(({ packets }) => packets)) : { from: 0, to: 1 }
    update(
      shown.map(({ pair, packets }, index) => ({
        pair,
        packets,
        axis,
        verdict: judge(pair, now, ledgerFrom),
        uploadName: nameOf(state, pair),
        isFirst: index === 0,
      })),
    )
    updateAlone(
      pairs
        .filter((pair) => !shown.some((one) => one.pair === pair))
        .map((pair) => ({ pair, verdict: judge(pair, now, ledgerFrom) }))
        .filter(({ pair, verdict }) => verdict.kind === 'differ' && isWorthTelling(pair))
        .map(({ pair, verdict }) => ({
          key: keyOf(pair),
          text: `${portsOf(pair)}: ${verdict.sentences.join(' ')}`,
        })),
    )
    empty.hidden = shown.length > 0
    setText(summary, summaryOf(capture))
    setText(trouble, troubleOf(capture))
    trouble.hidden = trouble.textContent === ''
    setText(rest, restOf(drawn.length - shown.length, pairs))
    setAttribute(save, 'aria-disabled', capture.totals?.start ? null : 'true')
  }
}

const isUpload = ({ ledger, packets }: Pair) =>
  (ledger?.patches ?? 0) > 0 || (packets?.patches ?? 0) > 0

/** Of connections without a PATCH only the latest are told by the packets: that one is missing says nothing. */
const isWorthTelling = (pair: Pair) =>
  isUpload(pair) || (pair.ledger !== null && pair.packets !== null)

function latestFirst(state: ServerState) {
  const isOwn = ({ ledger }: Pair) => ledger !== null && state.own.has(ledger.id)
  const begun = ({ packets }: Pair) => packets?.from ?? 0
  return (a: Pair, b: Pair) => Number(isOwn(b)) - Number(isOwn(a)) || begun(b) - begun(a)
}

function nameOf(state: ServerState, { ledger }: Pair): string | null {
  return (ledger?.upload && state.uploads.get(ledger.upload)?.name) || null
}

function summaryOf({ about, totals }: CaptureState): string {
  if (about === null) return ''
  const where = `TCP port ${about.port} on this machine`
  if (totals?.start == null) return `Captured: ${where}. No packet yet.`
  return `${plural(totals.packets, 'packet')} of ${where}, since ${timeOf(totals.start)}. Heads are kept as they were sent, of the files no byte.`
}

function troubleOf({ about, totals }: CaptureState): string {
  const ended = about?.ended ? [`The capture has ended: ${about.ended}.`] : []
  return [...ended, ...leftOut(about?.limit ?? 0, totals?.leftOut ?? null)].join(' ')
}

function leftOut(limit: number, out: NonNullable<CaptureState['totals']>['leftOut'] | null) {
  if (out === null || out.thinnedUntil === null) return []
  const thinned = `To stay within ${bytes(limit)}, ${plural(out.thinned, 'packet')} up to ${timeOf(out.thinnedUntil)} were left out; of those connections handshakes, request heads, answers and ends are still here, losses and times in between are not.`
  return out.forgottenUntil === null
    ? [thinned]
    : [thinned, `Nothing is left of what came before ${timeOf(out.forgottenUntil)}.`]
}

const timeOf = (moment: number) => new Date(moment).toLocaleTimeString()

function restOf(hidden: number, pairs: readonly Pair[]): string {
  const plainOnes = pairs.filter((pair) => !isUpload(pair) && pair.packets !== null).length
  const more = [
    ...(hidden > 0 ? [`${plural(hidden, 'more connection')} with uploads`] : []),
    ...(plainOnes > 0 ? [`${plural(plainOnes, 'connection')} of pages and events`] : []),
  ]
  return more.length === 0 ? '' : `Not drawn: ${more.join(', ')}. All are in the saved capture.`
}

const portsOf = ({ ledger, packets }: Pair): string => {
  const one = packets ?? ledger
  return one === null ? 'TCP' : `TCP :${one.client.port} → :${one.server.port}`
}

function sentenceRow(first: { key: string; text: string }): Row<{ key: string; text: string }> {
  const element = h('li', { class: 'verdict', 'data-verdict': 'differ', 'data-key': first.key })
  return { element, update: ({ text }) => setText(element, text) }
}

function connectionRow(first: Shown): Row<Shown> {
  const facts = h('p', { class: 'facts' })
  const drawing = laneDrawing()
  const marks = { syn: h('span', { class: 'mark mark-syn' }), end: h('span', { class: 'mark' }) }
  const lane = h('div', { class: 'packet-box', 'aria-hidden': 'true' }, marks.syn, marks.end)
  lane.prepend(drawing.element)
  const verdict = h('p', { class: 'verdict' })
  const opening = phase('Initiation')
  const middle = phase('Maintenance')
  const closing = phase('Termination')
  const patches = patchTable()
  middle.body.append(patches.element)
  const summary = h('summary', {}, 'Segment by segment')
  const details = h(
    'details',
    { class: 'phases-box', open: first.isFirst },
    summary,
    h('div', { class: 'phases' }, opening.element, middle.element, closing.element),
  )
  const element = h('li', { class: 'row packets-row' }, facts, lane, verdict, details)
  return {
    element,
    update({ pair, packets, axis, verdict: found, uploadName }) {
      const { handshake, ending, traffic } = packets
      writeFacts(facts, factsOf(pair, packets, uploadName))
      if (pair.ledger)
        setAttribute(facts, 'title', `opened ${exactly(Date.parse(pair.ledger.opened))}`)
      drawing.update(packets, axis)
      marks.syn.style.setProperty('left', placeOn(axis, packets.from))
      marks.syn.hidden = handshake.kind === 'unseen'
      marks.end.style.setProperty('left', placeOn(axis, ending.at ?? axis.to))
      setAttribute(marks.end, 'data-kind', ending.kind)
      setAttribute(marks.end, 'data-by', ending.by)
      setAttribute(verdict, 'data-verdict', found.kind)
      setText(verdict, found.sentences.join(' '))
      summary.setAttribute('aria-label', `Segment by segment, ${portsOf(pair)}`)
      if (!details.open) return
      opening.update(
        took(handshake.duration),
        handshake.arrows,
        handshake.words,
        handshake.kind === 'unseen' ? 'Not among the packets.' : '',
      )
      patches.update(packets)
      middle.update(plural(packets.patches, 'PATCH', 'PATCHes'), [], traffic?.words ?? [], '')
      closing.update(
        ending.short,
        ending.arrows,
        ending.words,
        ending.kind === 'open' ? 'Open: no FIN and no RST so far.' : '',
      )
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

/** `26 µs`, `40.4 ms`, `2.0 s`. */
function took(seconds: number | null): string {
  if (seconds === null) return ''
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(1)} s`
}

/** One of the three: title and figure, ladder, words. */
function phase(name: string) {
  const title = h('h4', {}, name)
  const figure = h('span', { class: 'phase-figure' })
  title.append(figure)
  const ladder = ladderList()
  const note = h('p', { class: 'phase-note' })
  const body = h('div')
  const words = h('ul', { class: 'phase-words' })
  const inWords = h('details', { class: 'words-box' }, h('summary', {}, 'in words'), words)
  const element = h('div', { class: 'phase' }, title, ladder.element, note, body, inWords)
  let told = ''
  return {
    element,
    body,
    update(
      fact: string,
      arrows: readonly CapturedConnection['handshake']['arrows'][number][],
      sentences: readonly string[],
      remark: string,
    ) {
      setText(figure, fact === '' ? '' : ` · ${fact}`)
      ladder.update(arrows)
      ladder.element.hidden = arrows.length === 0
      setText(note, remark)
      note.hidden = remark === ''
      inWords.hidden = sentences.length === 0
      const text = sentences.join('\n')
      if (text === told) return
      told = text
      words.replaceChildren(...sentences.map((one) => h('li', {}, one)))
    },
  }
}
