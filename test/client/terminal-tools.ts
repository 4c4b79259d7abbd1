// For the terminal client's tests: runs the built `longhaul upload` as a process, and a link that is slow or can be cut.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import * as http from 'node:http'
import * as net from 'node:net'
import { pipeline } from 'node:stream/promises'
import { cliPath } from '../helpers/server.ts'

export const MiB = 2 ** 20

/** How long a test waits for what must come (ms): starting a process takes seconds on a busy machine. */
export const patience = 60_000

export interface ClientRun {
  readonly process: ChildProcess
  readonly pid: number
  stdout(): string
  stderr(): string
  /** The exit status; null after a signal. */
  readonly exit: Promise<number | null>
}

export interface ClientOptions {
  /** The user's state folder. */
  readonly state: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Written to its standard input; without it that is empty. */
  readonly input?: Buffer
}

const clients = new Set<ChildProcess>()

/** Starts `longhaul upload …` as a user would. */
export function startClient(args: readonly string[], options: ClientOptions): ClientRun {
  const { LONGHAUL_TOKEN: _, npm_command: __, ...environment } = process.env
  return watch(
    spawn(process.execPath, [cliPath, 'upload', ...args], {
      cwd: options.cwd,
      env: { ...environment, XDG_STATE_HOME: options.state, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
    options.input,
  )
}

/** Runs a command line that the client printed, in a shell. */
export function startShell(command: string, options: ClientOptions): ClientRun {
  const env = { ...process.env, XDG_STATE_HOME: options.state, ...options.env }
  return watch(
    spawn('sh', ['-c', command], { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'] }),
    options.input,
  )
}

function watch(child: ChildProcess, input: Buffer | undefined): ClientRun {
  clients.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // It may end before it has read all.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  // "close", not "exit": what it wrote last has then arrived.
  const exit = once(child, 'close').then(([code]) => {
    clients.delete(child)
    return code as number | null
  })
  return { process: child, pid: child.pid ?? 0, stdout: () => stdout, stderr: () => stderr, exit }
}

/** SIGKILL to every client that still runs, and all links closed. */
export function endClients(): void {
  for (const child of clients) child.kill('SIGKILL')
  for (const link of links) link.close()
}

/** A file of random bytes; gives its SHA-256. */
export async function makeFile(place: string, size: number): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(place, 'w')
  for (let at = 0; at < size; at += MiB) {
    const piece = randomBytes(Math.min(MiB, size - at))
    hash.update(piece)
    await file.write(piece)
  }
  await file.close()
  return hash.digest('hex')
}

export async function sha256OfFile(place: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(place), hash)
  return hash.digest('hex')
}

/** SHA-256 of what `GET` gives. */
export async function sha256OfUrl(url: string): Promise<string> {
  const response = await fetch(url)
  if (response.status !== 200 || response.body === null)
    throw new Error(`GET ${url}: ${response.status}`)
  const hash = createHash('sha256')
  for await (const piece of response.body) hash.update(piece)
  return hash.digest('hex')
}

export interface Link {
  readonly url: string
  /** Bytes that the client sent into it so far. */
  fromClient(): number
  /** TCP connections it has taken. */
  connections(): number
  /** Resets every connection that is open. */
  cut(): void
  /** From now on nothing from the client passes, and nobody is told; until `release`. */
  hold(): void
  release(): void
  close(): void
}

const links = new Set<Link>()

/** A TCP relay before `port` that lets through `rate` bytes a second from the client. */
export async function startLink(port: number, rate: number): Promise<Link> {
  let bytes = 0
  let taken = 0
  let held: (() => void)[] | null = null
  const sockets = new Set<net.Socket>()
  const relay = net.createServer((client) => {
    taken += 1
    const server = net.connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.end()
      })
    }
    server.on('data', (piece) => client.write(piece))
    client.on('data', (piece) => {
      bytes += piece.length
      client.pause()
      setTimeout(
        () => {
          const pass = () => {
            server.write(piece)
            client.resume()
          }
          if (held === null) pass()
          else held.push(pass)
        },
        (piece.length / rate) * 1000,
      )
    })
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const link: Link = {
    url: `http://127.0.0.1:${(relay.address() as net.AddressInfo).port}`,
    fromClient: () => bytes,
    connections: () => taken,
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    hold() {
      held ??= []
    },
    release() {
      const waiting = held ?? []
      held = null
      for (const pass of waiting) pass()
    },
    close() {
      links.delete(link)
      relay.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  links.add(link)
  return link
}

export interface Front {
  readonly url: string
  /** The method of each request, in order. */
  readonly seen: string[]
  /** The head of each request, in order. */
  readonly heads: http.IncomingHttpHeaders[]
  close(): void
}

/**
 * An HTTP proxy before `port` that may answer in the server's place: what `answer` gives for a request, else the server's.
 */
export async function startFront(
  port: number,
  answer: (
    method: string,
    seen: readonly string[],
  ) => { status: number; headers?: http.OutgoingHttpHeaders } | 'cut' | null,
): Promise<Front> {
  const seen: string[] = []
  const heads: http.IncomingHttpHeaders[] = []
  const server = http.createServer((request, response) => {
    const method = request.method ?? ''
    seen.push(method)
    heads.push(request.headers)
    const own = answer(method, seen)
    if (own === 'cut') {
      request.socket.resetAndDestroy()
      return
    }
    if (own !== null) {
      request.resume()
      request.on('end', () => response.writeHead(own.status, own.headers).end())
      return
    }
    const { headers, url } = request
    const onward = http.request({ port, method, path: url, headers }, (got) => {
      response.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    seen,
    heads,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
