// The upload page's composition: server state, queue, Uppy and the views, wired together on one screen.
import { createAnnouncer } from './announce.ts'
import { type Abilities, createApi, type ServerUpload, uploadIdOf } from './api.ts'
import { createBegunParts } from './begun-parts.ts'
import { createCarrier } from './carrier.ts'
import { byId, setText } from './dom.ts'
import { followServer } from './events.ts'
import { createGate } from './gate.ts'
import { createHttpStack } from './http-stack.ts'
import { createProvedUploads } from './proved.ts'
import { createProving, type Settings } from './proving.ts'
import { createQueue, type Queue } from './queue.ts'
import { leavingSentence, limitsSentence } from './sentences.ts'
import { emptyServerState, seeOwnPatch, uploadsIn } from './server-state.ts'
import { chooseNumber, chooseSwitch, shelf } from './settings.ts'
import { isUnderWay } from './transfer.ts'
import { createUnfinishedPartRows } from './unfinished-parts.ts'
import { bytes } from './units.ts'
import { packetsView } from './views/packets.ts'
import { transfersView } from './views/transfers.ts'
import { finishedView, unfinishedView } from './views/uploads.ts'
import { wireView } from './views/wire.ts'

const state = emptyServerState()
const gate = createGate()
const serverNow = () => Date.now() - state.clockOffset
const announce = createAnnouncer(byId('announcer'))
const hear = {
  onConnection: (id: number) => state.own.set(id, Date.now()),
  onSignedOut: () => {
    state.isSignedOut = true
    draw()
  },
}
const api = createApi(hear)
const settings: { -readonly [Name in keyof Settings]: Settings[Name] } = {
  chunkSize: chooseNumber(byId('chunk-size'), (size) => {
    settings.chunkSize = size
    carrier.setChunkSize(size)
    draw()
  }),
  connections: chooseNumber(byId('connections'), (count) => {
    settings.connections = count
    draw()
  }),
  isProving: chooseSwitch(byId('proving'), (isOn) => {
    settings.isProving = isOn
    draw()
  }),
}
let abilities: Abilities | null = null
const proved = createProvedUploads(shelf())
const begunParts = createBegunParts(shelf())
const partRows = createUnfinishedPartRows(api, begunParts, () => draw())
const proving = createProving({
  api,
  gate,
  proved,
  settings: () => settings,
  abilities: () => abilities,
  onChange: () => draw(),
  onDifferent: (name) => report(`${name} is not the same on the server: see its row.`),
})
const carrier = createCarrier({
  target: byId('dashboard'),
  stack: createHttpStack(gate, {
    ...hear,
    onStall: () => live.reopen(),
    isTold: () => state.link === 'up',
    async receivedBy(path) {
      const { open } = await api.connections()
      // The latest: one that was given up may still be open there.
      const carrier = open.findLast(
        ({ current }) => current?.method === 'PATCH' && current.target === path,
      )
      return carrier?.current?.received ?? null
    },
  }),
  chunkSize: settings.chunkSize,
  onFile: (file, path) => queue.add(file, path),
})
const queue: Queue = createQueue({
  api,
  gate,
  carrier,
  serverNow,
  maxSize: () => state.config?.maxSize ?? null,
  liveUnfinished: () => (state.link === 'up' ? uploadsIn(state, ['unfinished'], 'modified') : null),
  onChange: () => draw(),
  onPatch(connection, from, to) {
    if (connection !== null) seeOwnPatch(state, connection, from, to)
  },
  say: announce,
  report: (sentence) => report(sentence),
  begunParts,
  partCount: proving.partCount,
  prove: proving.prove,
  onParts(ids, name) {
    for (const id of ids) state.partNames.set(id, name)
  },
  async ready() {
    abilities ??= await api.abilities()
  },
  onFinished(finished) {
    const { transfer } = finished
    proving.finish(finished)
    report(`${transfer.name} is finished: ${bytes(transfer.size)} safe on the server.`)
    const id = uploadIdOf(transfer.url)
    if (id) setTimeout(() => seeFinished(id), 1000)
  },
})

// Usually the events have told by now; where they haven't, the list is helped along.
const seeFinished = (id: string) => {
  if (state.uploads.get(id)?.state === 'finished') return
  api.upload(id).then(
    (upload) => upload && take(upload),
    () => {},
  )
}
const take = (upload: ServerUpload) => {
  state.uploads.set(upload.id, upload)
  draw()
}
const removed = (id: string) => {
  state.uploads.delete(id)
  proved.forget(id)
  queue.seeRemoved(id)
  draw()
}
const live = followServer(state, api, {
  onChange: () => draw(),
  onUpload: (upload) => queue.seeUpload(upload),
  onRemoved: (id) => queue.seeRemoved(id),
  onUp() {
    gate.open()
    partRows.refresh()
    void api.abilities().then(
      (told) => {
        abilities = told
        draw()
      },
      () => {},
    )
    if (state.config) carrier.setNote(limitsSentence(state.config))
  },
})

const remove = async (upload: ServerUpload) => {
  if (!(await partRows.remove(upload))) await api.remove(upload.id)
}
const stateOf = (id: string) => state.uploads.get(id)?.state ?? null
const actions = { queue, proved, remove, onRemoved: removed, stateOf, serverNow, report }
const drawTransfers = transfersView(byId('transfers'), queue, state, report)
const drawWire = wireView(byId('wire'), state)
const drawPackets = packetsView(byId('packets'), byId('wire'), state, announce)
const drawUnfinished = unfinishedView(byId('unfinished'), actions)
const drawFinished = finishedView(byId('finished'), actions, async () => {
  const page = await api.uploads('finished', state.finishedCursor)
  for (const upload of page.uploads) state.uploads.set(upload.id, upload)
  state.finishedCursor = page.next
  draw()
})
const linkWords = { starting: 'connecting', up: 'live', down: 'server away, trying again' } as const

function linkSentence(): string {
  if (!navigator.onLine) return 'waiting for the network'
  return state.isSignedOut ? 'signed out' : linkWords[state.link]
}

function drawNow(): void {
  const link = byId('link')
  link.dataset.link = navigator.onLine ? state.link : 'down'
  setText(link, linkSentence())
  byId('signed-out').hidden = !state.isSignedOut
  const here = new Set(queue.transfers().map((transfer) => uploadIdOf(transfer.url)))
  drawTransfers()
  drawWire()
  setText(byId('guard'), proving.sentence())
  byId('connections-setting').hidden = abilities !== null && !abilities.hasParts
  drawUnfinished([
    ...partRows.rows(queue.holds),
    ...uploadsIn(state, ['unfinished', 'damaged'], 'modified').filter(
      (upload) => !here.has(upload.id),
    ),
  ])
  drawFinished(uploadsIn(state, ['finished'], 'modified'), state.finishedCursor !== null)
  drawPackets()
}

// Five times a second is as fast as anybody reads; a hidden page draws nothing.
let isDue = false
function draw(): void {
  if (isDue || document.hidden) return
  isDue = true
  setTimeout(() => {
    isDue = false
    drawNow()
  }, 200)
}
setInterval(draw, 1000)

let reportTimer: ReturnType<typeof setTimeout> | undefined
function report(sentence: string): void {
  const line = byId('report')
  setText(line, sentence)
  line.hidden = false
  clearTimeout(reportTimer)
  reportTimer = setTimeout(() => {
    line.hidden = true
  }, 8000)
  announce(sentence)
}

const wake = () => {
  live.poke()
  gate.open()
  draw()
}
addEventListener('online', wake)
addEventListener('offline', draw)
// Coming back from the sign-in page or from sleep is a good moment to try.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) wake()
})
addEventListener('beforeunload', (event) => {
  const underWay = queue.transfers().filter(isUnderWay)
  if (underWay.length === 0) return
  // Browsers show their own words; ours stand on the page behind them.
  const banner = byId('leaving')
  setText(banner, leavingSentence(underWay, state.config))
  banner.hidden = false
  setTimeout(() => {
    banner.hidden = true
  }, 20_000)
  event.preventDefault()
})
drawNow()
