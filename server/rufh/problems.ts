// What went wrong, as problem details (RFC 9457): the service's table of refusals, and what the draft calls them.
import { STATUS_CODES } from 'node:http'
import { type Refusal, refusalOf } from '../refusals.ts'
import type { Answer } from '../respond.ts'
import type { UploadError, UploadErrorCode } from '../uploads/errors.ts'
import type { Digest } from '../uploads/hash.ts'
import { algorithmOf, type InvalidDigest } from './digests.ts'
import { writeByteSequence } from './structured.ts'

/** The registered types with their titles (draft, Problem Types; draft-ietf-httpapi-digest-fields-problem-types). */
const titles = {
  'mismatching-upload-offset': 'Mismatching Upload Offset',
  'completed-upload': 'Upload Is Completed',
  'inconsistent-upload-length': 'Inconsistent Upload Length Values',
  'digest-invalid-values': 'Invalid Digest Values',
  'digest-mismatched-values': 'Mismatched Digest Values',
} as const

const registry = 'https://iana.org/assignments/http-problem-types#'

type Members = Readonly<Record<string, unknown>>

/** A refusal with its type and what that adds; without a type the status says all. */
export interface Problem extends Refusal {
  readonly type?: keyof typeof titles
  readonly members?: Members
}

/** A request that is refused before the upload is asked. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.text)
    this.problem = problem
  }
}

/** Where the draft wants another answer than tus, or has a type for it. */
const differences: Partial<Record<UploadErrorCode, Partial<Problem>>> = {
  'offset-mismatch': { type: 'mismatching-upload-offset' },
  'length-conflict': { type: 'inconsistent-upload-length' },
  'beyond-length': { status: 400, type: 'inconsistent-upload-length' },
  'checksum-mismatch': { status: 400, type: 'digest-mismatched-values' },
  'digest-mismatch': { type: 'digest-mismatched-values' },
  // A client gives up at 4xx, and may try again at 5xx.
  busy: { status: 503 },
}

export const problemOf = (error: UploadError): Problem => ({
  ...refusalOf(error),
  ...differences[error.code],
})

/** What one field tells of the length is not what another does. */
export const inconsistentLength = (text: string): ProblemError =>
  new ProblemError({ status: 400, text, type: 'inconsistent-upload-length' })

/** Field `header` has digests that no content can have. */
export const invalidDigests = (header: string, invalid: readonly InvalidDigest[]): ProblemError =>
  new ProblemError({
    status: 400,
    text: `${header} has a value that its algorithm can't give.`,
    type: 'digest-invalid-values',
    members: {
      'invalid-digests': invalid.map(({ algorithm, length }) => ({
        algorithm,
        header,
        reason: `digest value is not ${length} bytes long`,
      })),
    },
  })

/** What field `header` promised and the bytes don't keep. What they do hash to is not told. */
export const mismatchedDigests = (header: string, promised: readonly Digest[]): Members => ({
  'mismatched-digests': promised.map(({ hash, value }) => ({
    algorithm: algorithmOf(hash),
    'provided-digest': writeByteSequence(value),
    header,
  })),
})

/** The answer, as application/problem+json. */
export function answerWith(problem: Problem): Answer {
  const { status, text, type, members, headers = {}, closes = false } = problem
  const what =
    type === undefined
      ? { title: STATUS_CODES[status] }
      : { type: `${registry}${type}`, title: titles[type] }
  return {
    status,
    type: 'application/problem+json',
    text: JSON.stringify({ ...what, status, detail: text, ...members }),
    headers,
    closes,
  }
}
