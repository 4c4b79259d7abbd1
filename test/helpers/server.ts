// Starts the built `longhaul serve` as a process of its own on a free loopback port.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The built command; `npm test` builds it first. */
export const cliPath = path.join(root, 'dist/server/cli.js')

export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly dir: string
  readonly pid: number
  readonly process: ChildProcess
  /** Everything it has written to standard error so far: its log. */
  log(): string
  /** SIGTERM, then waits for the exit; gives the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, then waits for the exit. */
  kill(): Promise<void>
}

export interface ServerOptions {
  /** More flags of `serve`, e.g. `['--durability', 'patch']`. */
  readonly flags?: readonly string[]
  /** An existing data folder; else a fresh temporary one, removed by `cleanUp`. */
  readonly dir?: string
  /** 0, the default, lets the system choose. */
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  /** Put before the node command, e.g. `['strace', '-f', '-o', file]`. */
  readonly wrapper?: readonly string[]
}

/** A server that has not said that it listens by then never will. */
const startMs = 30_000

const running = new Set<RunningServer>()
const folders = new Set<string>()

/** A fresh folder under the system's temporary folder; `cleanUp` removes it. */
export async function temporaryFolder(name = 'longhaul'): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), `${name}-`))
  folders.add(folder)
  return folder
}

/** Resolves when the server says that it listens; rejects with its log when it ends before. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const dir = options.dir ?? (await temporaryFolder())
  const [command = '', ...args] = [
    ...(options.wrapper ?? []),
    process.execPath,
    cliPath,
    'serve',
    '--port',
    String(options.port ?? 0),
    '--dir',
    dir,
    ...(options.flags ?? []),
  ]
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      const match = /listening on (http:\/\/\S+)/.exec(stdout)
      if (match?.[1] === undefined) return
      clearTimeout(timer)
      resolve(match[1])
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the server did not listen within ${startMs} ms:\n${stdout}${stderr}`))
    }, startMs)
    child.once('exit', () => clearTimeout(timer))
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`the server ended with ${code} before it listened:\n${stdout}${stderr}`)),
    )
  })
  const server: RunningServer = {
    url,
    port: Number(new URL(url).port),
    dir,
    pid: child.pid ?? 0,
    process: child,
    log: () => stderr,
    async stop() {
      running.delete(server)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return exited
    },
    async kill() {
      running.delete(server)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
  running.add(server)
  return server
}

/** Ends every server and removes every folder that this module made: for `afterEach` or `afterAll`. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((server) => server.kill()))
  await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true })))
  folders.clear()
}
