// What an error of an upload means to the terminal: passing, final, or the upload is gone; with the sentence that says so.
import type { HttpRequest, HttpResponse } from 'tus-js-client'
import { FinalError, isGone, isPassing, PassingError, parseRetryAfter } from '../retry-policy.ts'
import { NotOfferedError } from './checksums.ts'
import { printable } from './format.ts'

export type Verdict =
  /** Ask again, after the server's wish in seconds (Retry-After) if it has one. */
  | { readonly kind: 'passing'; readonly reason: string; readonly after: number | null }
  /** The chunk arrived damaged, and none of it counts (tus 1.0, Checksum). */
  | { readonly kind: 'damaged' }
  /** The server says that it has the upload no more: only a new one can help. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** `everyFile`: the next file would meet the same. */
  | { readonly kind: 'final'; readonly reason: string; readonly everyFile: boolean }

/**
 * Judges what tus-js-client handed to `onError`. `connected`: the server has answered before in this run,
 * so a name that can't be found now, or a garbled answer, is trouble on the way and no slip of the pen.
 */
export function judge(error: unknown, connected: boolean): Verdict {
  const { request, response, cause } = partsOf(error)
  if (cause instanceof FinalError) return final(cause.message, cause instanceof NotOfferedError)
  if (cause instanceof PassingError) return { kind: 'passing', reason: cause.message, after: null }
  if (request && response) return judgeAnswer(request, response)
  return judgeNetwork(cause, connected)
}

function judgeAnswer(request: HttpRequest, response: HttpResponse): Verdict {
  const method = request.getMethod()
  const status = response.getStatus()
  const said = sentence(response)
  if (status === 460) return { kind: 'damaged' }
  // The shared policy lets these pass, for on the page somebody can sign in again.
  if (status === 401 || status === 403) {
    return final(`${said}; give the server's token with --token or LONGHAUL_TOKEN`, true)
  }
  if (status >= 300 && status < 400) {
    const target = printable(header(response, 'Location') ?? 'another address')
    return final(`the server redirects to ${target}; give the final address with --to`, true)
  }
  if (status >= 200 && status < 300) {
    return final(`${request.getURL()} does not answer as a tus server; check --to`, true)
  }
  // Only a tus server can know that an upload is gone. A proxy's own 404, while it is set up anew, passes.
  const speaksTus = header(response, 'Tus-Resumable') !== null
  if (isGone(method, status)) {
    if (speaksTus) return { kind: 'gone', reason: 'the server has the upload no more' }
  } else if (!isPassing(method, status)) {
    const advice = method === 'POST' && !speaksTus ? '; check --to' : (finalAdvice[status] ?? '')
    return final(`${said}${advice}`, method === 'POST' && !speaksTus)
  }
  const after = parseRetryAfter(header(response, 'Retry-After'))
  return { kind: 'passing', reason: said, after: after === null ? null : after / 1000 }
}

const finalAdvice: Readonly<Record<number, string>> = {
  413: '; the server takes no file as large as this',
  507: '; run the same command again when the server has more room',
}

const final = (reason: string, everyFile: boolean): Verdict => ({
  kind: 'final',
  reason,
  everyFile,
})

/** `the server answered 507: no space left`: its own first line, made safe to print. */
function sentence(response: HttpResponse): string {
  const [line = ''] = response.getBody().trim().split('\n')
  const isText = header(response, 'Content-Type')?.startsWith('text/plain') === true
  const said = isText ? `: ${printable(line.trim()).slice(0, 200).replace(/\.$/, '')}` : ''
  return `the server answered ${response.getStatus()}${said === ': ' ? '' : said}`
}

const header = (response: HttpResponse, name: string): string | null =>
  response.getHeader(name) ?? null

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'the server does not answer',
  ESTALLED: 'nothing moved on the connection any more',
  EHOSTUNREACH: 'the server cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENETDOWN: 'the network is down',
  ENOTFOUND: 'the name of the server is unknown',
  EAI_AGAIN: 'the name of the server cannot be looked up now',
}

/** Wrong certificate, wrong protocol on the port: waiting changes nothing. */
const finalCodes =
  /^(EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|HPE_|ERR_INVALID)/

function judgeNetwork(cause: unknown, connected: boolean): Verdict {
  const { code, syscall, message } = systemError(cause)
  if (!connected && code === 'ENOTFOUND')
    return final(`${networkReasons.ENOTFOUND}; check --to`, true)
  if (!connected && finalCodes.test(code)) return final(`${printable(message)}; check --to`, true)
  if (syscall === 'read' && /^(EIO|EISDIR|EBADF|EACCES|ESTALE)$/.test(code)) {
    return final(`the file cannot be read (${code})`, false)
  }
  return { kind: 'passing', reason: networkReasons[code] ?? printable(message), after: null }
}

function systemError(error: unknown): { code: string; syscall: string; message: string } {
  // Several addresses were tried at once (RFC 8305): the first error stands for all.
  const one: unknown = error instanceof AggregateError ? error.errors[0] : error
  if (!(one instanceof Error)) return { code: '', syscall: '', message: String(one) }
  const { code = '', syscall = '' } = one as NodeJS.ErrnoException
  return { code, syscall, message: one.message }
}

interface Parts {
  readonly request: HttpRequest | null
  readonly response: HttpResponse | null
  /** What happened, without the wrapping of tus-js-client. */
  readonly cause: unknown
}

function partsOf(error: unknown): Parts {
  if (!(error instanceof Error && 'originalRequest' in error)) {
    return { request: null, response: null, cause: error }
  }
  // By its shape: the class DetailedError is another one in each build of tus-js-client.
  const wrapped = error as Error & {
    originalRequest: HttpRequest | null
    originalResponse: HttpResponse | null
    causingError?: unknown
  }
  return {
    request: wrapped.originalRequest,
    response: wrapped.originalResponse,
    cause: wrapped.causingError ?? error,
  }
}
