// The packets of the uploads while they go: each connection's handshake, its PATCHes as they grow, its end, and whether the ledger agrees.
import type { CaptureState } from '../capture.ts'
import { h, keyedList, type Row, setAttribute, setText } from '../dom.ts'
import {
  createSettling,
  excuseOf,
  joinByPorts,
  keyOf,
  type Pair,
  rememberedFrom,
  startOf,
  stateOf,
  type Verdict,
  verdictOn,
} from '../ledger-join.ts'
import { maxClosed, type ServerState } from '../server-state.ts'
import { bytes, plural } from '../units.ts'
import { captureLink } from './packets-links.ts'
import { connectionRow, portsOf, type Shown } from './packets-row.ts'
import { nameOfUpload } from './wire.ts'

/** Connections that are drawn; more are counted. */
const mostShown = 6
/** Ledger and packets come by two ways: a difference counts once neither has had news for so long (ms). */
const settleMs = 2000

export function packetsView(
  section: HTMLElement,
  wire: HTMLElement,
  state: ServerState,
  announce: (sentence: string) => void,
): () => void {
  const { capture } = state
  const save = h(
    'a',
    { class: 'button', href: '/api/capture.pcapng', download: '' },
    'Save this capture',
  )
  const explain = captureLink('Explain it')
  explain.classList.add('button')
  section.querySelector('.section-head')?.append(explain, save)
  const hint = h(
    'p',
    { class: 'packets-hint', hidden: true },
    'To see the packets of these connections here, start the service with ',
    h('code', {}, 'longhaul serve --capture'),
    '.',
  )
  wire.append(hint)
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
    hint.hidden = about !== null || state.config === null || !isThisMachine(location.hostname)
    if (about === null) return
    const now = Date.now()
    const ledger = [...state.connections.values()]
      .map(({ connection }) => connection)
      .filter(({ id }) => id > 0)
    const pairs = joinByPorts(ledger, [...capture.connections.values()], startOf(capture.totals))
    const ledgerFrom = rememberedFrom(ledger, maxClosed)
    const carrying = pairs.filter(isUpload).sort(latestFirst(state))
    const drawn = carrying.flatMap((pair) =>
      pair.packets === null ? [] : [{ pair, packets: pair.packets }],
    )
    const shown = drawn.slice(0, mostShown)
    update(
      shown.map(({ pair, packets }, index) => ({
        pair,
        packets,
        verdict: judge(pair, now, ledgerFrom),
        uploadName: nameOfUpload(state, pair.ledger?.upload ?? null),
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

/** Elsewhere the option is refused. */
const isThisMachine = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

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

function summaryOf({ about, totals }: CaptureState): string {
  if (about === null) return ''
  const where = `TCP port ${about.port} on this machine`
  if (totals?.start == null) return `Captured: ${where}. No packet yet.`
  return `${plural(totals.packets, 'packet')} of ${where}, since ${timeOf(totals.start)}. HTTP heads are kept as they were sent, tokens and cookies with them; of the files no byte.`
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

function sentenceRow(first: { key: string; text: string }): Row<{ key: string; text: string }> {
  const element = h('li', { class: 'verdict', 'data-verdict': 'differ', 'data-key': first.key })
  return { element, update: ({ text }) => setText(element, text) }
}
