// A raw TCP client for HTTP/1.1: sends exactly the bytes it is given, shows each response and how the connection ended.
import { connect as connectTcp, type Socket } from 'node:net'
import {
  type ByteSource,
  readFinal,
  readHead,
  readResponse,
  WireError,
  type WireResponse,
} from './http-reader.ts'

export { WireError, type WireResponse } from './http-reader.ts'

export interface Address {
  readonly port: number
  readonly host?: string
}

/** How the other side ended its direction; `null` while it has not. */
export type Ending = 'fin' | 'reset' | null

export interface WireOptions {
  /** Longest wait of each read, milliseconds. Default 10 000. */
  readonly timeout?: number
  /** Reads nothing before `resume()`: a client that writes everything before it looks at the answer. */
  readonly paused?: boolean
}

export interface Wire {
  readonly localPort: number
  readonly ending: Ending
  /** Bytes received so far, taken or not. */
  readonly received: number
  /** Resolves when the system has taken the bytes; rejects when the connection is gone. */
  send(data: string | Uint8Array): Promise<void>
  /** The next response, interim or final, to a request with `method`. */
  next(method?: string): Promise<WireResponse>
  /** The next final response; the interim ones before it are in its `interim`. */
  response(method?: string): Promise<WireResponse>
  /** The next head alone; its body stays on the wire. */
  head(): Promise<WireResponse>
  /** Whether nothing at all came, nor the end, for so many milliseconds. */
  isSilent(milliseconds: number): Promise<boolean>
  /** Waits until the other side has closed and tells how; what it sent before is dropped. */
  closed(timeout?: number): Promise<'fin' | 'reset'>
  resume(): void
  /** Stops sending (FIN); still reads. */
  fin(): void
  /** Ends at once with RST. */
  reset(): void
  /** Ends in the usual way. */
  close(): void
}

/** Opens one TCP connection. */
export async function connect(address: Address, options: WireOptions = {}): Promise<Wire> {
  const socket = connectTcp({
    port: address.port,
    host: address.host ?? '127.0.0.1',
    allowHalfOpen: true,
    noDelay: true,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return wireOf(socket, options)
}

function wireOf(socket: Socket, options: WireOptions): Wire {
  const timeout = options.timeout ?? 10_000
  let chunks: Buffer[] = []
  let received = 0
  let ending: Ending = null
  let failure: Error | null = null
  const waiting = new Set<() => void>()
  const localPort = socket.localPort ?? 0

  const changed = () => {
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const onData = (chunk: Buffer) => {
    received += chunk.length
    chunks.push(chunk)
    changed()
  }
  if (!options.paused) socket.on('data', onData)
  socket.on('end', () => {
    ending ??= 'fin'
    changed()
  })
  socket.on('error', (error) => {
    failure = error
    ending ??= 'reset'
    changed()
  })
  socket.on('close', changed)

  /** Resolves true on any change, false at the time-out. */
  const change = (milliseconds: number) =>
    new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(wake)
        resolve(false)
      }, milliseconds)
      const wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
      waiting.add(wake)
    })

  const source: ByteSource = {
    get pending() {
      if (chunks.length > 1) chunks = [Buffer.concat(chunks)]
      return chunks[0] ?? Buffer.alloc(0)
    },
    get ended() {
      return ending !== null || socket.destroyed
    },
    take(length) {
      const all = source.pending
      chunks = length < all.length ? [all.subarray(length)] : []
      return all.subarray(0, length)
    },
    async more() {
      if (!(await change(timeout))) {
        const seen = source.pending.subarray(0, 200).toString('latin1')
        throw new WireError(`nothing came for ${timeout} ms; pending: ${JSON.stringify(seen)}`)
      }
    },
  }

  return {
    localPort,
    get ending() {
      return ending
    },
    get received() {
      return received
    },
    send(data) {
      return new Promise((resolve, reject) => {
        if (failure !== null || socket.destroyed) {
          reject(failure ?? new WireError('the connection is closed'))
          return
        }
        socket.write(data, (error) => (error ? reject(error) : resolve()))
      })
    },
    next: (method = 'GET') => readResponse(source, method),
    response: (method = 'GET') => readFinal(source, method),
    head: () => readHead(source),
    async isSilent(milliseconds) {
      if (source.pending.length > 0 || source.ended) return false
      return !(await change(milliseconds))
    },
    async closed(limit = timeout) {
      const deadline = Date.now() + limit
      while (ending === null) {
        const left = deadline - Date.now()
        if (left <= 0 || !(await change(left))) {
          throw new WireError(`the connection was still open after ${limit} ms`)
        }
      }
      return ending
    },
    resume() {
      socket.on('data', onData)
    },
    fin() {
      socket.end()
    },
    reset() {
      socket.resetAndDestroy()
    },
    close() {
      socket.destroy()
    },
  }
}
