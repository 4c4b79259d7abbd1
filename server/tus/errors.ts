// What tus answers for each thing that can go wrong: one table.
import type { UploadError, UploadErrorCode } from '../uploads/errors.ts'

/** An answer other than success; the text is a sentence for the client, with no internals in it. */
export interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Seconds after which a client told to come back should try. */
export const comeBack = { 'Retry-After': '1' }

/**
 * 409 and 423 are what tus clients try again by themselves, like any 5xx. A body that was cut off for being slow
 * gets 503 and not 408, which the common clients take as final.
 */
const answers = {
  'not-found': { status: 404 },
  gone: { status: 410 },
  damaged: { status: 410 },
  'offset-mismatch': { status: 409 },
  'length-conflict': { status: 400 },
  'too-large': { status: 413 },
  'beyond-length': { status: 413 },
  'no-space': { status: 507 },
  evicted: { status: 423, headers: comeBack },
  interrupted: { status: 503, headers: comeBack },
  stalled: { status: 503, headers: comeBack },
  draining: { status: 503, headers: comeBack },
  'not-finished': { status: 404 },
} satisfies Record<UploadErrorCode, Omit<Refusal, 'text'>>

/** The answer to an `UploadError`, with the offset from which the client can go on. */
export function refusalOf(error: UploadError): Refusal {
  const answer: Omit<Refusal, 'text'> = answers[error.code]
  const offset = error.offset === null ? {} : { 'Upload-Offset': String(error.offset) }
  return { status: answer.status, text: error.message, headers: { ...answer.headers, ...offset } }
}
