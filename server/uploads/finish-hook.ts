// The finish hook: tells a URL that an upload is complete, at least once, through failures and restarts.
import { createHmac } from 'node:crypto'
import { timerMs } from '../units.ts'
import type { Upload } from './upload.ts'
import { viewOf } from './upload.ts'
import type { Uploads } from './uploads.ts'

export interface FinishHookOptions {
  readonly url: string
  /** Key of the signature; `null`: unsigned. */
  readonly secret: string | null
  /** Seconds from the end of the upload after which it is given up. */
  readonly retryFor: number
}

/** One try, for the log and the metrics. */
export interface HookReport {
  readonly upload: Upload
  readonly outcome: 'delivered' | 'failed' | 'given-up'
  /** Which try it was, from 1. */
  readonly attempt: number
  /** What the other side said, or why it could not be reached. */
  readonly detail: string
  /** Seconds until the next try, or `null`. */
  readonly retryIn: number | null
}

export interface FinishHook {
  close(): void
}

/** So many calls at most are under way at the same time. */
const atOnce = 8
/** The other side must answer within this (ms). */
const answerMs = 10_000
const firstRetrySeconds = 1
const longestRetrySeconds = 600

/**
 * Starts to tell `options.url` of finished uploads, beginning with those whose hook was lost. How far each has come
 * is kept in the upload's record, so a restart goes on. The receiver gets
 * `Idempotency-Key` (the same for each try of one upload), `Longhaul-Timestamp` (seconds since the epoch) and, with a
 * secret, `Longhaul-Signature: v1=` HMAC-SHA-256 in hex of `TIMESTAMP.BODY`.
 */
export function startFinishHook(
  uploads: Uploads,
  options: FinishHookOptions,
  report: (report: HookReport) => void,
): FinishHook {
  const receiver = receiverAt(options.url)
  const timers = new Set<NodeJS.Timeout>()
  const due: Upload[] = []
  let running = 0
  const stopping = new AbortController()

  function schedule(upload: Upload, seconds: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      due.push(upload)
      work()
    }, timerMs(seconds))
    timers.add(timer)
  }

  function work(): void {
    while (running < atOnce && due.length > 0 && !stopping.signal.aborted) {
      const upload = due.shift()
      if (upload === undefined) return
      running += 1
      void attempt(upload)
        .catch((error: unknown) => failed(upload, error))
        .finally(() => {
          running -= 1
          work()
        })
    }
  }

  /** The record could not be written: the disk may be full. The hook stays due. */
  function failed(upload: Upload, error: unknown): void {
    const attempts = (upload.info.hook?.attempts ?? 0) + 1
    const retryIn = backoff(attempts)
    report({ upload, outcome: 'failed', attempt: attempts, detail: reasonOf(error), retryIn })
    schedule(upload, retryIn)
  }

  async function attempt(upload: Upload): Promise<void> {
    if (upload.removed || stopping.signal.aborted) return
    const number = (upload.info.hook?.attempts ?? 0) + 1
    const detail = await tell(upload)
    if (stopping.signal.aborted && detail !== null) return
    if (detail === null) {
      await uploads.setHook(upload, { state: 'delivered', attempts: number })
      report({ upload, outcome: 'delivered', attempt: number, detail: 'accepted', retryIn: null })
      return
    }
    const age = (Date.now() - (upload.info.finished ?? 0)) / 1000
    const outcome = age > options.retryFor ? 'given-up' : 'failed'
    const retryIn = outcome === 'failed' ? backoff(number) : null
    await uploads.setHook(upload, {
      state: outcome === 'failed' ? 'pending' : 'given-up',
      attempts: number,
    })
    report({ upload, outcome, attempt: number, detail, retryIn })
    if (retryIn !== null) schedule(upload, retryIn)
  }

  /** `null` when the receiver took it, else what went wrong. */
  async function tell(upload: Upload): Promise<string | null> {
    const { damage: _, active: __, connection: ___, expires: ____, ...view } = viewOf(upload, 0)
    const finished = new Date(upload.info.finished ?? 0).toISOString()
    const body = JSON.stringify({ event: 'upload.finished', upload: { ...view, finished } })
    try {
      const response = await fetch(receiver.url, {
        method: 'POST',
        headers: headersFor(upload, body),
        body,
        redirect: 'error',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(answerMs)]),
      })
      await response.body?.cancel()
      return response.ok ? null : `it answered ${response.status}`
    } catch (error) {
      return reasonOf(error)
    }
  }

  function headersFor(upload: Upload, body: string): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1000))
    return {
      'Content-Type': 'application/json',
      'User-Agent': 'longhaul',
      ...receiver.headers,
      'Idempotency-Key': `${upload.info.id}-finished`,
      'Longhaul-Timestamp': timestamp,
      ...(options.secret === null
        ? {}
        : { 'Longhaul-Signature': `v1=${sign(options.secret, timestamp, body)}` }),
    }
  }

  const onFinished = (upload: Upload) => schedule(upload, 0)
  uploads.events.on('finished', onFinished)
  for (const upload of uploads.all()) {
    if (upload.info.hook?.state === 'pending') schedule(upload, 0)
  }

  return {
    close() {
      uploads.events.off('finished', onFinished)
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** The hex HMAC-SHA-256 of `TIMESTAMP.BODY`, for both sides. */
export function sign(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}

/** Doubling from a second to ten minutes, a fifth of it by chance so that many don't come at once. Seconds. */
function backoff(attempt: number): number {
  const seconds = Math.min(longestRetrySeconds, firstRetrySeconds * 2 ** (attempt - 1))
  return seconds * (0.9 + 0.2 * Math.random())
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

interface Receiver {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** A name and password travel in a header (RFC 7617): fetch takes no URL that has them, and the log would show it. */
function receiverAt(given: string): Receiver {
  const url = new URL(given)
  const { username, password } = url
  if (username === '' && password === '') return { url: given, headers: {} }
  url.username = ''
  url.password = ''
  const credentials = [username, password].map(decodeURIComponent).join(':')
  const encoded = Buffer.from(credentials).toString('base64')
  return { url: url.href, headers: { Authorization: `Basic ${encoded}` } }
}
