// tus-js-client's requests over one kept-alive TCP connection, with bodies that are streamed, checked and timed.
import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'
import type { Body } from './byte-source.ts'

/** What went over the wire since the stack was made. */
export interface Traffic {
  /** TCP connections that were established. */
  connections: number
  /** PATCH requests begun on an established connection. */
  patches: number
  /** Bytes of request bodies handed to the system. */
  bodyBytes: number
}

export interface KeptAliveStack extends HttpStack {
  readonly traffic: Readonly<Traffic>
  /** Ends the kept connection and whatever runs on it; sends nothing more. */
  close(): void
}

export interface StackOptions {
  /** `Authorization` goes only to its origin: an answer's `Location` can't send the token elsewhere. */
  readonly endpoint: URL
  readonly authorization: string | null
  /** A request on which nothing moves for so many seconds is given up. */
  readonly stallTimeout: number
}

/** Nothing moved on the connection for the stall timeout. */
export class StalledError extends Error {
  override readonly name = 'StalledError'
  readonly code = 'ESTALLED'
}

/** Bytes of an answer's body that are kept: enough for a sentence. */
const longestAnswer = 16 * 1024

/** An HTTP stack for tus-js-client's `httpStack` option. One connection at a time carries every request. */
export function createHttpStack(options: StackOptions): KeptAliveStack {
  const settings = { keepAlive: true, keepAliveMsecs: 15_000, maxSockets: 1, maxFreeSockets: 1 }
  const plain = new http.Agent(settings)
  const secure = new https.Agent(settings)
  const traffic: Traffic = { connections: 0, patches: 0, bodyBytes: 0 }
  const known = new WeakSet<Socket>()
  // An aborted tus-js-client may still send the chunk that it was reading.
  let closed = false

  function countSocket(method: string, socket: Socket): void {
    if (socket.connecting) {
      socket.once('connect', () => countSocket(method, socket))
      return
    }
    if (!known.has(socket)) traffic.connections += 1
    known.add(socket)
    if (method === 'PATCH') traffic.patches += 1
  }

  function begin(
    method: string,
    url: string,
    headers: http.OutgoingHttpHeaders,
  ): http.ClientRequest {
    const target = new URL(url)
    const authorized = target.origin === options.endpoint.origin && options.authorization !== null
    const settings = {
      method,
      headers: { ...headers, ...(authorized && { Authorization: options.authorization }) },
    }
    const request =
      target.protocol === 'https:'
        ? https.request(target, { ...settings, agent: secure })
        : http.request(target, { ...settings, agent: plain })
    request.once('socket', (socket) => countSocket(method, socket))
    request.setTimeout(options.stallTimeout * 1000, () =>
      request.destroy(new StalledError(`nothing moved for ${options.stallTimeout} s`)),
    )
    return request
  }

  function createRequest(method: string, url: string): HttpRequest {
    const headers: Record<string, string> = {}
    let progress: (bytesSent: number) => void = () => {}
    let current: http.ClientRequest | null = null
    let aborted = false
    return {
      getMethod: () => method,
      getURL: () => url,
      setHeader(name, value) {
        headers[name] = value
      },
      getHeader: (name) => headers[name],
      setProgressHandler(handler) {
        progress = handler
      },
      async send(body: Body | null = null) {
        if (body !== null) headers['Content-Length'] = String(body.size)
        const checksum = method === 'PATCH' ? await body?.checksum?.() : null
        if (checksum) headers['Upload-Checksum'] = checksum
        if (closed || aborted) throw new Error('the connection was closed by us')
        const request = begin(method, url, headers)
        current = request
        const answer = answerOf(request)
        if (body === null) request.end()
        else {
          sendBody(request, body, (sent, piece) => {
            traffic.bodyBytes += piece
            progress(sent)
          }).catch((error) => request.destroy(error))
        }
        return answer
      },
      async abort() {
        aborted = true
        current?.destroy()
      },
      getUnderlyingObject: () => current,
    }
  }

  return {
    traffic,
    createRequest,
    getName: () => 'KeptAliveStack',
    close() {
      closed = true
      plain.destroy()
      secure.destroy()
    },
  }
}

/** The whole answer; rejects when the connection ends before it is there. */
function answerOf(request: http.ClientRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let answered = false
    request.on('error', reject)
    request.once('close', () => {
      if (!answered) reject(new Error('the connection was closed before the answer'))
    })
    request.once('response', (response) => {
      answered = true
      keepAfterHead(request, response)
      // An answer before the end of the body refuses it: sendBody stops, and the connection,
      // on which the server still expects the rest, can't be used again.
      const early = !request.writableEnded
      readText(response).then((text) => {
        if (early) request.destroy()
        resolve({
          getStatus: () => response.statusCode ?? 0,
          // tus-js-client takes undefined for "not there"; its type doesn't say so.
          getHeader: (name) => response.headers[name.toLowerCase()] as string,
          getBody: () => text,
          getUnderlyingObject: () => response,
        })
      }, reject)
    })
  })
}

/**
 * Node takes a HEAD answer without Content-Length for one that the end of the connection ends, and would
 * open a new connection for the PATCH that follows. It has no body (RFC 9112 §6.3), so it needs no end.
 */
function keepAfterHead(request: http.ClientRequest, response: http.IncomingMessage): void {
  const persists = response.httpVersion === '1.1' && response.headers.connection !== 'close'
  if (request.method === 'HEAD' && persists) request.shouldKeepAlive = true
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const kept: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    if (length < longestAnswer) kept.push(part)
    length += part.length
  }
  return Buffer.concat(kept).toString('utf8', 0, longestAnswer)
}

/** Writes the body, reading a piece while the one before it leaves; stops when an answer comes early. */
async function sendBody(
  request: http.ClientRequest,
  body: Body,
  onSent: (sent: number, piece: number) => void,
): Promise<void> {
  let over = false
  const ended = new Promise<void>((resolve) => {
    request.once('response', resolve)
    // A write on a request that never got a socket calls nobody back: "close" always comes.
    request.once('close', resolve)
  }).then(() => {
    over = true
  })
  let sent = 0
  let leaving: Promise<void> = Promise.resolve()
  for await (const piece of body.pieces()) {
    await Promise.race([leaving, ended])
    if (over) return
    leaving = new Promise((resolve) => {
      request.write(piece, () => {
        sent += piece.length
        onSent(sent, piece.length)
        resolve()
      })
    })
  }
  await Promise.race([leaving, ended])
  if (!over) request.end()
}
