// Node's HTTP server with our deadlines, Expect handling and socket options.
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Ledger } from './connections.ts'
import { hasBody } from './respond.ts'
import { timerMs } from './units.ts'

export interface HttpOptions {
  /** Seconds. */
  readonly keepAliveTimeout: number
  readonly headersTimeout: number
  /** Bytes of an Upload-Metadata header. */
  readonly maxMetadata: number
}

export type RequestListener = (
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
) => void

/** A TCP keep-alive probe goes out after so long, so that a half-open connection is found (ms). */
const probeAfterMs = 30_000
/** Room for all other headers beside the metadata (bytes). */
const otherHeaders = 16 * 1024

export function createHttpServer(
  options: HttpOptions,
  ledger: Ledger,
  listener: RequestListener,
): Server {
  const server = http.createServer({
    keepAlive: true,
    keepAliveInitialDelay: probeAfterMs,
    keepAliveTimeout: offOrMs(options.keepAliveTimeout),
    headersTimeout: offOrMs(options.headersTimeout),
    // A large body may take days; what counts is that bytes keep coming: see uploads/deadlines.ts.
    requestTimeout: 0,
    connectionsCheckingInterval: checkingMs(options.headersTimeout),
    maxHeaderSize: Math.max(64 * 1024, options.maxMetadata + otherHeaders),
    noDelay: true,
  })
  // A client that has said all it has to say still reads: `nc -N` and many a test of a few lines (RFC 9112 §9.6).
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('connection', (socket) => ledger.open(socket))
  server.on('request', (request, response) => listener(request, response, false))
  // The listener decides whether the body may come, after its checks (RFC 9110 §10.1.1).
  server.on('checkContinue', (request, response) => listener(request, response, hasBody(request)))
  // Node's own answer to any other expectation could not be read by a page.
  server.on('checkExpectation', (_request, response) => response.writeHead(417, readable).end())
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket
    // Words of ours in the middle of an answer would be taken for a part of it, and before one that is to come, for it.
    const answer = ledger.unanswered(socket)
    // What comes behind a request that asked for the end is nothing to us, and no reason to keep its answer back.
    if (error.code === 'HPE_CLOSED_CONNECTION' && answer !== null) return
    const isTaken = answer !== null && (answer.headersSent || answer.req.complete)
    if (!socket.writable || error.code === 'ECONNRESET' || isTaken) {
      socket.destroy()
      return
    }
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') ledger.ending(socket, 'read-timeout')
    socket.end(rawAnswer(error.code ?? ''), () => socket.destroy())
  })
  return server
}

/** 0 is "no limit" for Node as for us. */
const offOrMs = (seconds: number) => (seconds === 0 ? 0 : timerMs(seconds))

/** How often Node looks for late heads: four times in the time that they have, within reason. */
function checkingMs(headersTimeout: number): number {
  return headersTimeout === 0 ? 5000 : Math.max(50, Math.min(5000, timerMs(headersTimeout / 4)))
}

const statusByCode: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** With CORS, since a page could not see the status otherwise. */
const readable = { 'Access-Control-Allow-Origin': '*', 'Tus-Resumable': '1.0.0' } as const

/** For a head that could not be read. */
function rawAnswer(code: string): string {
  const status = statusByCode[code] ?? '400 Bad Request'
  const headers = { ...readable, Connection: 'close', 'Content-Length': '0' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`
}
