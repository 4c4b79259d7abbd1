// What is answered over HTTP for each thing that can go wrong with an upload: one table for every protocol.
import type { Ending } from './connections.ts'
import { UploadError, type UploadErrorCode } from './uploads/errors.ts'

/** An answer other than success; the text is a sentence for the client, with no internals in it. */
export interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
  /** The body was given up in the middle (tus 1.0.0, PATCH: a timeout closes the connection). */
  readonly closes?: boolean
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
  // From now on it is damaged; this request is the one that finds out.
  lost: { status: 500, closes: true },
  'offset-mismatch': { status: 409 },
  'length-conflict': { status: 400 },
  'too-large': { status: 413 },
  'beyond-length': { status: 413 },
  'no-space': { status: 507, closes: true },
  unwritable: { status: 503, headers: comeBack, closes: true },
  busy: { status: 423, headers: comeBack },
  evicted: { status: 423, headers: comeBack, closes: true },
  interrupted: { status: 503, headers: comeBack, closes: true },
  stalled: { status: 503, headers: comeBack, closes: true },
  draining: { status: 503, headers: comeBack, closes: true },
  'not-finished': { status: 404 },
  // tus 1.0.0, Checksum: the status is tus' own.
  'checksum-mismatch': { status: 460 },
  'checksum-invalid': { status: 400 },
  'digest-mismatch': { status: 400 },
  // tus 1.0.0, Concatenation
  'is-final': { status: 403 },
  'part-missing': { status: 400 },
} satisfies Record<UploadErrorCode, Omit<Refusal, 'text'>>

/** The answer to an `UploadError`, with the offset from which the client can go on. */
export function refusalOf(error: UploadError): Refusal {
  const answer: Omit<Refusal, 'text'> = answers[error.code]
  const offset = error.offset === null ? {} : { 'Upload-Offset': String(error.offset) }
  return { ...answer, text: error.message, headers: { ...answer.headers, ...offset } }
}

const serversOwn = new Set<UploadErrorCode>(['no-space', 'unwritable', 'lost'])

/** Whether somebody who runs the service should look: not for what a client did, or what passes. */
export function isServersTrouble(error: unknown): boolean {
  return !(error instanceof UploadError) || serversOwn.has(error.code)
}

/** What went wrong is in the log, and only there. */
export const serverFailed: Refusal = {
  status: 500,
  text: 'The server could not do this; its log says why. What arrived before is kept.',
  headers: comeBack,
  closes: true,
}

export const foreignPage: Refusal = {
  status: 403,
  text: 'Pages of this origin may not upload here.',
}

const endings: Partial<Record<UploadErrorCode, Ending>> = {
  stalled: { by: 'server', how: 'read-timeout' },
  draining: { by: 'server', how: 'drain' },
}

/** How the ledger tells that we close the connection after this refusal; `null`: we don't, or there is nothing to tell. */
export const endingBy = ({ code }: UploadError): Ending | null => endings[code] ?? null
