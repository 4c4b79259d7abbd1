// An exchange of the IETF's resumable uploads in, what it did to an upload out (draft-ietf-httpbis-resumable-upload; interop
// versions 3, 5, 6 and 8, which are told apart by their fields, not by their numbers).
import type { Exchange, Fields, Request, Response } from '../http/exchange.ts'
import { digestAlgorithm } from './checksum.ts'
import { dispositionName } from './metadata.ts'
import { isSuccessful, rangeFrom, sentBytes, type UploadStep, wholeNumber } from './upload-step.ts'
import { locationUrl, targetUrl } from './url.ts'

const versionField = 'upload-draft-interop-version'
const partialType = 'application/partial-upload'

/** `null`: the exchange has nothing to do with the draft, as far as it is there. `isUpload`: its target is an upload. */
export function readDraftStep(exchange: Exchange, isUpload = false): UploadStep | null {
  const { request, interim, response } = exchange
  if (request === null || request.version === '' || request.fields.has('tus-resumable')) return null
  const answers = response === null ? interim : [...interim, response]
  if (!isUpload && ![request, ...answers].some(({ fields }) => isDraft(fields))) return null
  const action = actionOf(request, response, isUpload)
  if (action === null) return null

  const isSuccess = isSuccessful(response?.status)
  const answeredOffset = lastTold(answers, 'upload-offset')
  const isLast = completeness(request.fields)
  const begin = action === 'creation' ? 0 : wholeNumber(request.fields, 'upload-offset')
  const range = rangeOf(action, begin, request, isSuccess ? answeredOffset : null)
  return {
    protocol: 'ietf',
    action,
    ...range,
    answeredOffset,
    length: lengthOf(request, answers, isLast === true ? begin : null),
    isSuccess,
    // What the server says holds, also where the request failed behind the upload (§4.4.2); a success that says nothing has all.
    isComplete: completeness(response?.fields) ?? (isSuccess && isLast === true),
    url: action === 'creation' ? createdUrl(request, answers) : targetUrl(request),
    filename: action === 'creation' ? dispositionName(request.fields) : null,
    version:
      [request, ...answers].flatMap(({ fields }) => fields.get(versionField) ?? [])[0] ?? null,
    checksum: digestAlgorithm(request.fields),
    isDamaged: false,
    concatenation: null,
  }
}

const isDraft = (fields: Fields): boolean =>
  fields.has(versionField) ||
  fields.has('upload-complete') ||
  fields.has('upload-incomplete') ||
  fields.has('upload-limit') ||
  fields.get('content-type') === partialType

/** A creation is any request with content that has no offset yet; every other one is for the upload itself. */
function actionOf(
  { method, fields }: Request,
  response: Response | null,
  isUpload: boolean,
): UploadStep['action'] | null {
  switch (method) {
    case 'HEAD':
      return 'offset'
    case 'GET':
      return response?.fields.has('upload-offset') ? 'offset' : 'download'
    case 'DELETE':
      return 'cancellation'
    case 'PATCH':
      return isUpload || fields.has('upload-offset') || fields.get('content-type') === partialType
        ? 'append'
        : 'creation'
    case 'POST':
    case 'PUT':
      return 'creation'
    default:
      return null
  }
}

/** Upload-Complete, a boolean of structured fields; up to interop version 3 its opposite. */
function completeness(fields: Fields | undefined): boolean | null {
  const complete = fields?.get('upload-complete')
  if (complete === '?1' || complete === '?0') return complete === '?1'
  const incomplete = fields?.get('upload-incomplete')
  return incomplete === '?1' || incomplete === '?0' ? incomplete === '?0' : null
}

function rangeOf(
  action: UploadStep['action'],
  begin: number | null,
  request: Request,
  answered: number | null,
) {
  const isFile = action === 'append' || (action === 'creation' && request.bodyLength > 0)
  return isFile ? rangeFrom(begin, request, answered) : { from: null, to: null, isReckoned: false }
}

/** Of the latest answer that tells it: interim ones (104) tell how far the server is. */
function lastTold(answers: readonly Response[], name: string): number | null {
  const told = answers.map(({ fields }) => wholeNumber(fields, name))
  return told.findLast((value) => value !== null) ?? null
}

/** Told, or known by the last part: where it begins, and what its Content-Length says. `last`: where that is, if it is one. */
function lengthOf(request: Request, answers: readonly Response[], last: number | null) {
  const told = wholeNumber(request.fields, 'upload-length') ?? lastTold(answers, 'upload-length')
  if (told !== null || last === null) return told
  const size = request.declaredLength ?? (request.to === null ? null : sentBytes(request))
  return size === null ? null : last + size
}

/** The same in every answer that has it (§4.2); a 104 is the first one. */
function createdUrl(request: Request, answers: readonly Response[]): string | null {
  const created = answers.find(
    ({ status, fields }) => (status === 104 || isSuccessful(status)) && fields.has('location'),
  )
  const location = created?.fields.get('location')
  return location === undefined ? null : locationUrl(location, request)
}
