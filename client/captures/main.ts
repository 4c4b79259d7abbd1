// The captures page's composition: captures, the place in them, and the views, wired together on one screen.
import { createAnnouncer } from '../upload/announce.ts'
import { byId } from '../upload/dom.ts'
import { prepare } from './capture.ts'
import { createDesk } from './desk.ts'
import { isComparing, lookedAt, type PageState } from './state.ts'
import { comparisonView } from './views/comparison.ts'
import { connectionView } from './views/connection.ts'
import { connectionsView } from './views/connections.ts'
import { framesView } from './views/frames.ts'
import { offsetsView } from './views/offsets.ts'
import { acceptDrops, openingView } from './views/opening.ts'
import { summaryView } from './views/summary.ts'

const announce = createAnnouncer(byId('announcer'))
const desk = createDesk(announce, draw)
const { actions } = desk
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
  const state = desk.state()
  const width = innerWidth()
  arrange(state)
  drawOpening(state)
  drawSummary(state)
  drawComparison(state, width)
  drawConnections(state, width)
  const name = lookedAt(state)?.name
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
  const own = mark.closest('[data-side]')?.getAttribute('data-side') ?? desk.state().view.side
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

addEventListener('popstate', desk.follow)
new ResizeObserver(draw).observe(document.body)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
acceptDrops((files) => actions.open(files))
prepare()
desk.follow()
