// The emulated link as a process: takes frames from each side over UDP, and hands them to the other when the link says.
// `node relay-process.js PLAN`; told over IPC to cut and to mend the line, it answers with what it has counted.
import dgram from 'node:dgram'
import { createWay, frameBuffer, type Link, type Way } from './link.ts'

export interface RelayPlan {
  readonly link: Link
  /** UDP ports of 127.0.0.1: where the relay listens, and where the socat of that side does. */
  readonly client: { readonly here: number; readonly there: number }
  readonly server: { readonly here: number; readonly there: number }
}

export type RelayOrder = 'cut' | 'mend' | 'count'

export interface RelayCount {
  readonly passed: number
  readonly lost: number
  /** While the line was cut. */
  readonly swallowed: number
}

/** A frame that is due within this (ms) goes at once: Node's timers know whole milliseconds only. */
const grain = 0.3

const host = '127.0.0.1'
const plan: RelayPlan = JSON.parse(process.argv[2] ?? '')
const count = { passed: 0, lost: 0, swallowed: 0 }
let isCut = false

const socket = () => dgram.createSocket({ type: 'udp4', recvBufferSize: frameBuffer })
const client = socket()
const server = socket()
connect(client, server, plan.server.there, createWay(plan.link))
connect(server, client, plan.client.there, createWay({ ...plan.link, loss: null }))
client.bind(plan.client.here, host, () =>
  server.bind(plan.server.here, host, () => process.send?.({ ready: true })),
)
process.on('message', (order: RelayOrder) => {
  if (order !== 'count') isCut = order === 'cut'
  process.send?.(count)
})
process.on('disconnect', () => process.exit())

function connect(from: dgram.Socket, to: dgram.Socket, port: number, way: Way): void {
  const queue: { readonly frame: Buffer; readonly due: number }[] = []
  let isWaiting = false
  const release = () => {
    isWaiting = false
    const now = performance.now()
    let sent = 0
    for (const { frame, due } of queue) {
      if (due > now + grain) break
      sent += 1
      if (isCut) count.swallowed += 1
      else {
        count.passed += 1
        to.send(frame, port, host)
      }
    }
    queue.splice(0, sent)
    wait(now)
  }
  const wait = (now: number) => {
    const [next] = queue
    if (next === undefined || isWaiting) return
    isWaiting = true
    setTimeout(release, Math.max(0, Math.floor(next.due - now)))
  }
  from.on('message', (frame) => {
    if (isCut) {
      count.swallowed += 1
      return
    }
    const now = performance.now()
    const due = way.accept(frame, now)
    if (due === null) count.lost += 1
    else queue.push({ frame, due })
    wait(now)
  })
}
