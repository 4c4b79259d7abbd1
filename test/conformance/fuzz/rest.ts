// The service at rest, between two storms: what has been left open, locked, unsaid in the log, or counted though nobody verified it.
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { openFiles, until } from '../../helpers/process.ts'
import type { RunningServer } from '../../helpers/server.ts'
import { exchange, get, head, remove } from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import { poison } from './request.ts'

export interface Rest {
  /** Descriptors of the process. */
  readonly descriptors: number
  /** Resident memory (bytes). */
  readonly memory: number
  readonly uploads: number
  /** Paths of uploads in which bytes count that were promised to be others. */
  readonly poisoned: ReadonlySet<string>
  readonly wrong: string[]
}

/** Waits until every connection has ended, looks at everything, and removes every upload but these. */
export async function lookAtRest(server: RunningServer, keep: ReadonlySet<string>): Promise<Rest> {
  const wrong = [...(await connectionsLeft(server)), ...troubleIn(server.log())]
  const poisoned = await poisonIn(server.dir)
  wrong.push(...[...poisoned].map(([path, what]) => `${path}: ${what}`))
  const uploads = await idsIn(server.dir)
  wrong.push(
    ...(await removeAll(
      server,
      uploads.filter((id) => !keep.has(`/files/${id}`)),
    )),
  )
  wrong.push(...(await litterIn(server.dir, keep)))
  await connectionsLeft(server)
  return {
    descriptors: (await openFiles(server.pid)).length,
    memory: await residentBytes(server.pid),
    uploads: uploads.length,
    poisoned: new Set(poisoned.keys()),
    wrong,
  }
}

/** Only the one that asks may be open. */
async function connectionsLeft(server: RunningServer): Promise<string[]> {
  const open = async () => JSON.parse((await get(server, '/api/connections')).text).open
  try {
    await until('the connections', async () => (await open()).length === 1, 15_000)
    return []
  } catch {
    return [`connections that do not end: ${JSON.stringify(await open())}`]
  }
}

/** What a service says of itself that shouldn't be, and what isn't even a line of its log: a crash's last words. */
export function troubleIn(log: string): string[] {
  const lines = log.split('\n').filter((line) => line !== '')
  return lines.filter(
    (line) => !line.startsWith('{') || /"level":"(error|fatal)"|unhandled|MaxListeners/i.test(line),
  )
}

/** Bytes that were promised to be others, in the part of a file that counts. */
async function poisonIn(dir: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of await readdir(dir)) {
    if (!/^[0-9a-f]{32}(\.\d+)?$/.test(name)) continue
    const file = path.join(dir, name)
    const mark = await readFile(`${file}.check`, 'latin1').catch(() => null)
    const bytes = await readFile(file)
    const counted = mark === null ? bytes : bytes.subarray(0, Number(mark))
    const at = counted.indexOf(poison)
    if (at >= 0) found.set(`/files/${name}`, `byte ${at} counts, and its checksum was false`)
  }
  return found
}

async function idsIn(dir: string): Promise<string[]> {
  const names = await readdir(dir)
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5))
}

/** An upload that is still locked, or can't be removed, is a leak. */
async function removeAll(server: RunningServer, ids: readonly string[]): Promise<string[]> {
  const wrong: string[] = []
  const wire = await connect(server)
  for (const id of ids) {
    const looked = await head(wire, `/files/${id}`)
    if (![200, 404, 410].includes(looked.status)) wrong.push(`${id}: HEAD ${looked.status} at rest`)
    // As the page does it: also what is damaged can be removed.
    const removed =
      looked.status === 200
        ? await remove(wire, `/files/${id}`)
        : await exchange(wire, { method: 'DELETE', target: `/api/uploads/${id}` })
    if (removed.status === 204) continue
    // A final goes with the part that it waited for.
    if (![404, 410].includes(removed.status)) wrong.push(`${id}: DELETE ${removed.status} at rest`)
  }
  wire.close()
  return wrong
}

async function litterIn(dir: string, keep: ReadonlySet<string>): Promise<string[]> {
  const kept = (name: string) => keep.has(`/files/${name.split('.')[0]}`)
  const left = (await readdir(dir)).filter((name) => name !== '.longhaul.lock' && !kept(name))
  const sizes = await Promise.all(left.map(async (name) => (await stat(path.join(dir, name))).size))
  return left.map((name, index) => `left in the folder: ${name}, ${sizes[index]} bytes`)
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
