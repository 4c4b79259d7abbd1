// /api/events: what changes, as server-sent events. It takes no lock and disturbs no upload.
import type { RequestHandler, Response } from 'express'
import { type Connection, connectionView, type Ledger } from './connections.ts'
import type { Feed } from './live/feed.ts'
import { isPart } from './uploads/concatenation.ts'
import { type Upload, viewOf } from './uploads/upload.ts'
import type { Uploads } from './uploads/uploads.ts'

/** What arrives at high speed is told this often (ms); several changes of one thing become one event. */
const flushMs = 200
/** Something is said at least this often, so that neither proxies nor a page take a quiet stream for a dead one (ms). */
const heartbeatMs = 15_000
/** A reader that takes nothing is dropped when so many bytes wait for it. */
const mostBuffered = 1024 * 1024

export interface EventStream {
  readonly handler: RequestHandler
  /** Ends every stream, for a drain. */
  close(): void
}

export interface HelloConfig {
  readonly maxSize: number
  readonly expireAfter: number
  readonly keepAliveTimeout: number
}

/** Starts to listen to the uploads and the ledger. */
export function createEventStream(
  uploads: Uploads,
  ledger: Ledger,
  config: HelloConfig,
  connectionOf: (response: Response) => Connection | null,
  capture: Feed,
): EventStream {
  // By name, since what is passed may hold more: the whole configuration has secrets in it.
  const told = {
    maxSize: config.maxSize,
    expireAfter: config.expireAfter,
    keepAliveTimeout: config.keepAliveTimeout,
  }
  const readers = new Set<Response>()
  let isClosed = false
  const changedUploads = new Set<Upload>()
  const changedConnections = new Set<Connection>()

  function tell(event: string, data: unknown): void {
    const text = eventText(event, data)
    for (const reader of readers) {
      if (reader.writableLength > mostBuffered) reader.destroy()
      else reader.write(text)
    }
  }

  function flush(): void {
    for (const upload of changedUploads) {
      if (!upload.removed) tell('upload', viewOf(upload, uploads.options.expireAfter))
    }
    // Brings their byte counts up to date.
    if (changedConnections.size > 0) ledger.openConnections()
    for (const connection of changedConnections) tell('connection', connectionView(connection))
    changedUploads.clear()
    changedConnections.clear()
  }

  const noteUpload = (upload: Upload) => {
    // A part is nothing by itself: what people see is the upload that is made of it.
    if (readers.size > 0 && !isPart(upload.info)) changedUploads.add(upload)
  }
  const noteConnection = (connection: Connection) => {
    if (readers.size > 0) changedConnections.add(connection)
  }
  uploads.events.on('progress', noteUpload)
  uploads.events.on('change', noteUpload)
  uploads.events.on('removed', (upload) => {
    if (!isPart(upload.info)) tell('removed', { id: upload.info.id })
  })
  ledger.events.on('change', noteConnection)
  ledger.events.on('closed', noteConnection)
  capture.attach(tell)
  const flushing = setInterval(flush, flushMs).unref()
  const beating = setInterval(() => {
    tell('ping', { now: new Date().toISOString() })
  }, heartbeatMs).unref()

  return {
    handler(request, response) {
      if (isClosed) {
        response.status(503).set('Retry-After', '1').type('text').send('draining\n')
        return
      }
      response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        // nginx buffers answers otherwise.
        'X-Accel-Buffering': 'no',
      })
      if (request.method === 'HEAD') {
        response.end()
        return
      }
      const connection = connectionOf(response)?.id ?? null
      const hello = { connection, config: told, capture: capture.about() }
      response.write(`retry: 1000\n\n${eventText('hello', hello)}`)
      readers.add(response)
      capture.readers(readers.size, true)
      // Who has stopped sending mostly has gone: else only a write would find that out.
      const leave = () => response.end()
      request.socket.once('end', leave)
      response.once('close', () => {
        request.socket.off('end', leave)
        readers.delete(response)
        capture.readers(readers.size, false)
      })
    },
    close() {
      isClosed = true
      clearInterval(flushing)
      clearInterval(beating)
      for (const reader of readers) reader.end()
    },
  }
}

const eventText = (event: string, data: unknown) =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
