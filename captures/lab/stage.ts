// What a scenario can do: run the server and clients on their hosts, hinder them, and wait for what it sees.
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Child, Children } from './children.ts'
import type { ClientPlan } from './client/plan.ts'
import { madeUpBytes } from './made-up.ts'
import { type Network, port, serverAddress } from './network.ts'
import { script } from './script.ts'
import { sleep, until, within } from './wait.ts'

export interface Stage {
  readonly endpoint: string
  readonly network: Network
  /** `longhaul upload` of a file of that many bytes, which is made. */
  upload(size: number, options: UploadOptions): Promise<Run>
  /** The lab's own client. */
  client(plan: Partial<ClientPlan> & Pick<ClientPlan, 'size' | 'chunkSize'>): Run
  /** The lab's client that begins with the IETF's draft and ends with tus. */
  bothProtocols(size: number): Run
  /** tus-js-client with one upload in parts side by side. */
  inParts(size: number, chunkSize: number, parts: number): Run
  /** Chromium with the upload page. */
  browser(size: number, chunkSize: number): Promise<Run>
  /** Until so many bytes of uploads are on the server's disk. */
  serverHas(bytes: number): Promise<void>
  readonly server: {
    start(): Promise<void>
    signal(signal: NodeJS.Signals): void
    /** Waits for the end. */
    end(signal: NodeJS.Signals): Promise<void>
  }
  sleep(milliseconds: number): Promise<void>
}

export interface UploadOptions {
  /** Bytes in one PATCH; 0: the whole file in one. */
  readonly chunkSize: number
  readonly name?: string
  readonly flags?: readonly string[]
}

export interface Run {
  readonly child: Child
  /** Waits for the end; throws with what it said unless it ends with that status, by default 0. */
  ended(status?: number): Promise<void>
}

export interface StageOptions {
  readonly network: Network
  readonly children: Children
  /** The command `longhaul`, and its first arguments. */
  readonly longhaul: readonly string[]
  readonly serve: readonly string[] | null
  /** For whatever the processes write. */
  readonly folder: string
}

const startSeconds = 30
const playSeconds = 120

export async function createStage(options: StageOptions): Promise<Stage> {
  const { network, longhaul, folder } = options
  const data = path.join(folder, 'data')
  await mkdir(data)
  const endpoint = `http://${serverAddress}:${port}/files`
  const [node = process.execPath, ...cli] = longhaul
  const env = { XDG_STATE_HOME: path.join(folder, 'state'), HOME: folder, NO_COLOR: '1' }
  let serving: Child | null = null

  async function startServer(): Promise<void> {
    const child = network.server.start(
      node,
      [
        ...[...cli, 'serve', '--host', serverAddress, '--port', String(port), '--dir', data],
        ...['--allow-anonymous', ...(options.serve ?? [])],
      ],
      { env },
    )
    serving = child
    await until('the server', startSeconds, () => {
      if (child.process.exitCode !== null) throw new Error(`longhaul serve: ${child.stderr()}`)
      return child.stdout().includes('listening on') ? true : null
    })
  }

  function running(): Child {
    if (serving === null) throw new Error('no server was started')
    return serving
  }

  const run = (what: string, child: Child): Run => ({
    child,
    async ended(status = 0) {
      const found = await within(playSeconds, child.exit)
      if (found === status) return
      const said = (child.stderr() || child.stdout()).trim().split('\n').slice(-3).join('; ')
      const how = found === null ? `runs after ${playSeconds} s still` : `ended with ${found}`
      throw new Error(`${what} ${how}, not with ${status}: ${said}`)
    },
  })

  function clientOf(name: string, numbers: readonly number[]): Run {
    const words = [...script(name), endpoint, ...numbers.map(String)]
    return run("the lab's client", network.client.start(process.execPath, words, { env }))
  }

  return {
    endpoint,
    network,
    async upload(size, { chunkSize, name = 'holiday.mp4', flags = [] }) {
      const file = path.join(folder, name)
      await makeFile(file, size)
      // Nothing but the upload itself: no question before it, no comparison after it.
      const given = ['--to', endpoint, '--chunk-size', String(chunkSize), '--checksum', 'none']
      const words = ['upload', file, ...given]
      const child = network.client.start(node, [...cli, ...words, ...flags], { env })
      return run('longhaul upload', child)
    },
    client(given) {
      const plan: ClientPlan = {
        endpoint,
        name: 'holiday.mp4',
        connection: 'keep-alive',
        pause: null,
        reset: null,
        probeAfter: null,
        lastWord: 'client',
        ...given,
      }
      const words = [...script('client/tus-client'), JSON.stringify(plan)]
      return run("the lab's client", network.client.start(process.execPath, words))
    },
    bothProtocols: (size) => clientOf('client/ietf-client', [size]),
    inParts: (size, chunkSize, parts) =>
      clientOf('client/parallel-client', [size, chunkSize, parts]),
    async browser(size, chunkSize) {
      const file = path.join(folder, 'holiday.mp4')
      await makeFile(file, size)
      const words = [...script('client/browser'), endpoint, file, String(chunkSize), folder]
      return run('Chromium', network.client.start(process.execPath, words, { env }))
    },
    async serverHas(bytes) {
      await until(`${bytes} bytes on the server`, playSeconds, async () =>
        (await bytesIn(data)) >= bytes ? true : null,
      )
    },
    server: {
      start: startServer,
      signal: (signal) => running().process.kill(signal),
      async end(signal) {
        await running().end(signal)
      },
    },
    sleep,
  }
}

/** Only the data files: records and locks have an ending. */
async function bytesIn(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.includes('.'))
  const sizes = await Promise.all(
    names.map((name) =>
      stat(path.join(folder, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function makeFile(file: string, size: number): Promise<void> {
  const there = await stat(file).catch(() => null)
  if (there?.size !== size) await writeFile(file, madeUpBytes(size))
}
