// The connection strip: one lane per TCP connection on a common time axis, PATCHes as blocks, endings as caps.
import { h, keyedList, type Row, setAttribute, setText, svg } from '../dom.ts'
import { endingOf, reuseSentence } from '../sentences.ts'
import {
  idleSeconds,
  ownPatches,
  type SeenConnection,
  type ServerState,
  type Span,
} from '../server-state.ts'
import { bytes, duration, exactly, plural } from '../units.ts'
import { blocksPath } from './blocks.ts'
import { writeFacts } from './transfers.ts'

/** Lanes shown; what is beyond is counted. */
const maxOwn = 6
/** Of those, connections without a PATCH. */
const maxPlain = 2
const maxOthers = 4
/** The axis reaches back at least and at most so far, in ms. */
const shortestAxis = 20_000
const longestAxis = 600_000
/** Width of a lane in drawing units. */
const laneWidth = 1000

interface Lane {
  readonly seen: SeenConnection
  readonly isOwn: boolean
  readonly from: number
  readonly now: number
  /** Up to when anything is known: now, or when the server went away. */
  readonly known: number
  /** See `ServerState`. */
  readonly clockOffset: number
  readonly keepAliveTimeout: number | null
  readonly uploadName: string | null
}

export function wireView(section: HTMLElement, state: ServerState): () => void {
  const sentence = h('p', { class: 'reuse' })
  const list = h('ul', { class: 'lanes' })
  const axis = h('p', { class: 'axis', 'aria-hidden': 'true' }, h('span'), h('span', {}, 'now'))
  const rest = h('p', { class: 'rest' })
  section.append(sentence, list, axis, rest)
  const update = keyedList<Lane>(list, (lane) => String(lane.seen.connection.id), laneRow)
  return () => {
    const now = Date.now()
    const { shown, others } = choose(state)
    const from = axisStart(shown, now, state.clockOffset)
    const { patches, connections } = ownPatches(state)
    setText(sentence, reuseSentence(patches, connections))
    update(
      shown.map((seen) => ({
        seen,
        isOwn: state.own.has(seen.connection.id),
        from,
        now,
        known: state.link === 'down' ? state.downSince : now,
        clockOffset: state.clockOffset,
        keepAliveTimeout: state.config?.keepAliveTimeout ?? null,
        uploadName: namesOf(state, seen),
      })),
    )
    axis.hidden = shown.length === 0
    const first = axis.firstElementChild
    if (first) setText(first, `${duration((now - from) / 1000)} ago`)
    setText(rest, restSentence(others, state.config?.keepAliveTimeout ?? null))
  }
}

/** The file that it carried last, and how many before. */
function namesOf(state: ServerState, { connection, uploads }: SeenConnection): string | null {
  const last = nameOfUpload(state, connection.upload)
  const all = new Set([...uploads].flatMap((id) => nameOfUpload(state, id) ?? []))
  return last && all.size > 1 ? `${last} and ${plural(all.size - 1, 'file')} before` : last
}

/** Of an upload, or of the file of which it is a part. */
export function nameOfUpload(state: ServerState, id: string | null): string | null {
  return (id && (state.uploads.get(id)?.name || state.partNames.get(id))) || null
}

// Own connections first, those that carry uploads before the rest, open before closed, new before old.
function choose(state: ServerState): { shown: SeenConnection[]; others: number } {
  const order = (a: SeenConnection, b: SeenConnection) =>
    Number(b.connection.patches > 0) - Number(a.connection.patches > 0) ||
    Number(a.connection.closed !== null) - Number(b.connection.closed !== null) ||
    Date.parse(b.connection.opened) - Date.parse(a.connection.opened)
  const all = [...state.connections.values()]
  const own = all.filter((seen) => state.own.has(seen.connection.id)).sort(order)
  const others = all
    .filter((seen) => !state.own.has(seen.connection.id) && seen.connection.patches > 0)
    .sort(order)
  const plain = own.filter((seen) => seen.connection.patches === 0).slice(0, maxPlain)
  const carrying = own.filter((seen) => seen.connection.patches > 0)
  const shown = [
    ...carrying.slice(0, maxOwn - plain.length),
    ...plain,
    ...others.slice(0, maxOthers),
  ]
  return { shown, others: all.length - shown.length }
}

function axisStart(shown: readonly SeenConnection[], now: number, clockOffset: number): number {
  const firsts = shown.map(
    ({ spans, connection }) => spans[0]?.from ?? Date.parse(connection.opened) + clockOffset,
  )
  const first = Math.min(now - shortestAxis, ...firsts.filter((at) => at > now - longestAxis))
  return first
}

function restSentence(others: number, keepAliveTimeout: number | null): string {
  const more = others > 0 ? `${plural(others, 'more connection')} not shown. ` : ''
  const rule =
    keepAliveTimeout === null
      ? ''
      : `HTTP keep-alive: the server closes a connection that has been idle for ${duration(keepAliveTimeout)}.`
  return more + rule
}

function laneRow(): Row<Lane> {
  const facts = h('p', { class: 'facts' })
  const idle = svg('line', { class: 'lane-idle', y1: '10', y2: '10' })
  const work = svg('path', { class: 'lane-work' })
  const unseen = svg('path', { class: 'lane-unseen' })
  const drawing = svg(
    'svg',
    {
      class: 'lane',
      viewBox: `0 0 ${laneWidth} 20`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    idle,
    unseen,
    work,
  )
  const start = h('span', { class: 'cap cap-start' })
  const end = h('span', { class: 'cap' })
  const element = h('li', { class: 'lane-row' }, facts, h('div', { class: 'lane-box' }, start, end))
  element.querySelector('.lane-box')?.prepend(drawing)
  return {
    element,
    update(lane) {
      const { connection, spans } = lane.seen
      writeFacts(facts, laneFacts(lane))
      setAttribute(facts, 'title', `opened ${exactly(Date.parse(connection.opened))}`)
      setAttribute(element, 'data-own', lane.isOwn ? '' : null)
      setAttribute(element, 'data-closed', connection.closed ? '' : null)
      const scale = (at: number) =>
        Math.max(0, Math.min(laneWidth, ((at - lane.from) / (lane.now - lane.from)) * laneWidth))
      const life = lifeOf(lane)
      const { opened, closed } = life
      setAttribute(idle, 'x1', scale(opened).toFixed(1))
      setAttribute(idle, 'x2', scale(closed).toFixed(1))
      const isSeen = (span: Span) => !span.isUnseen
      setAttribute(work, 'd', blocks(spans.filter(isSeen), scale, life))
      const isUnseen = (span: Span) => span.isUnseen === true
      setAttribute(unseen, 'd', blocks(spans.filter(isUnseen), scale, life))
      start.style.setProperty('left', `${scale(opened) / 10}%`)
      start.hidden = opened < lane.from
      end.style.setProperty('left', `${scale(closed) / 10}%`)
      end.hidden = !connection.closed || closed < lane.from
      setAttribute(end, 'data-by', connection.ended?.by ?? 'server')
      setAttribute(end, 'data-how', connection.ended?.how ?? 'error')
    },
  }
}

/** When it was opened, and closed or last known of: ms since the epoch on this machine's clock. */
interface Life {
  readonly opened: number
  readonly closed: number
}

function lifeOf(lane: Lane): Life {
  const { opened, closed } = lane.seen.connection
  return {
    opened: Date.parse(opened) + lane.clockOffset,
    closed: closed ? Date.parse(closed) + lane.clockOffset : lane.known,
  }
}

function laneFacts(lane: Lane): string[] {
  const { seen, now, known } = lane
  const { connection } = seen
  const { opened, closed } = lifeOf(lane)
  const ports = `TCP :${connection.client.port} → :${connection.server.port}`
  const ending = endingOf(connection, lane.keepAliveTimeout)
  const isUpload = connection.patches > 0
  const what = isUpload
    ? `PATCH ×${connection.patches.toLocaleString('en')}`
    : plural(connection.requests, 'request')
  const whose = lane.isOwn ? (isUpload ? null : 'page and events') : 'another client or page'
  const idle = idleSeconds(seen, now)
  return [
    ports,
    what,
    ...(isUpload ? [bytes(connection.bytesReceived)] : []),
    ...(whose ? [whose] : []),
    ...(isUpload && lane.uploadName ? [lane.uploadName] : []),
    `open ${duration((closed - opened) / 1000)}`,
    ending ??
      (known < now
        ? `no news for ${duration((now - known) / 1000)}`
        : connection.current
          ? 'busy'
          : `idle ${duration(idle)}`),
  ]
}

const shape = { top: 3, bottom: 17, thinnest: 1.5, wide: 6, gap: 2 }

function blocks(spans: readonly Span[], scale: (at: number) => number, life: Life): string {
  const places = spans.map((span) => {
    // A PATCH that the browser repeated began on the connection before this one.
    const from = scale(Math.max(span.from, life.opened))
    return [from, scale(Math.min(span.to ?? life.closed, life.closed))] as const
  })
  const isThere = ([from, to]: readonly [number, number]) =>
    Math.max(from + shape.thinnest, to) > shape.thinnest
  return blocksPath(places.filter(isThere), shape)
}
