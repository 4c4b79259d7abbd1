// createApp(config): the whole service on one screen, from the folder to the request listener.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import express, { type ErrorRequestHandler, type Response } from 'express'
import type { Logger } from 'pino'
import proxyAddr from 'proxy-addr'
import { askForToken, createAccess, needsToken } from './access.ts'
import { createApi } from './api.ts'
import type { Config } from './config.ts'
import { type Connection, createLedger, type Ledger } from './connections.ts'
import { decideCors } from './cors.ts'
import { protocolOf } from './dispatch.ts'
import { createDownloads } from './downloads.ts'
import { createEventStream } from './events.ts'
import { type Exchange, isUploadPath, methodOf, uploadsPath } from './exchange.ts'
import { checkHost } from './host-check.ts'
import type { RequestListener } from './http.ts'
import { createCaptureApi } from './live/api.ts'
import { createCaptureFeed } from './live/feed.ts'
import type { Live } from './live/live.ts'
import { refuseMalformed } from './malformed.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { pageHeaders, servePages } from './pages.ts'
import { serverFailed } from './refusals.ts'
import { expectBody, hasBody, respond } from './respond.ts'
import { discoveryFields } from './rufh/discovery.ts'
import { createDownloadFields } from './rufh/download-fields.ts'
import { createRufh } from './rufh/handler.ts'
import { createReprDigests } from './rufh/repr-digests.ts'
import { inTurn, isEnding, markEnding } from './turns.ts'
import { createTus } from './tus/handler.ts'
import { timerMs } from './units.ts'
import { openUploads, type Uploads } from './uploads/uploads.ts'

export interface App {
  readonly uploads: Uploads
  readonly ledger: Ledger
  readonly metrics: Metrics
  readonly listener: RequestListener
  /** Accepts no more; what arrived is kept, and `/readyz` says that it is over. */
  drain(): void
}

const pagesFolder = fileURLToPath(new URL('../pages', import.meta.url))

/** `live`: the packets of its port, where they are captured. */
export async function createApp(config: Config, log: Logger, live: Live | null): Promise<App> {
  const uploads = await openUploads({ ...config, hasFinishHook: config.finishHook !== null })
  const ledger = createLedger()
  const metrics = createMetrics(uploads, ledger)
  const access = createAccess(config.token)
  const tus = createTus(uploads, config, log)
  const digests = createReprDigests(uploads, log)
  const rufh = createRufh(uploads, { ...config, digests, download: serve }, log)
  const connectionOf = new WeakMap<object, Connection>()
  const events = createEventStream(
    uploads,
    ledger,
    config,
    (response) => connectionOf.get(response) ?? null,
    createCaptureFeed(live),
  )
  // What is no protocol's is express' to refuse or not.
  const handlers = { tus, ietf: rufh, download: serve } as const
  const isTrusted = proxyAddr.compile([...config.trustProxy])
  const isBehindProxy = config.trustProxy.length > 0
  let draining = false

  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', isTrusted)
  app.use((_request, response, next) => {
    response.setHeader('Longhaul-Connection', String(connectionOf.get(response)?.id ?? ''))
    next()
  })
  app.use(pageHeaders)
  app.get('/livez', (_request, response) => sendHealth(response, true))
  app.get('/readyz', (_request, response) => sendHealth(response, !draining))
  app.use(access.session)
  // Also of a refusal for want of a token a page of another origin must learn the status.
  app.use(uploadsPath, (request, response, next) => {
    response.set(decideCors(request, config.corsOrigin).headers)
    next()
  })
  app.use((request, response, next) =>
    access.allows(request) ? next() : askForToken(request, response, next),
  )
  app.get('/files/:id', createDownloadFields(uploads, config, digests))
  app.get('/files/:id', createDownloads(uploads, config.corsOrigin, log))
  app.use('/api', checkHost(config))
  app.get('/api/events', events.handler)
  app.use('/api', createCaptureApi(live))
  app.use('/api', createApi(uploads, ledger))
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
  app.use(servePages(pagesFolder))
  app.use(answerFailure(log))

  const listener: RequestListener = (request, response, expectsContinue) => {
    const { socket } = request
    if (isEnding(socket)) return
    const before = ledger.unanswered(socket)
    const connection = ledger.begin(request, response)
    request.url = originForm(request.url ?? '')
    // Nobody shall count on a connection that is about to end.
    if (draining) response.setHeader('Connection', 'close')
    if (draining || !response.shouldKeepAlive) markEnding(socket)
    observe(request, response, connection)
    inTurn(before, () => attempt({ request, response, connection, expectsContinue }))
  }

  /** Whatever one request brings must not end the service for all the others. */
  function attempt(exchange: Exchange): void {
    const { request, response, expectsContinue } = exchange
    try {
      const refused = refuseMalformed(request)
      if (refused === null) dispatch(exchange)
      else respond(request, response, refused, expectsContinue ? 'unasked' : 'coming')
    } catch (error) {
      log.error({ err: error, target: withoutQuery(request.url ?? '') }, 'request failed')
      respond(request, response, serverFailed, expectsContinue ? 'unasked' : 'coming')
    }
  }

  /** Uploads come before express: their bodies must not wait for a router. */
  function dispatch(exchange: Exchange): void {
    const { request, response } = exchange
    const method = methodOf(request)
    if (!isUploadPath(request.url ?? '') && !isForAll(request)) {
      serve(exchange)
      return
    }
    // A preflight bears no token. What counts is the method meant: see methodOf.
    const isWelcome = access.allows(request) || method === 'OPTIONS'
    if (method === 'OPTIONS')
      for (const [name, value] of discoveryFields(config)) response.setHeader(name, value)
    const speak = handlers[protocolOf(method, request.headers)]
    speak(exchange, isWelcome ? null : needsToken)
  }

  function serve({ request, response, connection, expectsContinue }: Exchange): void {
    if (expectsContinue) {
      respond(request, response, refusedBody, 'unasked')
      return
    }
    connectionOf.set(response, connection)
    if (hasBody(request))
      expectBody(request, timerMs(config.headersTimeout || 30), () => cutOff(request.socket))
    app(request, response)
  }

  /** Bodies that are no uploads are small: they have the time of a head. */
  function cutOff(socket: Socket): void {
    ledger.ending(socket, 'read-timeout')
    socket.destroy()
  }

  /** One line in the log and one mark in the metrics for each request, when its answer has ended. */
  function observe(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
  ): void {
    const start = performance.now()
    const exchange = connection.requests
    // Read now: express cuts the path of a mounted router off while that runs.
    const target = withoutQuery(request.url ?? '')
    response.once('close', () => {
      ledger.end(connection, response)
      const ms = performance.now() - start
      const method = request.method ?? ''
      const status = response.headersSent ? response.statusCode : 0
      metrics.request(method, status, ms / 1000)
      if (!log.isLevelEnabled('info')) return
      log.info(
        {
          connection: connection.id,
          exchange,
          remote: isBehindProxy ? proxyAddr(request, isTrusted) : connection.client.address,
          method,
          target,
          // 0: the connection ended before there was an answer.
          status,
          ms: Math.round(ms * 10) / 10,
        },
        'request',
      )
    })
  }

  return {
    uploads,
    ledger,
    metrics,
    listener,
    drain() {
      draining = true
      uploads.drain()
      events.close()
    },
  }
}

/** `OPTIONS *` asks for what is the same everywhere (RFC 9110 §9.3.7). */
const isForAll = ({ method, url }: IncomingMessage) => method === 'OPTIONS' && url === '*'

const refusedBody = { status: 417, text: 'This body is not expected here.' }

/** `http://host/path`, which a server must take (RFC 9112 §3.2.2), is the same request as `/path`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  return target.replace(/^https?:\/\/[^/?]*/i, '') || '/'
}

/** A query may hold what belongs in no log. */
function withoutQuery(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

function sendHealth(response: Response, isWell: boolean): void {
  response
    .status(isWell ? 200 : 503)
    .type('text')
    .send(isWell ? 'ok\n' : 'draining\n')
}

function answerFailure(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const status = Number(error?.status)
    const isClients = status >= 400 && status < 500
    if (!isClients)
      log.error({ err: error, target: withoutQuery(request.originalUrl) }, 'request failed')
    if (response.headersSent) return next(error)
    response.status(isClients ? status : 500).type('text')
    response.send(
      isClients
        ? 'The request could not be understood.\n'
        : 'The server could not do this; its log says why.\n',
    )
  }
}
