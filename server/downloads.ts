// GET of a finished upload. Ranges, conditional requests and Last-Modified are those of `send`.
import { create as contentDisposition } from 'content-disposition'
import type { Request, RequestHandler, Response } from 'express'
import mime from 'mime-types'
import type { Logger } from 'pino'
import send from 'send'
import { mendConditions } from './conditions.ts'
import { decideCors } from './cors.ts'
import { isMediaType } from './exchange.ts'
import { joinFiles } from './joined-files.ts'
import { refusalOf } from './refusals.ts'
import { isPart } from './uploads/concatenation.ts'
import { UploadError } from './uploads/errors.ts'
import type { Upload } from './uploads/upload.ts'
import { viewOf } from './uploads/upload.ts'
import type { Uploads } from './uploads/uploads.ts'

/** Shown by the browser itself; all else is saved. Nothing here can hold a script. */
const inlineTypes = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/mpeg',
  'audio/mp4',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'text/plain',
])

/** What the client's own conditions may lead to. */
const refusals = new Map([
  [412, 'The file is not as the condition asks.'],
  [416, 'The file has no such range.'],
])

/** Makes the handler of `GET /files/:id`. */
export function createDownloads(
  uploads: Uploads,
  corsOrigin: readonly string[],
  log: Logger,
): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const cors = decideCors(request, corsOrigin)
    response.set(cors.headers)
    if (!cors.isAllowed) {
      response.status(403).type('text').send('Pages of this origin may not read from here.\n')
      return
    }
    try {
      const upload = await uploads.look(request.params.id)
      refuseUnfinished(upload)
      sendUpload(request, response, uploads, upload, log)
    } catch (error) {
      if (!(error instanceof UploadError)) throw error
      const { status, text } = refusalOf(error)
      response.status(status).type('text').send(`${text}\n`)
    }
  }
}

function refuseUnfinished(upload: Upload): void {
  if (isPart(upload.info)) {
    throw new UploadError('not-finished', 'This is only a part: download the upload made of it.')
  }
  if (upload.info.finished !== null) return
  const length = upload.info.length ?? 'an unknown number of'
  throw new UploadError(
    'not-finished',
    `This upload is not finished: ${upload.offset} of ${length} bytes are here.`,
  )
}

function sendUpload(
  request: Request,
  response: Response,
  uploads: Uploads,
  upload: Upload,
  log: Logger,
): void {
  const { name, type } = viewOf(upload, 0)
  const contentType = safeType(type, name)
  response.setHeader('Content-Type', contentType)
  response.setHeader('Content-Disposition', disposition(name, contentType))
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox")
  // A finished upload never changes and its id is never used again, so the id identifies the bytes.
  response.setHeader('ETag', `"${upload.info.id}"`)
  response.setHeader('Last-Modified', new Date(upload.info.finished ?? 0).toUTCString())
  response.setHeader('Cache-Control', 'private, max-age=0, must-revalidate')
  mendConditions(request.method, request.headers, upload.info.length ?? 0)
  const files = uploads.filesOf(upload)
  // The name alone: send takes what it is given for a part of a URL.
  const stream = send(request, files[0] ?? '', {
    root: uploads.options.dir,
    dotfiles: 'allow',
    index: false,
    etag: false,
    cacheControl: false,
  })
  if (files.length > 1) joinFiles(stream, uploads.options.dir, files, upload)
  stream.on('error', (error: Error & { status?: number }) => {
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    // A finished upload is held by nobody but who removes it: its files may be gone before it is.
    if (upload.removed || upload.lock.holder !== null) {
      const { status, text } = refusalOf(new UploadError('gone', 'This upload was removed.'))
      response.removeHeader('Content-Disposition')
      response.status(status).type('text').send(`${text}\n`)
      return
    }
    const refusal = refusals.get(error.status ?? 500)
    if (refusal === undefined) log.error({ err: error, upload: upload.info.id }, 'download failed')
    response.removeHeader('Content-Disposition')
    if (error.status === 416) response.setHeader('Content-Range', `bytes */${upload.info.length}`)
    response.status(refusal === undefined ? 500 : (error.status ?? 500)).type('text')
    response.send(`${refusal ?? 'The file could not be read; the log says why.'}\n`)
  })
  stream.pipe(response)
}

/** The client's word for the type if it is one, else by the name; text is read as UTF-8. */
function safeType(type: string | null, name: string | null): string {
  const chosen =
    type !== null && isMediaType(type)
      ? type.toLowerCase()
      : mime.lookup(name ?? '') || 'application/octet-stream'
  return chosen.startsWith('text/') ? `${chosen}; charset=utf-8` : chosen
}

/** RFC 6266, in any script: `filename*` carries what `filename` can't. */
function disposition(name: string | null, contentType: string): string {
  const type = inlineTypes.has(contentType.split(';')[0] ?? '') ? 'inline' : 'attachment'
  // A name is one path segment without control characters: the client sends what it likes.
  const clean = (name ?? '')
    .replace(/[\p{Cc}\p{Cf}/\\]/gu, '_')
    .slice(0, 255)
    .trim()
  return clean === '' ? type : contentDisposition(clean.toWellFormed(), { type })
}
