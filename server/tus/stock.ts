// @tus/server on our uploads: OPTIONS, creation, HEAD and DELETE. Bodies never pass here (docs/decisions/001).
import { DataStore, Server, Upload as StockUpload } from '@tus/server'
import type { Logger } from 'pino'
import { responseHeaders } from '../cors.ts'
import { comeBack, isServersTrouble, refusalOf, serverFailed } from '../refusals.ts'
import { UploadError } from '../uploads/errors.ts'
import type { Upload } from '../uploads/upload.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { version } from './protocol.ts'

/** The request as @tus/server gets it: only what it is to judge. */
export interface StockRequest {
  readonly method: 'OPTIONS' | 'POST' | 'HEAD' | 'DELETE'
  /** `null`: the creation URL. */
  readonly id: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Of a creation: what the uploads are to be told past @tus/server, which would change or refuse it. */
  readonly kept?: Kept
}

interface Kept {
  /** Upload-Metadata. */
  readonly metadata?: string | undefined
  /** Upload-Concat of a part. @tus/server refuses each: it asks the store for "concatentation". */
  readonly part?: string | undefined
  /** Any value: a body follows. */
  readonly body?: string | undefined
}

export interface StockAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string | null
}

/** Makes the function that asks @tus/server. `path` is where uploads live, e.g. `/files`. */
export function createStock(uploads: Uploads, path: string, log: Logger) {
  const server = new Server({
    path,
    datastore: new UploadsDataStore(uploads, log),
    relativeLocation: true,
    maxSize: uploads.options.maxSize,
    // HEAD reads a committed offset, and DELETE takes the upload's own lock: there is nothing to lock here.
    locker: { newLock: () => ({ lock: async () => {}, unlock: async () => {} }) },
    getFileIdFromRequest: (request) => new URL(request.url).pathname.slice(path.length + 1),
    // The upload names itself; @tus/server wants a name before there is one.
    namingFunction: () => 'unnamed',
    onUploadCreate: async (request) => ({
      metadata: Object.fromEntries(
        keptNames.map((name) => [name, request.headers.get(prefix + name)]),
      ),
    }),
  })

  return async (request: StockRequest): Promise<StockAnswer> => {
    const headers = new Headers({ ...request.headers, 'Tus-Resumable': version })
    for (const name of keptNames) {
      const value = request.kept?.[name]
      if (value !== undefined) headers.set(prefix + name, value)
    }
    const url = `http://localhost${path}${request.id === null ? '' : `/${request.id}`}`
    const response = await server.handleWeb(new Request(url, { method: request.method, headers }))
    return {
      status: response.status,
      headers: { ...own(response.headers), ...(response.status === 503 ? comeBack : {}) },
      text: (await response.text()).trim() || null,
    }
  }
}

/** How they travel through @tus/server: in headers of their own, then as its metadata, decoded text, which is not sent. */
const keptNames = ['metadata', 'part', 'body'] as const
const prefix = 'longhaul-'

/** Ours to say: the version and CORS (one place for every answer), and the length and type of the text. */
const dropped = /^(tus-resumable$|access-control-|content-)/

/** Fetch's Headers are lower-case; on the wire we write them as the specification does. */
const spelling = new Map<string, string>(responseHeaders.map((name) => [name.toLowerCase(), name]))

function own(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers]
      .filter(([name]) => !dropped.test(name))
      .map(([name, value]) => [spelling.get(name) ?? name, value]),
  )
}

class UploadsDataStore extends DataStore {
  readonly #uploads: Uploads
  readonly #log: Logger

  constructor(uploads: Uploads, log: Logger) {
    super()
    this.#uploads = uploads
    this.#log = log
    this.extensions = [
      'creation',
      'creation-with-upload',
      'creation-defer-length',
      'checksum',
      'checksum-trailer',
      'concatenation',
      'concatenation-unfinished',
      'termination',
      ...(uploads.options.expireAfter > 0 ? ['expiration'] : []),
    ]
  }

  override async create(upload: StockUpload): Promise<StockUpload> {
    const { metadata, part, body }: Readonly<Record<string, string | null>> = upload.metadata ?? {}
    const made = await this.#orRefusal(
      this.#uploads.create({
        length: upload.size ?? null,
        metadata: metadata ?? '',
        ...(part ? { part } : {}),
        bodyFollows: Boolean(body),
      }),
    )
    // @tus/server makes the Location of the object that it passed in.
    return Object.assign(upload, stockView(made))
  }

  override async getUpload(id: string): Promise<StockUpload> {
    return stockView(await this.#orRefusal(this.#uploads.find(id)))
  }

  override async remove(id: string): Promise<void> {
    await this.#orRefusal(this.#uploads.remove(id))
  }

  /** @tus/server takes errors as `{ status_code, body }`; of anything else it would tell the client the text. */
  async #orRefusal<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (isServersTrouble(error)) this.#log.error({ err: error }, 'request failed')
      const { status, text } = error instanceof UploadError ? refusalOf(error) : serverFailed
      throw { status_code: status, body: text }
    }
  }
}

function stockView(upload: Upload): StockUpload {
  const { id, length } = upload.info
  // `expiration` stays ours: no getExpiration() here, since @tus/server counts from the creation and expires finished uploads too.
  return new StockUpload({
    id,
    offset: upload.offset,
    ...(length === null ? {} : { size: length }),
  })
}
