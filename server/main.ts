// The process edge of `serve`: folder, listening, signals, and a drain that keeps what arrived.
import { access, constants, mkdir, stat } from 'node:fs/promises'
import type { Server } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import type { Logger } from 'pino'
import { type App, createApp } from './app.ts'
import { type Config, isLoopback } from './config.ts'
import { connectionView } from './connections.ts'
import { createHttpServer } from './http.ts'
import { type Live, startLive } from './live/live.ts'
import { createLog } from './log.ts'
import { timerMs } from './units.ts'
import { type FinishHook, startFinishHook } from './uploads/finish-hook.ts'
import { FolderInUseError, lockFolder } from './uploads/folder-lock.ts'

/** The service can't start; the message says why and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly exitStatus = 1
}

/** Expired uploads are looked for this often, or sooner where they expire sooner (seconds). */
const sweepEvery = 60

/** Runs the service until a signal ends it. Throws a `StartError` if it can't start. */
export async function serve(config: Config): Promise<void> {
  const log = await createLog(config)
  const dir = path.resolve(config.dir)
  const unlock = await takeFolder(dir, () => {
    // Whoever has it now writes to the same files: there is nothing that may still be finished here.
    process.stderr.write(`longhaul: the folder ${dir} was taken over by another process\n`)
    process.exit(1)
  })
  try {
    await run({ ...config, dir }, log)
  } finally {
    await unlock()
    log.flush()
  }
}

async function run(given: Config, log: Logger): Promise<void> {
  const config = given.capture ? { ...given, port: await portFor(given) } : given
  const live = config.capture ? await beginCapture(config.port, log) : null
  try {
    await runWith(config, log, live)
  } finally {
    await live?.stop()
  }
  log.info('ended')
}

/** A capture must know its port before anybody can come: of 0 it becomes one that is free now. */
async function portFor({ host, port }: Config): Promise<number> {
  if (port !== 0) return port
  const probe = net.createServer()
  return new Promise((resolve, reject) => {
    probe.once('error', (error) => reject(new StartError(`can't listen: ${error.message}`)))
    probe.listen({ host, port }, () => {
      const address = probe.address() as AddressInfo
      probe.close(() => resolve(address.port))
    })
  })
}

async function beginCapture(port: number, log: Logger): Promise<Live> {
  const live = await startLive(port).catch((error: unknown) => {
    throw new StartError(`--capture: ${error instanceof Error ? error.message : error}`)
  })
  live.events.on('ended', (reason) => log.warn({ reason }, 'the capture has ended'))
  log.info({ port }, 'capturing the packets of this port on loopback')
  return live
}

async function runWith(config: Config, log: Logger, live: Live | null): Promise<void> {
  const app = await createApp(config, log, live)
  const hook = startHook(app, config, log)
  const sweeping = startSweeping(app, config, log)
  const looking = setInterval(
    // After the sockets have had their turn: after a pause of this process they may have taken more.
    () => setImmediate(() => app.ledger.cutUnread(config.readTimeout || Number.POSITIVE_INFINITY)),
    1000,
  )
  let signalledAt: number | null = null
  try {
    for (const { level, id, text } of app.uploads.findings) log[level]({ upload: id }, text)
    logEvents(app, log)
    const signalled = nextSignal()
    const server = createHttpServer(config, app.ledger, app.listener)
    const url = await listen(server, config)
    process.stdout.write(`listening on ${url}\n`)
    if (!isLoopback(config.host) && config.token === null) {
      log.warn('everybody who can reach this address may upload, list, download and delete')
    }
    const signal = await signalled
    signalledAt = performance.now()
    log.info(
      { signal, grace: config.grace },
      'draining: what arrived is kept; a second signal ends at once',
    )
    await drain(server, app, config.grace, log)
  } finally {
    clearInterval(sweeping)
    clearInterval(looking)
    hook?.close()
    const spent = signalledAt === null ? 0 : (performance.now() - signalledAt) / 1000
    await closeUploads(app, Math.max(1, config.grace - spent), log)
  }
}

function startHook(app: App, config: Config, log: Logger): FinishHook | null {
  if (config.finishHook === null) return null
  const { finishHook: url, finishHookSecret: secret, finishHookRetryFor: retryFor } = config
  return startFinishHook(app.uploads, { url, secret, retryFor }, ({ upload, ...report }) => {
    app.metrics.hook(report.outcome)
    const level = report.outcome === 'delivered' ? 'info' : 'warn'
    log[level]({ upload: upload.info.id, ...report }, 'finish hook')
  })
}

/** Node's own recursive mkdir never returns where a parent can't be made, e.g. in /proc. */
async function makeFolder(dir: string): Promise<void> {
  try {
    // The ids of the uploads are their secrets: other users of the machine need not see them.
    await mkdir(dir, { mode: 0o750 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    const parent = path.dirname(dir)
    if (code === 'EEXIST' && (await stat(dir)).isDirectory()) return
    if (code !== 'ENOENT' || parent === dir || (await isThere(parent))) throw error
    await makeFolder(parent)
    await mkdir(dir, { mode: 0o750 })
  }
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )

async function takeFolder(dir: string, onLost: () => void): Promise<() => Promise<void>> {
  try {
    await makeFolder(dir)
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    return await lockFolder(dir, onLost)
  } catch (error) {
    if (error instanceof FolderInUseError) throw new StartError(error.message)
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    const reasons: Record<string, string> = {
      EACCES: 'it may not be written by this user: change its owner or rights, or',
      EPERM: 'it may not be written by this user: change its owner or rights, or',
      EROFS: 'its disk is mounted read-only: mount it for writing, or',
      ENOSPC: 'its disk is full: make space, or',
      ENOENT: 'no folder can be made there:',
      ENOTDIR: 'a part of its path is no folder:',
      EEXIST: 'there is a file of that name:',
    }
    const reason = reasons[String(code)] ?? `the system says ${code}:`
    throw new StartError(`the data folder ${dir} can't be used: ${reason} choose another --dir`)
  }
}

/** Resolves with the URL at which the service can be reached from here. */
function listen(server: Server, { host, port }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `port ${port} is in use: end the other program, or choose another --port (0: any free one)`,
        EACCES: `port ${port} needs more rights: choose a --port from 1024 on`,
        EADDRNOTAVAIL: `this machine has no address ${host}`,
        ENOTFOUND: `there is no address for ${host}`,
      }
      reject(new StartError(reasons[error.code ?? ''] ?? `can't listen: ${error.message}`))
    })
    server.listen({ host, port }, () => {
      const address = server.address() as AddressInfo
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      resolve(`http://${name}:${address.port}`)
    })
  })
}

function logEvents(app: App, log: Logger): void {
  app.ledger.events.on('closed', (connection) => {
    const { id, requests, patches, bytesReceived, bytesSent, longestIdle, ended, opened } =
      connectionView(connection)
    log.info(
      {
        connection: id,
        opened,
        requests,
        patches,
        bytesReceived,
        bytesSent,
        longestIdle,
        ...ended,
      },
      'connection closed',
    )
  })
  app.uploads.events.on('finished', ({ info }) =>
    log.info({ upload: info.id, length: info.length }, 'upload finished'),
  )
  app.uploads.events.on('removed', ({ info }) => log.info({ upload: info.id }, 'upload removed'))
}

function startSweeping(app: App, config: Config, log: Logger): NodeJS.Timeout {
  const seconds = config.expireAfter === 0 ? sweepEvery : Math.min(sweepEvery, config.expireAfter)
  return setInterval(() => {
    app.uploads.sweep().then(
      (removed) => removed > 0 && log.info({ removed }, 'expired uploads removed'),
      (error: unknown) => log.error({ err: error }, 'the sweep for expired uploads failed'),
    )
  }, timerMs(seconds))
}

/**
 * Answers what is under way, closes what is idle, and ends what is left when the grace time (seconds) is over. http's own
 * close() would destroy connections whose answer is complete but still on its way, so only the listening ends at once.
 */
async function drain(server: Server, app: App, grace: number, log: Logger): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    net.Server.prototype.close.call(server, () => resolve())
  })
  app.ledger.drain()
  app.drain()
  app.ledger.closeIdle()
  const tidy = setInterval(() => app.ledger.closeIdle(), 50)
  const timer = setTimeout(() => {
    log.warn('the grace time is over: open connections are cut')
    server.closeAllConnections()
  }, timerMs(grace))
  process.once('SIGTERM', () => process.exit(1))
  process.once('SIGINT', () => process.exit(1))
  await closed
  clearInterval(tidy)
  clearTimeout(timer)
}

/** Lets the disk finish; one that takes longer than `most` (seconds) is left to the next start, which completes it. */
async function closeUploads(app: App, most: number, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.warn('the disk is still busy: the next start completes what is left')
    log.flush()
    // Without giving the folder back: its lock dies with this process, and not before.
    process.exit(0)
  }, timerMs(most))
  await app.uploads.close()
  clearTimeout(timer)
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}
