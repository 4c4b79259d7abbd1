// What Linux tells of a running process, and small waits.
import { readdir, readFile, readlink } from 'node:fs/promises'

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Polls until `look` gives something other than `false`, `null` or `undefined`; throws after `limit` ms. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  limit = 10_000,
): Promise<T> {
  const deadline = Date.now() + limit
  while (true) {
    const seen = await look()
    if (seen !== false && seen !== null && seen !== undefined) return seen
    if (Date.now() > deadline) throw new Error(`not within ${limit} ms: ${what}`)
    await sleep(20)
  }
}

/** Processor time of a process so far, user and system, in milliseconds (to 10 ms; proc(5), stat). */
export async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The second field, the name in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** What a process has open: the targets of its descriptors. */
export async function openFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const targets = (await readdir(folder)).map((name) =>
    readlink(`${folder}/${name}`).catch(() => ''),
  )
  return (await Promise.all(targets)).filter((target) => target !== '')
}

/** Whether the process is there and no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat !== null && !/\) [ZX] /.test(stat)
}
