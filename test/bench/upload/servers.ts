// The servers that are compared, each a process of its own on a free loopback port.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
/** As `npm start` and the systemd unit run it. */
const serve = [
  '--max-semi-space-size=4',
  here('../../../dist/server/cli.js'),
  'serve',
  '--port',
  '0',
  '--dir',
]

interface ServerKind {
  readonly title: string
  /** Arguments of node; the data folder goes after `args`, then `flags`. */
  readonly args: readonly string[]
  readonly flags?: readonly string[]
}

export const serverKinds = {
  ours: {
    // The others force nothing to the disk, so neither does this one; `durable` shows what it costs.
    title: 'Longhaul, `--durability none`',
    args: serve,
    flags: ['--durability', 'none'],
  },
  durable: { title: 'Longhaul, default durability', args: serve },
  stock: {
    title: "@tus/server's README, “integrate tus into Express”",
    args: [here('stock-express.mjs')],
  },
  standalone: {
    title: "@tus/server's README, “a standalone server”",
    args: [here('stock-standalone.mjs')],
  },
  bare: { title: 'bare Node: `http.createServer`, body to an open file', args: [here('bare.mjs')] },
} satisfies Record<string, ServerKind>

export type ServerName = keyof typeof serverKinds

export interface RunningServer {
  readonly url: string
  readonly pid: number
  /** Its data folder, new and empty at the start. */
  readonly folder: string
  /** What it wrote to standard error. */
  log(): string
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export interface StartOptions {
  /** Where the temporary folder is made. */
  readonly base: string
  /** More flags for Longhaul. */
  readonly flags: readonly string[]
  /** Folder for a V8 processor profile of the server. */
  readonly profile: string | null
}

/** Resolves when the server listens; rejects with its log if it ends before. */
export async function startServer(name: ServerName, options: StartOptions): Promise<RunningServer> {
  const kind: ServerKind = serverKinds[name]
  const home = await mkdtemp(path.join(options.base, `bench-${name}-`))
  const folder = path.join(home, 'data')
  const logFile = path.join(home, 'log')
  mkdirSync(folder)
  const log = openSync(logFile, 'w')
  const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : []
  const flags = kind.args === serve ? [...(kind.flags ?? []), ...options.flags] : []
  const child = spawn(process.execPath, [...profile, ...kind.args, folder, ...flags], {
    stdio: ['ignore', 'pipe', log],
  })
  closeSync(log)
  const abandon = () => {
    child.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
  process.once('exit', abandon)
  const server = {
    pid: child.pid ?? 0,
    folder,
    log: () => readFileSync(logFile, 'utf8'),
    async stop() {
      await end(child, options.profile === null ? 'SIGKILL' : 'SIGTERM')
      await rm(home, { recursive: true, force: true })
      process.off('exit', abandon)
    },
  }
  try {
    return { ...server, url: await listening(child) }
  } catch (error) {
    const text = server.log()
    await server.stop()
    throw new Error(`${name} does not start:\n${text}`, { cause: error })
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (more: string) => {
      text += more
      const url = /listening on (http:\/\/\S+)/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`exit status ${code}`)))
  })
}

/** A profile is only written at an orderly end. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exited
  clearTimeout(timer)
}
