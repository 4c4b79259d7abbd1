// The thread that captures: runs dumpcap, analyses what it hands on, answers the service. No upload waits for it.
import { parentPort, workerData } from 'node:worker_threads'
import { createChildren } from '../../captures/lab/children.ts'
import { startDumpcap } from '../../captures/lab/dumpcap.ts'
import * as limits from './limits.ts'
import type { FromThread, ThreadData, ToThread } from './messages.ts'
import { createRecorder } from './recorder.ts'
import { createUpdates } from './updates.ts'

const { port } = workerData as ThreadData
const recorder = createRecorder({ limit: limits.keptBytes })
const updates = createUpdates()
const children = createChildren()
const send = (message: FromThread) => parentPort?.postMessage(message)

let isWatched = false
let told = 0
let timer: NodeJS.Timeout | undefined

/** Sees to it that news are told, soon. */
function schedule(): void {
  if (!isWatched || timer !== undefined || recorder.seen === told) return
  timer = setTimeout(tell, limits.updateMs)
}

function tell(): void {
  const begun = performance.now()
  told = recorder.seen
  const recorded = recorder.describe()
  const update = recorded === null || !isWatched ? null : updates.next(recorded)
  if (update !== null) send({ kind: 'update', update })
  const rest = (performance.now() - begun) / limits.updateShare
  timer = setTimeout(
    () => {
      timer = undefined
      schedule()
    },
    Math.max(0, rest - limits.updateMs),
  )
}

let isStopping = false
let onChunk: (() => void) | null = null
const device = process.platform === 'darwin' ? 'lo0' : 'lo'
const starting = startDumpcap(children, {
  device,
  filter: `tcp port ${port}`,
  snapshotLength: limits.snapshotLength,
  buffer: limits.systemBuffer,
  sink(chunk) {
    recorder.push(chunk)
    onChunk?.()
    schedule()
  },
})

async function stop(): Promise<void> {
  isStopping = true
  clearTimeout(timer)
  const dumpcap = await starting.catch(() => null)
  await dumpcap?.stop()
  send({ kind: 'stopped' })
  parentPort?.close()
}

/** dumpcap hands on what is a quarter of a second old; the packets of the question itself are among what it hands on next. */
function nextChunk(): Promise<void> {
  return new Promise((resolve) => {
    const before = onChunk
    const late = setTimeout(resolve, limits.patienceMs)
    onChunk = () => {
      clearTimeout(late)
      onChunk = null
      before?.()
      resolve()
    }
  })
}

async function save(id: number): Promise<void> {
  await nextChunk()
  send({ kind: 'saved', id, pieces: recorder.save() })
}

parentPort?.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'watch':
      isWatched = message.isWatched
      schedule()
      return
    case 'tell-all':
      send({ kind: 'all', id: message.id, update: updates.all(recorder.describe()) })
      return
    case 'save':
      void save(message.id)
      return
    case 'stop':
      void stop()
      return
  }
})

try {
  const dumpcap = await starting
  send({ kind: 'capturing' })
  void dumpcap.exit.then(() => {
    if (!isStopping) send({ kind: 'ended', text: dumpcap.refusal().message })
  })
} catch (error) {
  send({ kind: 'ended', text: error instanceof Error ? error.message : String(error) })
}
