// The captures page's composition: captures, the place in them, and the views, wired together on one screen.
import type { ConnectionAnalysis } from '../../captures/analysis.ts'
import { createAnnouncer } from '../upload/announce.ts'
import { byId } from '../upload/dom.ts'
import { type Capture, openCapture, prepare } from './capture.ts'
import { hashOfView, viewOfHash } from './permalink.ts'
import { type Recording, recordingNamed } from './recordings.ts'
import {
  type Actions,
  firstView,
  isComparing,
  type PageState,
  type Side,
  type View,
} from './state.ts'
import { comparisonView } from './views/comparison.ts'
import { connectionView } from './views/connection.ts'
import { connectionsView } from './views/connections.ts'
import { framesView } from './views/frames.ts'
import { offsetsView } from './views/offsets.ts'
import { acceptDrops, openingView } from './views/opening.ts'
import { summaryView } from './views/summary.ts'

const announce = createAnnouncer(byId('announcer'))
const captures: Record<Side, Capture | null> = { a: null, b: null }
let reading: PageState['reading'] = null
let failure: string | null = null
let view: View = viewOfHash(location.hash)
let stopReading = new AbortController()

const actions: Actions = {
  go(change, how = 'push') {
    view = { ...view, ...change }
    if (how === 'push') history.pushState(null, '', hashOfView(view) || location.pathname)
    else history.replaceState(null, '', hashOfView(view) || location.pathname)
    draw()
  },
  goToFrame(frame, side) {
    const found = captures[side]?.findFrame(frame) ?? Promise.resolve(null)
    found.then(
      (one) => actions.go({ side, frame, connection: one?.row.connection ?? view.connection }),
      () => actions.go({ side, frame }),
    )
  },
  look(side) {
    actions.go({ side, connection: null, frame: null, span: null })
  },
  open(files, side = freeSide()) {
    openAll(files, side)
  },
  openRecordings(chosen, side = freeSide()) {
    openAll(chosen, side)
  },
  close(side) {
    captures[side]?.close()
    captures[side] = null
    if (side === 'a') {
      captures.a = captures.b
      captures.b = null
    }
    actions.go({ ...firstView, file: captures.a?.name ?? null })
  },
  say: announce,
  fail(sentence) {
    failure = sentence
    draw()
  },
}

/** A third capture takes the place of the one looked at. */
function freeSide(): Side {
  if (captures.a === null) return 'a'
  return captures.b === null ? 'a' : view.side
}

async function openAll(files: readonly (File | Recording)[], side: Side): Promise<void> {
  stopReading.abort()
  stopReading = new AbortController()
  const { signal } = stopReading
  failure = null
  const [first, second] = files
  if (first) await openOne(first, files.length > 1 ? 'a' : side, signal)
  if (second) await openOne(second, 'b', signal)
}

async function openOne(file: File | Recording, side: Side, signal: AbortSignal): Promise<void> {
  const progress = (share: number) => {
    if (signal.aborted) return
    reading = { name: file.name, side, share }
    draw()
  }
  progress(0)
  try {
    const content = file instanceof File ? file : await file.open()
    const capture = await openCapture(content, progress, signal)
    if (signal.aborted) {
      capture.close()
      return
    }
    captures[side]?.close()
    captures[side] = capture
    reading = null
    enter(capture, side)
  } catch (error) {
    if (signal.aborted) return
    reading = null
    failure = `${file.name}: ${error instanceof Error ? error.message : String(error)}`
    draw()
  }
}

/** Where a link led before, if it was into this file; else to the connection that carried most. */
function enter(capture: Capture, side: Side): void {
  announce(`${capture.name} has been read.`)
  if (side === 'b') {
    const isLinked = view.other === capture.name
    const change = isLinked ? {} : { side: 'a' as const, span: null }
    actions.go({ other: capture.name, ...change }, 'replace')
    return
  }
  const isLinked = view.file === capture.name
  const other = captures.b?.name ?? (isLinked ? view.other : null)
  const place = isLinked ? view : { ...firstView, axis: view.axis }
  const { connections } = capture.analysis
  const isThere = connections.some(({ number }) => number === place.connection)
  const connection = isThere ? place.connection : busiest(capture)
  actions.go({ ...place, file: capture.name, other, connection }, 'replace')
}

/** The first of those with the most PATCHes; where there is none, the one with the most packets. */
function busiest({ analysis }: Capture): number | null {
  const weight = ({ maintenance, packets }: ConnectionAnalysis) =>
    maintenance.patches || packets / 1e12
  return (
    analysis.connections.reduce<ConnectionAnalysis | null>(
      (most, one) => (most === null || weight(one) > weight(most) ? one : most),
      null,
    )?.number ?? null
  )
}

/** A link into recordings of this page opens them. */
function openLinked(): void {
  const wanted = [view.file, view.other].flatMap((name) => recordingNamed(name) ?? [])
  if (wanted.length > 0 && wanted[0]?.name === view.file) actions.openRecordings(wanted)
}

const drawOpening = openingView(byId('opening'), actions)
const drawSummary = summaryView(byId('summary'))
const drawComparison = comparisonView(byId('comparison'))
const drawConnections = connectionsView(byId('connections'), actions)
const drawConnection = connectionView(byId('connection'), actions)
const drawOffsets = offsetsView(byId('offsets'), actions)
const drawFrames = framesView(byId('frames'), actions)

/** Inside a section's padding and border. */
function innerWidth(): number {
  const section = byId('opening')
  const { paddingLeft, paddingRight } = getComputedStyle(section)
  return Math.max(
    220,
    Math.floor(
      section.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight),
    ),
  )
}

/** Of two captures the comparison and both pictures stand before what one of them shows alone. */
function arrange(state: PageState): void {
  const before = byId(isComparing(state) ? 'connection' : 'connections')
  if (byId('summary').nextElementSibling !== before) before.before(byId('summary'))
}

/** The first picture comes first; what lies below the fold follows when that is on the screen. */
function drawNow(): void {
  const state: PageState = { captures: { ...captures }, reading, failure, view }
  const width = innerWidth()
  arrange(state)
  drawOpening(state)
  drawSummary(state)
  drawComparison(state, width)
  drawConnections(state, width)
  const name = captures[view.side]?.name ?? captures.a?.name
  document.title = name === undefined ? 'Captures · Longhaul' : `${name} · Captures · Longhaul`
  clearTimeout(restDue)
  restDue = setTimeout(() => {
    drawConnection(state, width)
    drawOffsets(state, width)
    drawFrames(state)
  })
}

let restDue: ReturnType<typeof setTimeout> | undefined
let isDue = false
function draw(): void {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    drawNow()
  })
}

// Every frame and connection number of the page leads to its place, in words and pictures alike.
document.addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return
  const mark = event.target.closest('[data-frame], [data-connection]')
  if (mark === null) return
  event.preventDefault()
  const own = mark.closest('[data-side]')?.getAttribute('data-side') ?? view.side
  const side = own === 'b' ? 'b' : 'a'
  const frame = mark.getAttribute('data-frame')
  const connection = mark.getAttribute('data-connection')
  if (frame !== null) {
    actions.goToFrame(Number(frame), side)
    announce(`Frame ${frame} is selected in the list of frames.`)
  } else if (connection !== null) {
    actions.go({ side, connection: Number(connection) })
    announce(`Connection ${connection} is shown.`)
  }
})

addEventListener('popstate', () => {
  view = viewOfHash(location.hash)
  if (captures.a === null) openLinked()
  draw()
})
new ResizeObserver(draw).observe(document.body)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
acceptDrops((files) => actions.open(files))
prepare()
openLinked()
draw()
