// The IETF's resumable uploads over HTTP: a request for /files or /files/ID in, operations on uploads, and the answer.
import type { Logger } from 'pino'
import { decideCors } from '../cors.ts'
import { type Exchange, idIn, methodOf } from '../exchange.ts'
import { endingBy, foreignPage, isServersTrouble, type Refusal, serverFailed } from '../refusals.ts'
import { type Answer, respond } from '../respond.ts'
import { UploadError } from '../uploads/errors.ts'
import { idPattern } from '../uploads/info-file.ts'
import type { Uploads } from '../uploads/uploads.ts'
import type { Call } from './call.ts'
import { completeField, type Fields, limitFields, stateFields } from './fields.ts'
import type { InterimOptions } from './interim.ts'
import { createOperations, type Outcome } from './operations.ts'
import { answerWith, mismatchedDigests, type Problem, ProblemError, problemOf } from './problems.ts'
import { createReceiver } from './receive.ts'
import type { ReprDigests } from './repr-digests.ts'
import { versionOf } from './versions.ts'

export interface RufhOptions extends InterimOptions {
  readonly corsOrigin: readonly string[]
  /** Bytes of an Upload-Metadata header. */
  readonly maxMetadata: number
  readonly digests: ReprDigests
  /** Answers a GET or HEAD of a finished upload. */
  download(exchange: Exchange): void
}

/** With a `refusal`, the client may not enter: that is the answer, as problem details. */
export type RufhHandler = (exchange: Exchange, refusal: Refusal | null) => void

/** Makes the handler of every method of the draft but OPTIONS, whose answer serves both protocols. */
export function createRufh(uploads: Uploads, options: RufhOptions, log: Logger): RufhHandler {
  const { digests, maxMetadata } = options
  const receiver = createReceiver(uploads, options)
  const operations = createOperations({ uploads, receiver, digests, maxMetadata })

  const ofUploads = {
    HEAD: operations.retrieve,
    GET: operations.retrieve,
    PATCH: operations.append,
    DELETE: operations.cancel,
  } as const
  const ofCreation = {
    POST: operations.create,
    PUT: operations.create,
    PATCH: operations.create,
  } as const

  async function answerTo(call: Call): Promise<Outcome> {
    const method = methodOf(call.request)
    try {
      if (call.id === null) {
        if (isIn(ofCreation, method)) return await ofCreation[method](call)
        throw notAllowed(method, Object.keys(ofCreation))
      }
      if (!isIn(ofUploads, method)) throw notAllowed(method, Object.keys(ofUploads))
      if (!idPattern.test(call.id)) throw new UploadError('not-found', 'There is no such upload.')
      return await ofUploads[method](call, call.id)
    } catch (error) {
      return refuse(call, error)
    }
  }

  function refuse(call: Call, error: unknown): Answer {
    if (!(error instanceof ProblemError) && isServersTrouble(error)) {
      log.error({ err: error, connection: call.connection.id, upload: call.id }, 'request failed')
    }
    if (error instanceof UploadError) call.connection.ended ??= endingBy(error)
    const problem = problemIn(call, error)
    const fields = {
      ...call.where,
      ...stateAfter(call, error),
      ...(problem.status === 413 ? limitFields(uploads.options, call.upload, call.version) : {}),
    }
    return answerWith({ ...problem, headers: { ...fields, ...problem.headers } })
  }

  return (exchange, refusal) => {
    const { request, response, connection, expectsContinue } = exchange
    const call: Call = {
      ...exchange,
      id: idIn(request.url ?? ''),
      version: versionOf(request.headers['upload-draft-interop-version']),
      bodyState: expectsContinue ? 'unasked' : 'coming',
      upload: null,
      head: null,
      where: {},
    }
    const cors = decideCors(request, options.corsOrigin)
    const send = (answer: Answer) => {
      const common = { 'Longhaul-Connection': String(connection.id) }
      respond(request, response, answer, call.bodyState, [common, cors.headers])
    }
    const refused = cors.isAllowed ? refusal : foreignPage
    if (refused !== null) {
      send(answerWith(refused))
      return
    }
    answerTo(call)
      .then((outcome) => (outcome === 'download' ? options.download(exchange) : send(outcome)))
      .catch((error: unknown) => {
        log.error({ err: error, upload: call.id }, 'answering failed')
        response.destroy()
      })
  }
}

function problemIn({ version, head, upload }: Call, error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (!(error instanceof UploadError)) return serverFailed
  const problem = problemOf(error)
  switch (error.code) {
    case 'offset-mismatch':
      return { ...problem, members: offsets(error.offset, head?.offset) }
    case 'checksum-mismatch':
      return {
        ...problem,
        members: mismatchedDigests('Content-Digest', head?.check?.promised ?? []),
      }
    case 'digest-mismatch':
      return { ...problem, members: mismatchedDigests('Repr-Digest', upload?.info.promised ?? []) }
    case 'gone':
    case 'damaged':
      return { ...problem, status: version.gone }
    default:
      return problem
  }
}

/** draft, Mismatching Offset. */
const offsets = (expected: number | null, provided: number | undefined) => ({
  'expected-offset': expected,
  'provided-offset': provided,
})

/** Where the upload stands, in every answer to content for it; nothing of one that is no more. */
function stateAfter({ upload, version }: Call, error: unknown): Fields {
  if (upload === null) return {}
  // All of it came, and this is what became of it (draft, Upload Append).
  if (error instanceof UploadError && error.code === 'digest-mismatch')
    return completeField(version, true)
  return upload.removed || upload.damage !== null ? {} : stateFields(upload, version)
}

const notAllowed = (method: string, allowed: readonly string[]): ProblemError =>
  new ProblemError({
    status: 405,
    text: `${method} is no method of this.`,
    headers: { Allow: [...allowed, 'OPTIONS'].join(', ') },
  })

const isIn = <T extends object>(table: T, key: string): key is Extract<keyof T, string> =>
  Object.hasOwn(table, key)
