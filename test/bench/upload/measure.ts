// One measurement: a fresh server in a fresh folder, warmed up, loaded, read, ended.
import { execFileSync } from 'node:child_process'
import type { LoadClient } from './client-process.ts'
import type { Load, LoadResult } from './load.ts'
import { residentBytes } from './process-figures.ts'
import { quiet } from './quiet.ts'
import { type ServerName, type StartOptions, startServer } from './servers.ts'
import { verifyUploads } from './verify.ts'

/** What is sent; `chunk` is `Infinity` where a file is one PATCH. */
export interface Workload {
  readonly chunk: number
  readonly connections: number
  /** Bytes over all connections. */
  readonly size: number
}

export interface Measurement extends LoadResult {
  readonly bytes: number
  /** The most memory that the server ever held, in bytes. */
  readonly peak: number
}

/** All rounds of one workload. */
export interface Cell {
  readonly workload: Workload
  readonly rounds: readonly Round[]
}

/** One measurement of each server, taken one after the other. */
export type Round = ReadonlyMap<ServerName, Measurement>

/**
 * Small PATCHes that go first. A service runs for weeks: what is measured is not how long V8 takes to compile it, which
 * grows with the code and would be most of what a run of some seconds sees.
 */
export const warmUp = { chunk: 16 * 1024, patches: 6000 }

/** Then the same work goes once, untimed; `verify` reads everything back afterwards. */
export async function measure(
  name: ServerName,
  { chunk, connections, size }: Workload,
  client: LoadClient,
  options: StartOptions & { readonly verify: boolean },
): Promise<Measurement> {
  const server = await startServer(name, options)
  try {
    const each = Math.floor(size / connections)
    const { url, pid } = server
    const load: Load = { url, pid, connections, size: each, chunk: Math.min(chunk, each) }
    await client.load({ ...load, ...warmUp, size: (warmUp.chunk * warmUp.patches) / connections })
    await client.load(load)
    await quiet()
    const result = await client.load(load)
    const peak = residentBytes(pid, 'VmHWM')
    if (options.verify) await verifyUploads(server.folder, load, 2)
    return { ...result, bytes: each * connections, peak }
  } catch (error) {
    throw new Error(`${name}: ${String(error)}\n${server.log().slice(-2000)}`, { cause: error })
  } finally {
    await server.stop()
    // What is still on its way to the disk would slow the next one down.
    execFileSync('sync', ['-f', options.base])
  }
}
