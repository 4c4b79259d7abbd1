// What checksums cost the server: the same PATCHes without one and with one of each kind, in turn, on one warm server a round.
import { execFileSync } from 'node:child_process'
import type { ChecksumName } from './checksum.ts'
import type { LoadClient } from './client-process.ts'
import type { Load, LoadResult } from './load.ts'
import { warmUp } from './measure.ts'
import type { UploadOptions } from './options.ts'
import { quiet } from './quiet.ts'
import { startServer } from './servers.ts'

/** All rounds with chunks of one size. */
export interface ChecksumRounds {
  readonly chunk: number
  /** Bytes of one measurement. */
  readonly bytes: number
  readonly rounds: readonly ReadonlyMap<ChecksumName | 'none', LoadResult>[]
}

const chunks = [2 ** 20, 2 ** 23]

export async function checksumRounds(
  client: LoadClient,
  options: UploadOptions,
): Promise<ChecksumRounds[]> {
  const all: ChecksumRounds[] = []
  for (const chunk of chunks) {
    const rounds: Map<ChecksumName | 'none', LoadResult>[] = []
    for (let n = 0; n < options.rounds; n++) rounds.push(await measureRound(chunk, client, options))
    all.push({ chunk, bytes: options.size, rounds })
  }
  return all
}

async function measureRound(
  chunk: number,
  client: LoadClient,
  { size, checksums, dir, flags }: UploadOptions,
): Promise<Map<ChecksumName | 'none', LoadResult>> {
  const results = new Map<ChecksumName | 'none', LoadResult>()
  const server = await startServer('ours', { base: dir, flags, profile: null })
  try {
    const { url, pid } = server
    const load: Load = { url, pid, connections: 1, size, chunk }
    await client.load({ ...load, ...warmUp, size: warmUp.chunk * warmUp.patches })
    for (const name of ['none', ...checksums] as const) {
      const one: Load = name === 'none' ? load : { ...load, checksum: name }
      // Each kind once untimed: its code is compiled, and its memory is there.
      await client.load({ ...one, size: Math.min(size, 8 * chunk) })
      await quiet()
      const result = await client.load(one)
      results.set(name, result)
      const speed = (size / 1e6 / result.seconds).toFixed(0)
      console.error(
        `checksum  ${name.padEnd(8)} ${(chunk / 2 ** 20).toFixed(0)} MiB  ${speed} MB/s`,
      )
    }
  } finally {
    await server.stop()
    execFileSync('sync', ['-f', dir])
  }
  return results
}
