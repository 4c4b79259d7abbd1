// One upload from its creation or resumption to its last byte: tries again while trouble can pass, never from byte 0 again.
import { setTimeout as sleep } from 'node:timers/promises'
import { type HttpRequest, type HttpResponse, Upload } from 'tus-js-client'
import { backoff, FinalError, mostDamaged, PassingError } from '../retry-policy.ts'
import type { ByteSource } from './byte-source.ts'
import { judge } from './failure.ts'
import { formatBytes, formatSeconds, printable } from './format.ts'
import type { KeptAliveStack } from './http-stack.ts'
import type { Progress } from './progress.ts'
import { createRateMeter } from './rate.ts'

const damagedSentence = `the same chunk arrived damaged ${mostDamaged} times: something on the way to the server changes bytes; try another network, or without the proxy in between`

export interface Job {
  /** As the user calls it. */
  readonly name: string
  readonly source: ByteSource
  readonly endpoint: string
  /** An upload to go on with; null to create one. */
  readonly uploadUrl: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** Bytes; `Infinity` sends the whole file in one PATCH. */
  readonly chunkSize: number
  /** Seconds without progress after which it gives up. */
  readonly retryFor: number
  /** An upload exists from now on: called before its first byte leaves. */
  onCreated(url: string): void
}

export interface Outcome {
  readonly state: 'finished' | 'failed' | 'interrupted'
  readonly url: string | null
  /** Bytes the server has confirmed. */
  readonly safe: number
  /** Where an earlier run's upload was taken up; null for a new one. */
  readonly resumedFrom: number | null
  /** Bytes sent more than once, because the server hadn't got them the first time. */
  readonly resent: number
  /** Chunks that arrived damaged and were sent again. */
  readonly damaged: number
  /** Why it isn't finished. */
  readonly error: string | null
  /** The next file would meet the same error. */
  readonly everyFile: boolean
}

export interface Surroundings {
  readonly stack: KeptAliveStack
  readonly progress: Progress
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  /** Milliseconds, monotonic. */
  now(): number
}

/** Uploads one file; never rejects. */
export async function sendFile(job: Job, around: Surroundings): Promise<Outcome> {
  const { progress, signal, now } = around
  const meter = createRateMeter(now)
  let url = job.uploadUrl
  const size = job.source.size
  let safe = 0
  let sent = 0
  let resumedFrom: number | null = null
  let resent = 0
  let damaged = 0
  /** Times in a row that the same chunk arrived damaged. */
  let damagedInRow = 0
  /** An earlier run's upload is asked first. */
  let isSafeKnown = job.uploadUrl === null
  let connected = false
  /** When the server last had more bytes than before. */
  let lastGain = now()
  let attempts = 0
  /** The user has been told that it waits. */
  let inTrouble = false

  function show(): void {
    progress.show({ name: job.name, size, safe, sent: Math.max(safe, sent), rate: meter.rate() })
  }

  function gain(offset: number): void {
    if (offset > safe || offset === size) {
      lastGain = now()
      attempts = 0
      damagedInRow = 0
    }
    safe = offset
    isSafeKnown = true
  }

  /** Called for each answer before tus-js-client looks at it; what it throws becomes the upload's error. */
  function check(request: HttpRequest, response: HttpResponse): void {
    connected = true
    const status = response.getStatus()
    if (status < 200 || status >= 300) return
    if (request.getMethod() === 'HEAD') checkResumption(response)
    if (request.getMethod() === 'PATCH') checkPatch(request, response)
    if (inTrouble) {
      const again = sent > safe ? ` (${formatBytes(sent - safe)} to send again)` : ''
      progress.say(`${printable(job.name)}: going on at ${formatBytes(safe)}${again}`)
      inTrouble = false
    }
    sent = safe
    show()
  }

  function checkResumption(response: HttpResponse): void {
    const offset = wholeNumber(response.getHeader('Upload-Offset'))
    const length = wholeNumber(response.getHeader('Upload-Length'))
    if (offset === null) throw new PassingError('the answer to HEAD has no Upload-Offset', 200)
    if (job.source.size !== null && length !== job.source.size) {
      throw new FinalError(
        `the upload at ${url} is one of ${length ?? 'unknown'} bytes, this file has ${job.source.size}; begin anew with --no-resume`,
      )
    }
    if (resumedFrom === null && job.uploadUrl !== null && url === job.uploadUrl)
      resumedFrom = offset
    else if (sent > offset) resent += sent - offset
    if (offset < safe) {
      progress.say(
        `${printable(job.name)}: the server had confirmed ${formatBytes(safe)} and has ${formatBytes(offset)} now; the rest is sent again`,
      )
    }
    gain(offset)
  }

  function checkPatch(request: HttpRequest, response: HttpResponse): void {
    const from = Number(request.getHeader('Upload-Offset'))
    const end = from + Number(request.getHeader('Content-Length'))
    const offset = wholeNumber(response.getHeader('Upload-Offset'))
    if (offset === null) throw new PassingError('the answer to PATCH has no Upload-Offset', 204)
    if (offset > end) {
      throw new FinalError(`the server confirms ${offset} bytes, but only ${end} were sent`)
    }
    // Without this tus-js-client would send the same chunk for ever.
    if (offset <= from && end > from)
      throw new PassingError('the server took no byte of the chunk', 204)
    resent += end - offset
    gain(offset)
  }

  function createUpload(): Upload {
    // tus-js-client hands its "file" to our fileReader only, which has the source already.
    const upload: Upload = new Upload(Buffer.alloc(0), {
      endpoint: url === null ? job.endpoint : null,
      uploadUrl: url,
      metadata: job.metadata,
      chunkSize: job.chunkSize,
      uploadLengthDeferred: job.source.size === null,
      httpStack: around.stack,
      // Its own size type has no null for "unknown", which its code has.
      fileReader: { openFile: async () => job.source as ByteSource & { size: number } },
      fingerprint: async () => '',
      storeFingerprintForResuming: false,
      // The loop below waits, tells, and knows when to stop.
      retryDelays: null,
      onAfterResponse: check,
      onProgress(bytesSent) {
        sent = bytesSent
        meter.add(bytesSent)
        show()
      },
      onUploadUrlAvailable() {
        // Without an endpoint tus-js-client can't create a second upload when a HEAD goes wrong (tus-js-client#579).
        upload.options.endpoint = null
        if (url === null && upload.url !== null) {
          url = upload.url
          lastGain = now()
          attempts = 0
          job.onCreated(url)
        }
      },
    })
    return upload
  }

  function outcome(
    state: Outcome['state'],
    error: string | null = null,
    everyFile = false,
  ): Outcome {
    progress.end()
    return { state, url, safe, resumedFrom, resent, damaged, error, everyFile }
  }

  let upload = createUpload()
  let startedOver = false
  for (;;) {
    try {
      await attempt(upload, signal)
      return outcome('finished')
    } catch (error) {
      if (signal.aborted) return outcome('interrupted')
      const verdict = judge(error, connected)
      if (verdict.kind === 'final') return outcome('failed', verdict.reason, verdict.everyFile)
      if (verdict.kind === 'gone') {
        if (startedOver || size === null) return outcome('failed', verdict.reason)
        startedOver = true
        progress.say(
          `${printable(job.name)}: ${verdict.reason} (expired or deleted); it is sent from the beginning`,
        )
        url = null
        safe = sent = 0
        upload = createUpload()
        continue
      }
      if (verdict.kind === 'damaged') {
        damagedInRow += 1
        if (damagedInRow >= mostDamaged) return outcome('failed', damagedSentence)
        damaged += 1
        progress.say(`${printable(job.name)}: a chunk arrived damaged and is sent again`)
        continue
      }
      const left = job.retryFor - (now() - lastGain) / 1000
      if (left <= 0) {
        return outcome(
          'failed',
          `${verdict.reason}; no progress for ${formatSeconds(job.retryFor)}`,
          true,
        )
      }
      attempts += 1
      const wait = Math.min(left, Math.max(backoff(attempts) / 1000, verdict.after ?? 0))
      if (!inTrouble) {
        progress.say(
          `${printable(job.name)}: ${verdict.reason}; ${isSafeKnown ? `${formatBytes(safe)} safe, ` : ''}trying again for up to ${formatSeconds(left)}`,
        )
        inTrouble = true
      }
      meter.reset()
      await sleep(wait * 1000, undefined, { signal }).catch(() => {})
      if (signal.aborted) return outcome('interrupted')
    }
  }
}

/** Starts or takes up the upload; settles when it is finished, broken, or aborted by the signal. */
function attempt(upload: Upload, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stop = () => {
      upload.abort()
      reject(signal.reason)
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    const settled = () => signal.removeEventListener('abort', stop)
    upload.options.onSuccess = () => {
      settled()
      resolve()
    }
    upload.options.onError = (error) => {
      settled()
      reject(error)
    }
    upload.start()
  })
}

function wholeNumber(text: string | undefined | null): number | null {
  return text !== null && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
