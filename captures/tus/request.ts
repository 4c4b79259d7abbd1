// An exchange of tus 1.0.0 in, what it did to an upload out.
import type { Exchange, Fields, Request } from '../http/exchange.ts'
import { checksumMismatch, uploadChecksum } from './checksum.ts'
import { concatenationOf } from './concatenation.ts'
import { filenameOf } from './metadata.ts'
import { isSuccessful, rangeFrom, type UploadStep, wholeNumber } from './upload-step.ts'
import { locationUrl, targetUrl } from './url.ts'

const patchType = 'application/offset+octet-stream'

/**
 * `null`: the exchange has nothing to do with tus, as far as it is there. `isUpload`: the target is known to be an upload,
 * from other exchanges; then the method alone tells.
 */
export function readTusStep(exchange: Exchange, isUpload = false): UploadStep | null {
  const { request, response } = exchange
  if (request === null || request.version === '') return null
  if (!isUpload && !isTus(request.fields) && !isTus(response?.fields)) return null
  const action = actionOf(request)
  if (action === null) return null

  const isSuccess = isSuccessful(response?.status)
  const answeredOffset = wholeNumber(response?.fields, 'upload-offset')
  const concatenation = concatenationOf(request, response)
  const common = {
    protocol: 'tus',
    action,
    answeredOffset,
    length:
      wholeNumber(request.fields, 'upload-length') ??
      wholeNumber(response?.fields, 'upload-length'),
    isSuccess,
    // A final upload is the partial ones in a row: it is there as soon as it is created (tus 1.0.0, Concatenation).
    isComplete: concatenation?.kind === 'final' && isSuccess && action === 'creation',
    filename: filenameOf(
      request.fields.get('upload-metadata') ?? response?.fields.get('upload-metadata'),
    ),
    version: request.fields.get('tus-resumable') ?? response?.fields.get('tus-resumable') ?? null,
    checksum: uploadChecksum(request.fields),
    isDamaged: response?.status === checksumMismatch,
    concatenation,
  } as const
  switch (action) {
    case 'creation': {
      const location = isSuccess ? response?.fields.get('location') : undefined
      return {
        ...common,
        ...firstRange(request, answeredOffset),
        url: location === undefined ? null : locationUrl(location, request),
      }
    }
    case 'append': {
      const from = wholeNumber(request.fields, 'upload-offset')
      const answered = isSuccess ? answeredOffset : null
      return { ...common, ...rangeFrom(from, request, answered), url: targetUrl(request) }
    }
    default:
      return { ...common, from: null, to: null, isReckoned: false, url: targetUrl(request) }
  }
}

function isTus(fields: Fields | undefined): boolean {
  if (fields === undefined) return false
  return (
    fields.has('tus-resumable') ||
    fields.has('upload-offset') ||
    fields.has('upload-length') ||
    fields.has('upload-defer-length') ||
    fields.has('upload-concat') ||
    fields.has('upload-metadata') ||
    fields.get('content-type') === patchType
  )
}

/** What a client can't send as itself comes as a POST (tus 1.0.0, X-HTTP-Method-Override). */
function actionOf({ method, fields }: Request): UploadStep['action'] | null {
  switch (method === 'POST' ? (fields.get('x-http-method-override') ?? method) : method) {
    case 'POST':
      return 'creation'
    case 'PATCH':
      return 'append'
    case 'HEAD':
      return 'offset'
    case 'DELETE':
      return 'cancellation'
    case 'GET':
      return 'download'
    default:
      return null
  }
}

/** Creation With Upload: the body is the beginning of the file if its type says so. */
function firstRange(request: Request, answeredOffset: number | null) {
  const type = request.fields.get('content-type')
  const isFile = type === patchType || (type === undefined && request.isHeadCut)
  return isFile && request.bodyLength > 0
    ? rangeFrom(0, request, answeredOffset)
    : { from: null, to: null, isReckoned: false }
}
