// The connection ledger: one record for every TCP connection, from its opening to the way it ended.
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Who ended a connection, and how. */
export interface Ending {
  readonly by: 'client' | 'server'
  /** `fin`: in order · `reset`: RST · `idle-timeout`: nothing asked for too long · `read-timeout`: a head or body
   * too slow, or an answer that the client doesn't take · `drain`: the service was told to stop · `error`: anything else. */
  readonly how: 'fin' | 'reset' | 'idle-timeout' | 'read-timeout' | 'drain' | 'error'
}

/** A connection as the API, the events and the log tell it. Times ISO 8601, spans in seconds, amounts in bytes. */
export interface ConnectionView {
  readonly id: number
  readonly client: Endpoint
  readonly server: Endpoint
  readonly opened: string
  readonly closed: string | null
  readonly requests: number
  readonly patches: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly idle: number
  readonly longestIdle: number
  /** `received`: bytes of the request so far, its head included. */
  readonly current: {
    readonly method: string
    readonly target: string
    readonly received: number
  } | null
  readonly upload: string | null
  readonly ended: Ending | null
}

/** The live record. Counted by the ledger and, for PATCHes, by the protocol. */
export interface Connection {
  readonly id: number
  readonly client: Endpoint
  readonly server: Endpoint
  readonly opened: number
  closed: number | null
  requests: number
  patches: number
  bytesReceived: number
  bytesSent: number
  /** When the last response ended, or the connection opened (ms since the epoch). */
  idleSince: number
  longestIdle: number
  /** The latest request that is not answered to the end. */
  current: {
    readonly method: string
    readonly target: string
    readonly response: ServerResponse
  } | null
  upload: string | null
  ended: Ending | null
  /** Bytes received when the last answer ended: more have come when a request is on its way. */
  readAtRest: number
  /** How much of what was sent the system has taken, and since when it has taken no more (ms of `performance.now()`: a clock that is set does not cut anybody). */
  taken: { readonly bytes: number; readonly at: number }
}

export interface LedgerEvents {
  change: [Connection]
  closed: [Connection]
}

export interface Ledger {
  readonly events: EventEmitter<LedgerEvents>
  /** To be called with each socket that the server accepts. */
  open(socket: Socket): void
  /** To be called as each request begins; the record of the connection that carries it. */
  begin(request: IncomingMessage, response: ServerResponse): Connection
  /** To be called as the answer to it has ended, in whatever way. */
  end(connection: Connection, response: ServerResponse): void
  /** The answer to the latest request on it, while that has not ended. */
  unanswered(socket: Socket): ServerResponse | null
  /** Notes why the server is about to close a connection; the first reason stays. */
  ending(socket: Socket, how: Ending['how']): void
  /** From now on a connection that the server closes was closed for the drain. */
  drain(): void
  /**
   * Cuts the connections whose client has taken nothing of an answer for so long (seconds). To be called now and then.
   */
  cutUnread(seconds: number): void
  /** Closes the connections on which no answer is under way. */
  closeIdle(): void
  openConnections(): Connection[]
  /** The latest first. */
  closedConnections(): Connection[]
}

/** So many closed connections are remembered. */
const remembered = 100

export function createLedger(): Ledger {
  const events = new EventEmitter<LedgerEvents>()
  const open = new Map<Socket, Connection>()
  const closed: Connection[] = []
  let count = 0
  let serverCloses: Ending['how'] = 'fin'

  function record(socket: Socket): Connection {
    count += 1
    const now = Date.now()
    return {
      id: count,
      client: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
      server: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
      opened: now,
      closed: null,
      requests: 0,
      patches: 0,
      bytesReceived: 0,
      bytesSent: 0,
      idleSince: now,
      longestIdle: 0,
      current: null,
      upload: null,
      ended: null,
      readAtRest: 0,
      taken: { bytes: 0, at: performance.now() },
    }
  }

  function add(socket: Socket): Connection {
    const connection = record(socket)
    open.set(socket, connection)
    const end = (by: Ending['by'], how: Ending['how']) => {
      connection.ended ??= { by, how }
    }
    socket.once('end', () => end('client', 'fin'))
    // Only the keep-alive timer runs on these sockets.
    socket.once('timeout', () => end('server', 'idle-timeout'))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end('client', error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'error'),
    )
    socket.once('close', (hadError) => {
      end(hadError ? 'client' : 'server', hadError ? 'error' : serverCloses)
      countBytes(connection, socket)
      if (connection.current === null) noteIdle(connection)
      connection.closed = Date.now()
      connection.current = null
      open.delete(socket)
      closed.unshift(connection)
      closed.length = Math.min(closed.length, remembered)
      events.emit('closed', connection)
    })
    events.emit('change', connection)
    return connection
  }

  return {
    events,
    open: add,
    begin(request, response) {
      const { socket } = request
      const connection = open.get(socket) ?? add(socket)
      // A pipelined request ends no rest: there was none.
      if (connection.current === null) noteIdle(connection)
      connection.requests += 1
      const { method = '', url: target = '' } = request
      connection.current = { method, target, response }
      events.emit('change', connection)
      return connection
    },
    end(connection, response) {
      connection.idleSince = Date.now()
      connection.readAtRest = response.req.socket.bytesRead
      // With pipelining the next request may have begun before this answer ended.
      if (connection.current?.response === response) connection.current = null
      events.emit('change', connection)
    },
    unanswered: (socket) => open.get(socket)?.current?.response ?? null,
    ending(socket, how) {
      const connection = open.get(socket)
      if (connection !== undefined) connection.ended ??= { by: 'server', how }
    },
    drain() {
      serverCloses = 'drain'
    },
    cutUnread(seconds) {
      const now = performance.now()
      for (const [socket, connection] of open) {
        const isWaiting =
          connection.current?.response.headersSent === true && socket.writableLength > 0
        if (!isWaiting || socket.bytesWritten - socket.writableLength > connection.taken.bytes) {
          connection.taken = { bytes: socket.bytesWritten - socket.writableLength, at: now }
        } else if (now - connection.taken.at >= seconds * 1000) {
          connection.ended ??= { by: 'server', how: 'read-timeout' }
          socket.destroy()
        }
      }
    },
    closeIdle() {
      // Not one whose next request has begun to come.
      for (const [socket, connection] of open) {
        if (connection.current === null && socket.bytesRead === connection.readAtRest)
          socket.destroySoon()
      }
    },
    openConnections() {
      // Counted when somebody asks: the socket knows all the time.
      for (const [socket, connection] of open) countBytes(connection, socket)
      return [...open.values()]
    },
    closedConnections: () => closed,
  }
}

function countBytes(connection: Connection, socket: Socket): void {
  connection.bytesReceived = socket.bytesRead
  connection.bytesSent = socket.bytesWritten
}

function noteIdle(connection: Connection): void {
  connection.longestIdle = Math.max(
    connection.longestIdle,
    (Date.now() - connection.idleSince) / 1000,
  )
}

/** The record as JSON. */
export function connectionView(connection: Connection, now = Date.now()): ConnectionView {
  const { opened, closed, idleSince, current, taken: _, readAtRest, ...rest } = connection
  const received = rest.bytesReceived - readAtRest
  const idle = current === null && closed === null ? (now - idleSince) / 1000 : 0
  return {
    ...rest,
    current: current === null ? null : { method: current.method, target: current.target, received },
    opened: new Date(opened).toISOString(),
    closed: closed === null ? null : new Date(closed).toISOString(),
    // Decided, perhaps, but not over.
    ended: closed === null ? null : rest.ended,
    idle,
    longestIdle: Math.max(rest.longestIdle, idle),
  }
}
