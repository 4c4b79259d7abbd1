// /api: the list of uploads and the connection ledger, as JSON. Only for pages of our own origin: no CORS.
import { Router } from 'express'
import { connectionView, type Ledger } from './connections.ts'
import { refusalOf } from './refusals.ts'
import { isPart } from './uploads/concatenation.ts'
import { UploadError } from './uploads/errors.ts'
import { stateOf, type Upload, type UploadState, viewOf } from './uploads/upload.ts'
import type { Uploads } from './uploads/uploads.ts'

const defaultLimit = 50
const mostPerPage = 500

export function createApi(uploads: Uploads, ledger: Ledger): Router {
  const api = Router()
  const view = (upload: Upload) => viewOf(upload, uploads.options.expireAfter)

  api.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    next()
  })

  api.get('/uploads', (request, response) => {
    const { state, cursor, limit } = readQuery(request.query)
    const all = uploads
      .list()
      .filter((upload) => !isPart(upload.info) && (state === null || stateOf(upload) === state))
    const start = cursor === null ? 0 : all.findIndex((upload) => isAfter(upload, cursor))
    const page = start < 0 ? [] : all.slice(start, start + limit)
    const last = page.at(-1)
    const more = last !== undefined && last !== all.at(-1)
    response.json({ uploads: page.map(view), next: more ? cursorOf(last) : null })
  })

  api.get('/uploads/:id', (request, response) => {
    const upload = uploads.peek(request.params.id)
    if (upload === null) throw new UploadError('not-found', 'There is no such upload.')
    response.json(view(upload))
  })

  api.delete('/uploads/:id', async (request, response) => {
    await uploads.remove(request.params.id)
    response.status(204).end()
  })

  api.get('/connections', (_request, response) => {
    const now = Date.now()
    response.json({
      now: new Date(now).toISOString(),
      open: ledger.openConnections().map((connection) => connectionView(connection, now)),
      closed: ledger.closedConnections().map((connection) => connectionView(connection, now)),
    })
  })

  api.use((_request, response) => {
    response.status(404).json({ error: 'There is no such thing in the API.' })
  })

  api.use(((error, _request, response, next) => {
    if (error instanceof QueryError) return response.status(400).json({ error: error.message })
    if (!(error instanceof UploadError)) return next(error)
    const { status, text } = refusalOf(error)
    response.status(status).json({ error: text })
  }) satisfies import('express').ErrorRequestHandler)

  return api
}

interface ListQuery {
  readonly state: UploadState | null
  readonly cursor: string | null
  readonly limit: number
}

/** Throws a `QueryError`: an empty list would say that there is nothing. */
function readQuery(query: Readonly<Record<string, unknown>>): ListQuery {
  const { state = null, cursor = null, limit = String(defaultLimit) } = query
  const known = states.find((name) => name === state) ?? null
  if (state !== null && known === null)
    throw new QueryError(`state must be one of ${states.join(', ')}`)
  if (cursor !== null && !/^\d+-[\w-]+$/.test(String(cursor)))
    throw new QueryError('cursor must be the "next" of a list')
  if (!/^[1-9]\d{0,8}$/.test(String(limit)))
    throw new QueryError('limit must be a number from 1 on')
  return {
    state: known,
    cursor: cursor === null ? null : String(cursor),
    limit: Math.min(Number(limit), mostPerPage),
  }
}

const states = ['unfinished', 'finished', 'damaged'] as const satisfies readonly UploadState[]

class QueryError extends Error {
  override readonly name = 'QueryError'
}

/** A place in the list that stays right when uploads are added or removed before it. */
const cursorOf = (upload: Upload) => `${upload.info.created}-${upload.info.id}`

function isAfter(upload: Upload, cursor: string): boolean {
  const [created, ...id] = cursor.split('-')
  const difference = upload.info.created - Number(created)
  return difference < 0 || (difference === 0 && upload.info.id < id.join('-'))
}
