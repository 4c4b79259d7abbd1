// What one exchange did to an upload, as its two messages tell it; other exchanges are not looked at.
import type { ExchangeUpload, SequenceRange } from '../analysis.ts'
import type { Fields, Request } from '../http/exchange.ts'

export interface UploadStep {
  readonly protocol: ExchangeUpload['protocol']
  readonly action: ExchangeUpload['action']
  /** `null`: a creation of which the answer, and with it the URL, is not there. */
  readonly url: string | null
  /** Bytes of the file in the request; `null`: none, or unknown. */
  readonly from: number | null
  readonly to: number | null
  /** They are reckoned from the answer, because the request's head was cut: they can't be held against it. */
  readonly isReckoned: boolean
  /** The offset that the server answered. */
  readonly answeredOffset: number | null
  /** The length of the whole file, as far as one of both tells it. */
  readonly length: number | null
  /** A 2xx answer. */
  readonly isSuccess: boolean
  /** The server says that it has the whole file. */
  readonly isComplete: boolean
  readonly filename: string | null
  /** See `ExchangeUpload`. */
  readonly version: string | null
  readonly checksum: string | null
  readonly isDamaged: boolean
  readonly concatenation: StepConcatenation | null
}

/** What a creation says: the URLs of a final's parts as the other requests have them. */
export type StepConcatenation =
  | { readonly kind: 'partial' }
  | { readonly kind: 'final'; readonly parts: readonly string[] }

/** A field that is a whole number, in digits only; `null`: not there, or none. */
export function wholeNumber(fields: Fields | undefined, name: string): number | null {
  const text = fields?.get(name) ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** Body bytes that were sent; `null`: of a head that was cut it is not known where the body began. */
export function sentBytes({ isHeadCut, to, bodyLength, declaredLength }: Request): number | null {
  if (!isHeadCut) return bodyLength
  return to === null ? null : declaredLength
}

/** The range of a body that begins at `from`. */
export function rangeFrom(
  from: number | null,
  request: Request,
  answeredOffset: number | null,
): Pick<UploadStep, 'from' | 'to' | 'isReckoned'> {
  const sent = sentBytes(request)
  if (from !== null && sent !== null) return { from, to: from + sent, isReckoned: false }
  const unknown = { from, to: null, isReckoned: false }
  if (!request.isHeadCut || request.to === null || answeredOffset === null) return unknown
  const reckoned = from ?? (sent === null ? null : answeredOffset - sent)
  if (reckoned === null || reckoned < 0 || reckoned > answeredOffset) return unknown
  return { from: reckoned, to: answeredOffset, isReckoned: true }
}

/** Where the body lies in the client's stream, as Wireshark counts; `null`: no body, or not known where it begins. */
export function bodySequence(request: Request): SequenceRange | null {
  const sent = sentBytes(request)
  if (sent === null || sent === 0) return null
  const end = request.to ?? request.headEnd + request.bodyLength
  return { from: request.headEnd + 1, to: end + 1 }
}

export const isSuccessful = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300
