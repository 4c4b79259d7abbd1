// The timed work: uploads sent in PATCHes over one connection each, all at once.
import { type ChecksumName, checksumsOf } from './checksum.ts'
import { openConnection, type PatchConnection } from './connection.ts'
import { cpuSeconds, machineCpuSeconds } from './process-figures.ts'

/** `size` bytes over each of `connections`, in PATCHes of `chunk` bytes. */
export interface Load {
  readonly url: string
  readonly pid: number
  readonly connections: number
  readonly size: number
  readonly chunk: number
  /** Each PATCH carries such a checksum; absent: none. */
  readonly checksum?: ChecksumName
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
  // Before the clock starts: it's the server's work that is measured.
  const checksums = load.checksum ? checksumsOf(load.checksum, load.size, load.chunk) : []
  const before = readClocks(load.pid)
  await Promise.all(
    uploads.map(({ connection, target }) => send(connection, target, load, checksums)),
  )
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

async function send(
  connection: PatchConnection,
  target: string,
  { size, chunk }: Load,
  checksums: readonly string[],
): Promise<void> {
  for (let offset = 0, n = 0; offset < size; offset += chunk, n++) {
    await connection.patch(target, offset, Math.min(chunk, size - offset), checksums[n])
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
export const createUpload = (url: string, size: number): Promise<string> =>
  create(url, { 'Upload-Length': String(size) })

/** The same with other headers, e.g. those of a part or of what parts are joined to (tus 1.0.0, concatenation). */
export async function create(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const response = await fetch(new URL('/files', url), {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', ...headers },
  })
  const location = response.headers.get('location')
  if (response.status !== 201 || location === null) {
    throw new Error(`creation: ${response.status} ${await response.text()}`)
  }
  return new URL(location, url).pathname
}
