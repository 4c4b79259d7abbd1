// Sends what was planned over a socket of its own, and tells what came back, and whether the service left it hanging.
import { connect } from 'node:net'
import type { Planned } from './request.ts'

export interface Seen {
  /** The status of every response, interim ones too, in order. */
  readonly statuses: readonly number[]
  /** Whether the service closed the connection. */
  readonly isClosed: boolean
  /** Neither answered nor closed in time. */
  readonly isHanging: boolean
  /** Why the connection could not even be made. */
  readonly refused: string | null
  /** The last Upload-Offset and Location that were told. */
  readonly offset: number | null
  readonly location: string | null
}

/** A request must be answered, or its connection closed, within so long (ms); the service's own deadlines are 2 s. */
const longest = 15_000
/** What a client reads of an answer; a download is longer (bytes). */
const mostKept = 100_000

export function exchange(port: number, { bytes, cuts, end, count }: Planned): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    let text = ''
    let isClosed = false
    let isDone = false
    let refused: string | null = 'not connected'

    const deadline = setTimeout(() => finish(true), longest)
    function finish(isHanging: boolean): void {
      if (isDone) return
      isDone = true
      clearTimeout(deadline)
      if (end === 'reset') socket.resetAndDestroy()
      else socket.destroy()
      resolve({
        statuses: statusesIn(text),
        isClosed,
        isHanging,
        refused,
        offset: numberOf(lastOf(text, /^upload-offset: (\d+)\r$/gim)),
        location: lastOf(text, /^location: (\S+)\r$/gim),
      })
    }
    function look(): void {
      const finals = statusesIn(text).filter((status) => status >= 200 || status === 101)
      if (end === 'read' && finals.length >= count) finish(false)
    }
    socket.on('data', (chunk) => {
      if (text.length < mostKept) text += chunk.toString('latin1')
      look()
    })
    const closed = () => {
      isClosed = true
      finish(false)
    }
    socket.on('end', closed)
    socket.on('close', closed)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (refused !== null) refused = error.code ?? String(error)
      closed()
    })
    socket.once('connect', async () => {
      refused = null
      const all = end === 'cut' ? bytes.subarray(0, bytes.length >> 1) : bytes
      let from = 0
      for (const to of [...cuts, all.length]) {
        if (isDone || socket.destroyed) return
        if (to > from) socket.write(all.subarray(from, to))
        from = Math.max(from, to)
        await new Promise(setImmediate)
      }
      if (end === 'fin') socket.end()
      if (end === 'reset' || end === 'cut') setTimeout(() => finish(false), 5)
    })
  })
}

/** Status lines at the start of a line; no content that the service sends holds one. */
function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})[ \r]/g)].map(([, status]) => Number(status))
}

function lastOf(text: string, pattern: RegExp): string | null {
  return [...text.matchAll(pattern)].at(-1)?.[1] ?? null
}

const numberOf = (text: string | null) => (text === null ? null : Number(text))
