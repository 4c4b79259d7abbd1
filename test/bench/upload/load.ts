// The timed work: uploads sent in PATCHes over one connection each, all at once.
import { openConnection, type PatchConnection } from './connection.ts'
import { cpuSeconds, machineCpuSeconds } from './process-figures.ts'

/** `size` bytes over each of `connections`, in PATCHes of `chunk` bytes. */
export interface Load {
  readonly url: string
  readonly pid: number
  readonly connections: number
  readonly size: number
  readonly chunk: number
}

/** Seconds: of the clock, and of processor time that the server, this client and all others took. */
export interface LoadResult {
  readonly seconds: number
  readonly serverCpu: number
  readonly clientCpu: number
  readonly othersCpu: number
}

/** Creates the uploads, then sends them; only the PATCHes are timed. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const port = Number(new URL(load.url).port)
  const uploads = await Promise.all(
    Array.from({ length: load.connections }, async () => ({
      target: await createUpload(load.url, load.size),
      connection: await openConnection(port),
    })),
  )
  const before = readClocks(load.pid)
  await Promise.all(uploads.map(({ connection, target }) => send(connection, target, load)))
  const after = readClocks(load.pid)
  for (const { connection } of uploads) connection.close()

  const serverCpu = after.server - before.server
  const clientCpu = after.client - before.client
  return {
    seconds: after.time - before.time,
    serverCpu,
    clientCpu,
    othersCpu: Math.max(0, after.machine - before.machine - serverCpu - clientCpu),
  }
}

async function send(connection: PatchConnection, target: string, load: Load): Promise<void> {
  for (let offset = 0; offset < load.size; offset += load.chunk) {
    await connection.patch(target, offset, Math.min(load.chunk, load.size - offset))
  }
}

function readClocks(pid: number) {
  const { user, system } = process.cpuUsage()
  return {
    machine: machineCpuSeconds(),
    server: cpuSeconds(pid),
    client: (user + system) / 1e6,
    time: performance.now() / 1000,
  }
}

/** Makes an upload and gives its path (tus 1.0.0, creation). */
export async function createUpload(url: string, size: number): Promise<string> {
  const response = await fetch(new URL('/files', url), {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(size) },
  })
  const location = response.headers.get('location')
  if (response.status !== 201 || location === null) {
    throw new Error(`creation: ${response.status} ${await response.text()}`)
  }
  return new URL(location, url).pathname
}
