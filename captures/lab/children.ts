// The processes that a recording needs: started here, and ended by their id in every case.
import { type ChildProcess, spawn } from 'node:child_process'

export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  /** The exit status; 128 and the signal's number after a signal, as a shell tells it. */
  readonly exit: Promise<number>
  stdout(): string
  stderr(): string
  /** Sends the signal, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number>
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A channel of Node's own: `process.send`. */
  readonly ipc?: boolean
  /** Not reached by the terminal's Ctrl-C. */
  readonly apart?: boolean
  /** Takes its standard output, in place of `stdout()`. */
  readonly sink?: (chunk: Buffer) => void
}

export interface Children {
  start(command: string, args: readonly string[], options?: ChildOptions): Child
  /** Runs to the end and gives standard output; rejects with what it said if it failed. */
  run(command: string, args: readonly string[]): Promise<string>
  /** Kills whatever runs still, and waits for it. */
  endAll(): Promise<void>
}

/** A command that could not be run, or failed. */
export class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError'
}

/** Where `ip` and `ethtool` live is not on everybody's path. */
export const environment = {
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`,
}

const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

export function createChildren(): Children {
  const running = new Set<Child>()

  function start(command: string, args: readonly string[], options: ChildOptions = {}): Child {
    const process = spawn(command, args, {
      env: { ...environment, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
      detached: options.apart === true,
    })
    const said = { stdout: '', stderr: '' }
    const note = (name: 'stdout' | 'stderr') =>
      process[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text
      })
    note('stderr')
    if (options.sink === undefined) note('stdout')
    else process.stdout?.on('data', options.sink)
    process.stdin?.on('error', () => {})
    const exit = new Promise<number>((resolve) => {
      process.once('error', (error) => {
        said.stderr += `${error.message}\n`
        running.delete(child)
        resolve(127)
      })
      process.once('close', (code, signal) => {
        running.delete(child)
        resolve(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0))
      })
    })
    const child: Child = {
      pid: process.pid ?? -1,
      process,
      exit,
      stdout: () => said.stdout,
      stderr: () => said.stderr,
      end(signal) {
        process.kill(signal)
        return exit
      },
    }
    running.add(child)
    return child
  }

  return {
    start,
    async run(command, args) {
      const child = start(command, args)
      child.process.stdin?.end()
      const status = await child.exit
      if (status === 0) return child.stdout()
      const said = child.stderr().trim() || child.stdout().trim()
      throw new CommandFailedError(`${[command, ...args].join(' ')}: ${said || `status ${status}`}`)
    },
    async endAll() {
      await Promise.all([...running].map((child) => child.end('SIGKILL')))
    },
  }
}
