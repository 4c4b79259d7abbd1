// Starts the load client and hands it tasks.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Task } from './client.ts'
import type { Crowd, CrowdResult } from './crowd.ts'
import type { Join, JoinResult } from './join.ts'
import type { Load, LoadResult } from './load.ts'

export interface LoadClient {
  load(load: Load): Promise<LoadResult>
  crowd(crowd: Crowd): Promise<CrowdResult>
  join(join: Join): Promise<JoinResult>
  stop(): void
}

/** One client for the whole benchmark: it is warm when the second measurement begins. */
export function startClient(): LoadClient {
  const child = fork(fileURLToPath(new URL('client.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  })
  const ask = async (task: Task) => {
    child.send(task)
    const [reply] = await once(child, 'message')
    if (reply.error !== undefined) throw new Error(reply.error)
    return reply.result
  }
  return {
    load: (load) => ask({ kind: 'load', load }),
    crowd: (crowd) => ask({ kind: 'crowd', crowd }),
    join: (join) => ask({ kind: 'join', join }),
    stop: () => child.disconnect(),
  }
}
