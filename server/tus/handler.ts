// tus 1.0.0 over HTTP: a request for /files or /files/ID in, operations on uploads, and the answer.
import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { decideCors, methods, preflightHeaders } from '../cors.ts'
import { bodyLengthOf, type Exchange, idIn, methodOf, uploadsPath } from '../exchange.ts'
import {
  comeBack,
  endingBy,
  foreignPage,
  isServersTrouble,
  type Refusal,
  refusalOf,
  serverFailed,
} from '../refusals.ts'
import { type Answer, type BodyState, respond } from '../respond.ts'
import type { BodyCheck } from '../uploads/body-check.ts'
import { UploadError, type UploadErrorCode } from '../uploads/errors.ts'
import { idPattern } from '../uploads/info-file.ts'
import { expiryOf, type Upload } from '../uploads/upload.ts'
import type { NewFinal, Uploads } from '../uploads/uploads.ts'
import { checksumAlgorithms, readCheck } from './checksum.ts'
import {
  concatenationHeaders,
  readConcatenation,
  refuseFinal,
  unchangeable,
} from './concatenation.ts'
import { creationHeaders, refuseCreation } from './creation.ts'
import { appendBody, isPatchType, readPatchHead } from './patch.ts'
import { version } from './protocol.ts'
import { createStock } from './stock.ts'

export interface TusOptions {
  readonly corsOrigin: readonly string[]
  /** Bytes of an Upload-Metadata header. */
  readonly maxMetadata: number
}

/** With a `refusal`, the client may not enter: that is the answer, in tus' manner. */
export type TusHandler = (exchange: Exchange, refusal: Refusal | null) => void

/** For whoever sends a file with curl -T or a form. */
const howTo =
  'An upload begins with POST and Tus-Resumable, or with Upload-Complete (IETF resumable uploads): "longhaul upload FILE" and the page at / do that.'

type Method = (typeof methods)[number]

interface Call extends Exchange {
  readonly id: string | null
  bodyState: BodyState
}

/** Makes the handler of every tus method. GET is not one of them: see `downloads.ts`. */
export function createTus(uploads: Uploads, options: TusOptions, log: Logger): TusHandler {
  const askStock = createStock(uploads, uploadsPath, log)

  const handlers: Partial<Record<Method, (call: Call) => Promise<Answer>>> = {
    OPTIONS: async () => {
      const answer = await askStock({ method: 'OPTIONS', id: null, headers: {} })
      const algorithms = { 'Tus-Checksum-Algorithm': checksumAlgorithms.join(',') }
      return { ...answer, headers: { ...answer.headers, ...algorithms, ...preflightHeaders } }
    },
    POST: create,
    HEAD: head,
    PATCH: (call) => patch(call).catch((error: unknown) => withExpiry(call, refuse(call, error))),
    DELETE: async ({ id }) => askStock({ method: 'DELETE', id, headers: {} }),
  }

  async function create(call: Call): Promise<Answer> {
    const { headers } = call.request
    if (call.id !== null)
      return { status: 405, text: 'Create uploads at /files.', headers: { Allow: allowed } }
    const refused = refuseCreation(call.request, options.maxMetadata)
    if (refused !== null) return refused
    const concatenation = readConcatenation(call.request)
    if (concatenation !== null && 'status' in concatenation) return concatenation
    const check = readCheck(call.request)
    if (check !== null && 'status' in check) return check
    const metadata = headers['upload-metadata']?.toString()
    if (concatenation?.kind === 'final') {
      return concatenate(call, { ...concatenation, metadata: metadata ?? '' })
    }
    const hasBody = isPatchType(headers['content-type'])
    const answer = await askStock({
      method: 'POST',
      id: null,
      headers: pick(headers, creationHeaders),
      kept: { metadata, part: concatenation?.header, body: hasBody ? 'follows' : undefined },
    })
    const upload = uploads.peek(answer.headers.Location?.slice(uploadsPath.length + 1) ?? '')
    if (answer.status !== 201 || upload === null) return answer
    const first = hasBody ? await takeFirstBody(call, upload, check) : {}
    return {
      ...answer,
      ...first,
      headers: { ...answer.headers, ...first.headers, ...expires(upload) },
    }
  }

  /** Past @tus/server, which can't make an upload without a length. */
  async function concatenate(call: Call, final: NewFinal): Promise<Answer> {
    const refused = refuseFinal(call.request)
    if (refused !== null) return refused
    const upload = await uploads.concatenate(final)
    const headers = { Location: `${uploadsPath}/${upload.info.id}`, ...expires(upload) }
    return { status: 201, text: null, headers }
  }

  /** Creation With Upload: what the POST carries is appended as by a PATCH at 0. */
  async function takeFirstBody(
    call: Call,
    upload: Upload,
    check: BodyCheck | null,
  ): Promise<Omit<Answer, 'status' | 'text'>> {
    try {
      await append(call, upload.info.id, {
        offset: 0,
        length: null,
        bodyLength: bodyLengthOf(call.request),
        check,
      })
    } catch (error) {
      if (error instanceof UploadError && unkept.has(error.code)) await forget(upload)
      // The upload exists all the same: the client learns where, and how much of the body is in it. But it takes
      // offset = length for the end, which only a finished upload may tell.
      const isWhole = upload.offset === upload.info.length
      if (!(error instanceof UploadError) || !takenInPart.has(error.code) || isWhole) throw error
      log.info(
        { upload: upload.info.id, reason: error.message },
        'the body of a creation was not taken whole',
      )
      return { headers: { 'Upload-Offset': String(upload.offset) }, closes: true }
    }
    return { headers: { 'Upload-Offset': String(upload.offset) } }
  }

  /** Its creation is refused, so nobody learns of it. */
  async function forget(upload: Upload): Promise<void> {
    await uploads.remove(upload.info.id).catch((error: unknown) => {
      log.warn({ err: error, upload: upload.info.id }, 'a refused creation could not be taken back')
    })
  }

  async function head({ id }: Call): Promise<Answer> {
    try {
      const answer = await askStock({ method: 'HEAD', id, headers: {} })
      const upload = id === null ? null : uploads.peek(id)
      if (answer.status !== 200 || upload === null) return onlyHeadStatuses(answer)
      const { metadata } = upload.info
      return {
        ...answer,
        headers: {
          ...concatenationHeaders(answer.headers, upload),
          ...(metadata === '' ? {} : { 'Upload-Metadata': metadata }),
          ...expires(upload),
        },
      }
    } catch (error) {
      log.error({ err: error, upload: id }, 'HEAD failed')
      return onlyHeadStatuses({ status: 500, text: null })
    }
  }

  async function patch(call: Call): Promise<Answer> {
    call.connection.patches += 1
    call.connection.upload = call.id
    const isFinal = call.id !== null && uploads.peek(call.id)?.info.concatenation?.kind === 'final'
    const head = isFinal ? unchangeable : readPatchHead(call.request)
    if ('status' in head) return withExpiry(call, head)
    if (call.id === null) return { status: 404, text: 'There is no such upload.' }
    const upload = await append(call, call.id, head)
    const headers = { 'Upload-Offset': String(upload.offset), ...expires(upload) }
    return { status: 204, text: null, headers }
  }

  /** Every answer to a PATCH tells how long the client has to go on (tus 1.0.0, Expiration). */
  function withExpiry(call: Call, refusal: Refusal): Answer {
    const upload = call.id === null ? null : uploads.peek(call.id)
    if (upload === null) return refusal
    return { ...refusal, headers: { ...refusal.headers, ...expires(upload) } }
  }

  function append(call: Call, id: string, head: Parameters<typeof appendBody>[3]): Promise<Upload> {
    return appendBody(uploads, id, call.request, head, call.connection.id, () => {
      if (call.bodyState === 'unasked') call.response.writeContinue()
      call.bodyState = 'coming'
    })
  }

  /** tus 1.0.0, Expiration: told of what will be removed. */
  function expires(upload: Upload): Record<string, string> {
    const time = expiryIn(upload)
    return time === null ? {} : { 'Upload-Expires': httpDate(time) }
  }

  /** A final upload that waits for its parts goes with the first of them that is given up. */
  function expiryIn(upload: Upload): number | null {
    const { expireAfter } = uploads.options
    const { concatenation, finished } = upload.info
    if (concatenation?.kind !== 'final' || finished !== null) return expiryOf(upload, expireAfter)
    const times = concatenation.parts.flatMap((id) => {
      const part = uploads.peek(id)
      return part?.info.finished === null ? (expiryOf(part, expireAfter) ?? []) : []
    })
    return times.length === 0 ? null : Math.min(...times)
  }

  async function answerTo(call: Call): Promise<Answer> {
    const method = methodOf(call.request)
    const handler = handlers[method as Method]
    if (handler === undefined) {
      return {
        status: 405,
        text: `${method} is no method of an upload. ${howTo}`,
        headers: { Allow: allowed },
      }
    }
    if (method !== 'OPTIONS' && call.request.headers['tus-resumable'] !== version) {
      return {
        status: 412,
        text: `This server speaks Tus-Resumable: ${version}. ${howTo}`,
        headers: { 'Tus-Version': version },
      }
    }
    if (call.id !== null && !idPattern.test(call.id))
      return { status: 404, text: 'There is no such upload.' }
    return handler(call).catch((error: unknown) => refuse(call, error))
  }

  function refuse(call: Call, error: unknown): Refusal {
    if (isServersTrouble(error)) {
      log.error({ err: error, connection: call.connection.id, upload: call.id }, 'request failed')
    }
    if (!(error instanceof UploadError)) return serverFailed
    call.connection.ended ??= endingBy(error)
    return refusalOf(error)
  }

  return ({ request, response, connection, expectsContinue }, refusal) => {
    const call: Call = {
      request,
      response,
      connection,
      expectsContinue,
      id: idIn(request.url ?? ''),
      bodyState: expectsContinue ? 'unasked' : 'coming',
    }
    const cors = decideCors(request, options.corsOrigin)
    const send = (answer: Answer) => {
      if (answer.status === 460) response.statusMessage = 'Checksum Mismatch'
      const common = { 'Tus-Resumable': version, 'Longhaul-Connection': String(connection.id) }
      respond(request, response, answer, call.bodyState, [common, cors.headers])
    }
    const refused = cors.isAllowed ? refusal : foreignPage
    if (refused !== null) {
      send(refused)
      return
    }
    answerTo(call)
      .then(send)
      .catch((error: unknown) => {
        log.error({ err: error, upload: call.id }, 'answering failed')
        response.destroy()
      })
  }
}

/** Why a first body may be in an upload only in part. */
const takenInPart = new Set<UploadErrorCode>([
  'interrupted',
  'evicted',
  'stalled',
  'draining',
  'no-space',
  'unwritable',
])

/** Why a first body, and with it its upload, was not taken at all (tus 1.0.0, Checksum: discarded). */
const unkept = new Set<UploadErrorCode>(['checksum-mismatch', 'checksum-invalid', 'beyond-length'])

/** An IMF-fixdate (RFC 9110 §5.6.7) of a time in ms. Many PATCHes in one second ask for the same one. */
function httpDate(time: number): string {
  const second = Math.floor(time / 1000)
  if (second !== lastDate.second) lastDate = { second, text: new Date(time).toUTCString() }
  return lastDate.text
}

let lastDate = { second: Number.NaN, text: '' }

const allowed = methods.join(', ')

/**
 * Clients start over from byte 0 on any HEAD status that they don't know, so passing trouble is told as 423: try again.
 */
function onlyHeadStatuses(answer: Answer): Answer {
  if ([200, 404, 410].includes(answer.status)) return answer
  return { status: 423, text: null, headers: comeBack }
}

function pick(
  headers: IncomingMessage['headers'],
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  )
}
