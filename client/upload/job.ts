// What the queue asks of whoever carries the bytes.
import type { HttpRequest } from 'tus-js-client'
import type { FileIdentity } from '../fingerprint.ts'
import type { Line } from './line.ts'
import type { PartsJob } from './part-options.ts'

/** What carries the bytes: Uppy and its Tus plugin behind four verbs. */
export interface Carrier {
  /** Starts or goes on; resolves when the file is finished, has failed or was dropped. */
  start(job: Job): Promise<Outcome>
  pause(job: Job): void
  resume(job: Job): void
  /** Forgets the file; nothing is deleted on the server. */
  drop(job: Job): void
}

export type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly why: string }

/** What the carrier needs to know of a file. */
export interface Job {
  readonly id: string
  readonly file: File
  readonly path: string | null
  readonly lineOf: (request: HttpRequest) => Line
  readonly identity: FileIdentity
  /** The upload to continue, absolute; null to create one. */
  readonly url: string | null
  /** Null: over one connection. */
  readonly parts: PartsJob | null
}
