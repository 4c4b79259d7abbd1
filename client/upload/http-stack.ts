// tus-js-client's HTTP in the browser, made patient: waits for the network, tells passing trouble from final, replaces connections that stand still.
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'
import {
  backoff,
  FinalError,
  isPassing,
  mostDamaged,
  PassingError,
  parseRetryAfter,
} from '../retry-policy.ts'
import { connectionOf } from './api.ts'
import { unreadable } from './checksum/proof.ts'
import type { Gate } from './gate.ts'
import type { Line } from './line.ts'
import { createPatience } from './patience.ts'

/** tus 1.0, Checksum: the body is not what its `Upload-Checksum` says. */
const checksumMismatch = 460
const damagedWords = 'a chunk arrived damaged'
const damagedSentence = `The same chunk arrived damaged ${mostDamaged} times: something between this computer and the server changes bytes. What is safe stays safe. Try another network, or without the proxy, VPN or virus scanner in between; then retry.`

export interface LonghaulStack extends HttpStack {
  /** Ties a request to its line; call it in `onBeforeRequest`. */
  bind(request: HttpRequest, line: Line): void
}

/** What the stack tells and asks the page. */
export interface StackListener {
  readonly onConnection: (id: number) => void
  readonly onSignedOut: () => void
  /** A connection stood still: others on the same way may be dead as well. */
  readonly onStall: () => void
  /** Whether the server's events tell what it commits. */
  readonly isTold: () => boolean
  /** Bytes of the PATCH of this path that the server has by now; null when it knows of none. */
  readonly receivedBy: (path: string) => Promise<number | null>
}

/** The stack for tus-js-client's `httpStack` option. */
export function createHttpStack(gate: Gate, hear: StackListener): LonghaulStack {
  const lines = new WeakMap<HttpRequest, Line>()
  return {
    getName: () => 'LonghaulHttpStack',
    bind: (request, line) => lines.set(request, line),
    createRequest(method, url) {
      const request = createRequest(method, url, gate, hear, () => lines.get(request))
      return request
    },
  }
}

function createRequest(
  method: string,
  url: string,
  gate: Gate,
  hear: StackListener,
  lineOf: () => Line | undefined,
): HttpRequest {
  const xhr = new XMLHttpRequest()
  xhr.open(method, url, true)
  const headers = new Map<string, string>()
  const aborted = new AbortController()

  const send = async (body: Blob | null): Promise<HttpResponse> => {
    const line = lineOf()
    // The page deletes uploads itself, after asking; tus-js-client's own DELETE on removal is not wanted.
    if (method === 'DELETE') return answer(xhr, 204)
    if (!line) throw new Error('a request without its line')
    try {
      await waitForTurn(line)
    } catch {
      return unsettled()
    }
    if (method === 'PATCH' && body && line.proof) {
      const checksum = await line.proof.checksumOf(body)
      if (aborted.signal.aborted) return unsettled()
      if (checksum) request.setHeader('Upload-Checksum', checksum)
    }
    if (method === 'POST') {
      const url = await adopt(line)
      if (url) return answer(xhr, 201, { Location: url })
    }
    return exchange(line, body)
  }

  // An aborted request never settles, like that of the stock stack: nobody waits for it any more.
  const unsettled = () => new Promise<never>(() => {})

  const waitForTurn = async (line: Line) => {
    await gate.pass(line.delay, aborted.signal)
    line.delay = 0
    line.hear.onRequest()
  }

  // A creation whose answer was lost may have made an upload. To create a second one would leave the first behind.
  const adopt = async (line: Line): Promise<string | null> => {
    if (line.createdUrl === null && line.isCreationInDoubt) {
      try {
        line.createdUrl = await line.hear.findEmpty()
      } catch (error) {
        throw postpone(line, String(error), 0, null)
      }
    }
    const url = line.createdUrl
    line.createdUrl = null
    line.isCreationInDoubt = false
    if (url) line.hear.onCreated(url)
    return url
  }

  const exchange = (line: Line, body: Blob | null): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const start = Number(headers.get('Upload-Offset') ?? 0)
      const from = Date.now()
      line.lastActivity = from
      let bytesOut = 0
      let isOver = false
      // Bytes with a checksum are committed together at the end, so nothing is told of them before.
      const isTold = () => hear.isTold() && !headers.has('Upload-Checksum')
      const patience = createPatience(body, {
        isTold,
        committed: () => line.committed - start,
        receivedBy: () => hear.receivedBy(new URL(url).pathname),
      })
      const stall = setInterval(() => {
        if (patience.hasNews(bytesOut)) line.lastActivity = Date.now()
        const limit = patience.limit(bytesOut)
        if (Date.now() - line.lastActivity < limit) return
        end()
        xhr.abort()
        const seconds = Math.round(limit / 1000)
        if (method === 'POST') line.isCreationInDoubt = true
        hear.onStall()
        const said = navigator.onLine
          ? `the connection stood still for ${seconds} s`
          : 'the network went away'
        reject(postpone(line, said, 0, navigator.onLine ? 0 : null))
      }, 1000)
      const end = () => {
        isOver = true
        clearInterval(stall)
        aborted.signal.removeEventListener('abort', abort)
      }
      const abort = () => {
        // A creation on its way is let through: aborting it here wouldn't stop the server from making the upload.
        if (method === 'POST') return
        end()
        xhr.abort()
      }
      aborted.signal.addEventListener('abort', abort)
      xhr.upload.onprogress = (event) => {
        if (isOver || aborted.signal.aborted) return
        if (event.loaded > bytesOut) line.lastActivity = Date.now()
        bytesOut = event.loaded
        line.hear.onSent(start + event.loaded)
      }
      xhr.onload = () => {
        end()
        const connection = connectionOf(xhr.getResponseHeader('Longhaul-Connection'))
        if (connection !== null) hear.onConnection(connection)
        if (method === 'PATCH') line.hear.onPatch(connection, from, Date.now())
        if (xhr.status === 401) hear.onSignedOut()
        if (aborted.signal.aborted) return keepCreation(line)
        const trouble = read(line, body)
        if (trouble) reject(trouble)
        else resolve(response(xhr))
      }
      xhr.onerror = () => {
        end()
        if (method === 'POST') line.isCreationInDoubt = true
        if (aborted.signal.aborted) return
        void unanswered(line).then(reject)
      }
      xhr.send(body)
    })

  // Takes in an answer; gives the error when it's one to come back after.
  const read = (line: Line, body: Blob | null): Error | null => {
    const { status } = xhr
    const offset = parseOffset(xhr.getResponseHeader('Upload-Offset'))
    if (status >= 200 && status < 300) {
      const location = xhr.getResponseHeader('Location')
      if (method === 'POST' ? !location : offset === null) {
        return postpone(line, 'something between this page and the server answered in its place', 0)
      }
      if (method === 'HEAD' && offset !== null) {
        if (offset > line.offset) line.attempt = 0
        line.hear.onResumed(offset, line.trouble)
      } else {
        line.attempt = 0
        if (line.damaged > 0) line.hear.onMended()
        line.damaged = 0
        if (offset !== null) line.hear.onSafe(offset)
        if (location) line.hear.onCreated(new URL(location, url).href)
      }
      line.offset = offset ?? line.offset
      line.trouble = null
      return null
    }
    if (status === checksumMismatch && body) return damaged(line, body)
    if (isPassing(method, status)) {
      // The browser itself repeats a PATCH whose kept connection broke; what stands there then is a lost connection.
      const said = status === 409 ? 'connection lost' : firstSentence(xhr.responseText)
      const retryAfter = parseRetryAfter(xhr.getResponseHeader('Retry-After'))
      // A conflict is settled by asking for the offset, which needs no pause the first time.
      const delay = status === 409 && line.attempt === 0 ? 0 : retryAfter
      return postpone(line, said || `the server answered ${status}`, status, delay)
    }
    if (method === 'HEAD') line.hear.onGone()
    return null
  }

  // None of the chunk counts, so it goes again as soon as HEAD has confirmed the offset; its checksum is made anew from the file.
  const damaged = (line: Line, body: Blob): Error => {
    line.proof?.distrust(body)
    line.damaged += 1
    if (line.damaged >= mostDamaged) {
      line.damaged = 0
      return new FinalError(damagedSentence)
    }
    line.delay = 0
    line.trouble ??= damagedWords
    line.hear.onLost(damagedWords)
    return new PassingError(damagedWords, checksumMismatch)
  }

  // No answer at all: away network, away server, or a file that can't be read any more.
  const unanswered = async (line: Line): Promise<Error> => {
    if (navigator.onLine && method === 'PATCH') {
      try {
        await line.file.slice(0, 1).arrayBuffer()
      } catch {
        return new FinalError(unreadable)
      }
    }
    return postpone(line, navigator.onLine ? 'connection lost' : 'the network went away', 0)
  }

  const postpone = (
    line: Line,
    said: string,
    status: number,
    delay: number | null = null,
  ): PassingError => {
    line.attempt += 1
    line.delay = Math.max(delay ?? backoff(line.attempt), status === 401 ? 5000 : 0)
    line.trouble ??= said
    line.hear.onLost(said)
    line.hear.onWait(
      status === 401
        ? { what: 'sign-in' }
        : !navigator.onLine
          ? { what: 'network' }
          : { what: 'server', status, said, until: Date.now() + line.delay },
    )
    return new PassingError(said, status, delay)
  }

  // The answer to a creation that nobody waits for any more.
  const keepCreation = (line: Line) => {
    const location = xhr.getResponseHeader('Location')
    if (xhr.status !== 201 || !location) return
    const created = new URL(location, url).href
    if (line.isClosed) line.hear.onOrphan(created)
    else line.createdUrl = created
  }

  const request: HttpRequest = {
    getMethod: () => method,
    getURL: () => url,
    setHeader(name, value) {
      xhr.setRequestHeader(name, value)
      headers.set(name, value)
    },
    getHeader: (name) => headers.get(name),
    // The line hears of progress directly; through tus-js-client each step would make Uppy draw anew.
    setProgressHandler() {},
    send,
    abort() {
      aborted.abort()
      return Promise.resolve()
    },
    getUnderlyingObject: () => xhr,
  }
  return request
}

function response(xhr: XMLHttpRequest): HttpResponse {
  return {
    getStatus: () => xhr.status,
    getHeader: (name) => xhr.getResponseHeader(name) ?? undefined,
    getBody: () => xhr.responseText,
    getUnderlyingObject: () => xhr,
  }
}

function answer(
  xhr: XMLHttpRequest,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    getStatus: () => status,
    getHeader: (name) => headers[name],
    getBody: () => '',
    getUnderlyingObject: () => xhr,
  }
}

// Without its full stop: it's going to be a part of a sentence.
function firstSentence(text: string): string {
  const line = text.trim().split('\n')[0] ?? ''
  return line.replace(/\.$/, '').slice(0, 200)
}

function parseOffset(value: string | null): number | null {
  return value !== null && /^\d+$/.test(value) ? Number(value) : null
}
