// Ends an exchange whose request body may still be on its way, so that the client gets to read the answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { markLast } from './turns.ts'

/** A rest of a body up to this many bytes is read and thrown away, and the connection lives on. */
const drainBytes = 1024 * 1024
const drainMs = 10_000
/** Else the connection is closed after the answer; before that so much is thrown away, for so long. */
const lingerBytes = 16 * 1024 * 1024
const lingerMs = 5000
/** A client that sends nothing for so long has stopped, or has read the answer. */
const lingerSilenceMs = 300

type Headers = Readonly<Record<string, string>>

export interface Answer {
  readonly status: number
  readonly headers?: Headers
  /** `null`: no content. */
  readonly text: string | null
  /** The text's media type; text/plain where it is not told. */
  readonly type?: string
  /** The body was given up in the middle: the connection can't carry another request. */
  readonly closes?: boolean
}

/** Whether the client asked to be told `100 Continue` and has not been: its body may never come. */
export type BodyState = 'unasked' | 'coming'

/**
 * Sends the answer; `common` are headers that every answer of a kind has. A server that closes a socket with unread bytes
 * in it sends a RST, which can destroy the answer on its way (RFC 9112 §9.6): a small rest is drained, for a large one
 * the answer goes out first and the close waits.
 */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  body: BodyState = 'coming',
  common: readonly (Headers | null)[] = [],
): void {
  if (response.headersSent || response.destroyed) return
  const text = answer.text === null ? null : Buffer.from(`${answer.text}\n`)
  const rest = body === 'unasked' ? 0 : unreadBytes(request)
  const givesUp = answer.closes === true && !request.complete
  const closes = body === 'unasked' ? hasBody(request) : rest > drainBytes || givesUp
  const headers: string[] = []
  for (const some of common) if (some !== null) add(headers, some)
  if (answer.headers !== undefined) add(headers, answer.headers)
  if (text !== null)
    add(headers, {
      'Content-Type': answer.type ?? 'text/plain; charset=utf-8',
      'Content-Length': String(text.length),
    })
  // Also for a HEAD: without it Node's own client takes the connection for used up.
  else if (answer.status !== 204) headers.push('Content-Length', '0')
  if (closes) {
    headers.push('Connection', 'close')
    markLast(response)
  }
  response.writeHead(answer.status, headers)
  const content = request.method === 'HEAD' ? null : text
  if (rest === 0 || !closes) {
    if (rest > 0) {
      request.resume()
      expectBody(request, drainMs, () => request.socket.destroy())
    }
    response.end(content)
    return
  }
  response.flushHeaders()
  if (content !== null) response.write(content)
  linger(request, () => response.end())
}

/** Node takes headers fastest as a flat list. */
function add(list: string[], headers: Headers): void {
  for (const name in headers) list.push(name, headers[name] ?? '')
}

/** Calls `onLate` unless the body is complete, or its connection gone, within so many milliseconds. */
export function expectBody(request: IncomingMessage, withinMs: number, onLate: () => void): void {
  const timer = setTimeout(() => {
    if (!request.complete) onLate()
  }, withinMs)
  request.once('end', () => clearTimeout(timer))
  request.once('close', () => clearTimeout(timer))
}

function linger(request: IncomingMessage, done: () => void): void {
  let left = lingerBytes
  const deadline = setTimeout(finish, lingerMs)
  const silence = setTimeout(finish, lingerSilenceMs)
  function finish(): void {
    clearTimeout(deadline)
    clearTimeout(silence)
    request.off('data', onData)
    request.off('close', finish)
    request.off('end', finish)
    request.pause()
    done()
  }
  function onData(chunk: Buffer): void {
    left -= chunk.length
    if (left < 0) finish()
    else silence.refresh()
  }
  request.on('data', onData)
  request.once('end', finish)
  request.once('close', finish)
  request.resume()
}

/** Whether the head says that a body follows. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || contentLength(request) > 0
}

/** An upper bound: how much of the body was read already is not known here. */
function unreadBytes(request: IncomingMessage): number {
  if (request.complete) return 0
  if (request.headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return contentLength(request)
}

function contentLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}
