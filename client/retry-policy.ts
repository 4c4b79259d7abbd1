// What a failed request of a tus client means: come back later, the upload is gone, or give up. Pure; page and terminal share it.

/** The part of tus-js-client's HttpResponse that the policy reads. */
export interface PolicyResponse {
  getStatus(): number
  getHeader(name: string): string | undefined | null
  getBody(): string
}

/** The part of tus-js-client's HttpRequest that the policy reads. */
export interface PolicyRequest {
  getMethod(): string
}

/** An answer that says nothing about the upload itself: the same request may succeed later. */
export class PassingError extends Error {
  override readonly name = 'PassingError'
  /** The HTTP status; 0 when there was no answer at all. */
  readonly status: number
  /** What the server asked for in `Retry-After`, in ms; null when it didn't. */
  readonly retryAfter: number | null
  constructor(message: string, status: number, retryAfter: number | null = null) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** An error that no repetition can heal, such as a file that changed on disk: the message says what to do. */
export class FinalError extends Error {
  override readonly name = 'FinalError'
}

const gone = new Set([404, 410])

// 401 and 403 heal when somebody signs in, 404 and 410 of a PATCH are for HEAD to confirm (tus 1.0 "Resuming an upload"),
// 409 and 423 when the writer before us has ended, 460 when the same bytes arrive undamaged (tus 1.0, Checksum).
const passing4xx = new Set([401, 403, 404, 408, 409, 410, 423, 425, 429, 460])
const final5xx = new Set([501, 505, 507])

/** True for the only two answers to HEAD that mean the upload no longer exists (tus 1.0, HEAD). */
export function isGone(method: string, status: number): boolean {
  return method === 'HEAD' && gone.has(status)
}

/**
 * True when the same work may succeed later. `status` 0 is no answer at all.
 * Whatever HEAD answers but 2xx, 404 and 410 is passing: it must never cost the bytes already safe.
 */
export function isPassing(method: string, status: number): boolean {
  if (status === 0) return true
  if (status < 400) return false
  if (method === 'HEAD') return !gone.has(status)
  // A creation has nothing to look up, so its 404 and 410 are about the address and stay.
  if (method === 'POST' && gone.has(status)) return false
  return status < 500 ? passing4xx.has(status) : !final5xx.has(status)
}

const firstWait = 200
const longestWait = 10_000

/** How long to wait before attempt `attempt` (from 1), in ms: doubles from 0.2 s to 10 s, ± 25 % so that clients don't march in step. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const wait = Math.min(longestWait, firstWait * 2 ** Math.max(0, attempt - 1))
  return Math.round(Math.min(longestWait, wait * (0.75 + random() / 2)))
}

// An unfinished upload is kept for a week by default; longer than that there is nothing to come back to.
const attempts = (7 * 24 * 3600 * 1000) / longestWait

/** A chunk that arrives damaged so many times in a row won't arrive whole on this way. */
export const mostDamaged = 5

/**
 * A PATCH with more bytes than this goes without a checksum: they would have to be read to the end before the first may leave, and would
 * count as a whole or, after a break, not at all.
 */
export const longestChecked = 64 * 2 ** 20

/** tus-js-client's `retryDelays` for a week without progress, in ms; it starts anew whenever bytes got through. */
export function retryDelays(random: () => number = Math.random): number[] {
  return Array.from({ length: attempts }, (_, index) => backoff(index + 1, random))
}

/** A `Retry-After` value in ms from `now` (RFC 9110 §10.2.3: seconds or a date), null when absent or senseless. */
export function parseRetryAfter(
  value: string | null | undefined,
  now: number = Date.now(),
): number | null {
  if (!value) return null
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/** What tus-js-client hands to `onShouldRetry`. */
export interface RetryableError {
  readonly originalRequest?: PolicyRequest | null
  readonly originalResponse?: PolicyResponse | null
  readonly causingError?: Error | null
}

/** For tus-js-client's `onShouldRetry`: tries again exactly when the trouble can pass. */
export function onShouldRetry(error: RetryableError): boolean {
  if (error.causingError instanceof FinalError) return false
  if (error.causingError instanceof PassingError) return true
  const method = error.originalRequest?.getMethod() ?? ''
  const response = error.originalResponse
  if (!response) return isPassing(method, 0)
  const status = response.getStatus()
  // A 2xx that tus-js-client rejects lacks a header it needs: something between us and the server answered.
  return status < 400 || isPassing(method, status)
}

/** The sentence a person reads when an answer can't pass: what happened, and what to do about it. */
export function finalSentence(status: number, body: string): string {
  const said = body.trim().replace(/\s+/g, ' ').slice(0, 300)
  const advice = finalAdvice[status] ?? 'Tell whoever runs the server.'
  return `${said || `The server refused the upload (${status}).`} ${advice}`
}

const finalAdvice: Readonly<Record<number, string>> = {
  400: 'Remove the file and add it again.',
  404: 'Check the address of the server.',
  413: 'Choose a smaller file, or ask for a higher limit.',
  415: 'Reload the page; it may be older than the server.',
  507: 'What is safe stays safe: free some space on the server, then retry.',
}
