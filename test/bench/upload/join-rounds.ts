// How long joining takes by the number of parts: with the default durability, since an upload is finished by it.
import type { LoadClient } from './client-process.ts'
import type { JoinResult } from './join.ts'
import type { UploadOptions } from './options.ts'
import { quiet } from './quiet.ts'
import { startServer } from './servers.ts'

export interface JoinRounds {
  readonly parts: number
  readonly size: number
  readonly rounds: readonly JoinResult[]
}

export async function joinRounds(
  client: LoadClient,
  { parts, size, rounds, dir, flags }: UploadOptions,
): Promise<JoinRounds[]> {
  const all: JoinRounds[] = []
  for (const count of parts) {
    const server = await startServer('durable', { base: dir, flags, profile: null })
    try {
      const { url, pid } = server
      const join = { url, pid, parts: count, size }
      await client.join({ ...join, size: 2 ** 20 })
      const results: JoinResult[] = []
      for (let n = 0; n < rounds; n++) {
        await quiet()
        results.push(await client.join(join))
      }
      all.push({ parts: count, size, rounds: results })
    } finally {
      await server.stop()
    }
  }
  return all
}
