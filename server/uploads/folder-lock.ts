// One service per folder: a lock file that tells who holds it, refreshed while the holder lives.
import { randomBytes } from 'node:crypto'
import { constants, readFileSync, readlinkSync } from 'node:fs'
import {
  copyFile,
  link,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const lockName = '.longhaul.lock'
/** Of the lock of a newcomer, before it has its name: whose, and a word that no other container with the same pid has. */
const draftName = /^\.longhaul\.lock\.((\d+)(?:\.[0-9a-f]+)?)$/
const staleOf = (file: string, newcomer: string) => `${file}.stale.${newcomer}`
const heartbeatMs = 2000
/** A holder that can't be asked (another host or container) counts as gone after so long without a heartbeat. */
const silentMs = 10_000

interface Holder {
  readonly pid: number
  readonly host: string
  /** Tells processes with the same pid apart: when the process started, in which pid namespace, since which boot. */
  readonly identity: string | null
}

/** The folder is in use; the message says by whom and what to do. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'
}

/**
 * Takes the folder for this process and resolves with the way to give it back. Rejects with a `FolderInUseError`
 * when a living process has it. A lock left behind by a dead one is taken over: at once on the same machine,
 * and from elsewhere after `silentMs` without a heartbeat. `onLost` is called when that happened to us.
 */
export async function lockFolder(dir: string, onLost: () => void): Promise<() => Promise<void>> {
  const file = path.join(dir, lockName)
  const mine = JSON.stringify(self())
  const newcomer = `${process.pid}.${randomBytes(4).toString('hex')}`
  const draft = `${file}.${newcomer}`
  try {
    await writeFile(draft, mine)
    // link() refuses an existing name atomically, and the file is never seen half-written.
    while (!(await linkIfFree(draft, file))) await clearStale(file, dir, newcomer)
    await clearDrafts(dir, draft).catch(() => {})
  } finally {
    await rm(draft, { force: true })
  }
  const beat = setInterval(() => {
    refresh(file, mine).then(
      (isOurs) => isOurs || onLost(),
      () => {},
    )
  }, heartbeatMs)
  beat.unref()
  return async () => {
    clearInterval(beat)
    const text = await readFile(file, 'utf8').catch(() => null)
    if (text === mine) await rm(file, { force: true })
  }
}

/**
 * The heartbeat. `false`: somebody else has the lock, after this process had been stopped for long. A lock that somebody
 * deleted is made again.
 */
async function refresh(file: string, mine: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(orNull('ENOENT'))
  if (text === null) {
    await writeFile(file, mine, { flag: 'wx' })
    return true
  }
  if (text !== mine) return false
  const now = new Date()
  await utimes(file, now, now)
  return true
}

function orNull(code: string) {
  return (error: unknown): null => {
    if (hasCode(error, code)) return null
    throw error
  }
}

async function linkIfFree(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw error
    return copyIfFree(draft, file)
  }
}

/** For file systems without hard links. */
async function copyIfFree(draft: string, file: string): Promise<boolean> {
  try {
    await copyFile(draft, file, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

const hasCode = (error: unknown, ...codes: string[]) =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

/** Removes the lock of a dead holder; throws when the holder lives, or when the lock can't be read or removed. */
async function clearStale(file: string, dir: string, newcomer: string): Promise<void> {
  const text = await orUnusable(file, 'read', readFile(file, 'utf8'))
  if (text === null) return
  const holder = parseHolder(text)
  if (holder !== null && (await isAlive(holder, file))) {
    throw new FolderInUseError(
      `the folder ${dir} is in use by process ${holder.pid} on ${holder.host}: end it first, or choose another --dir`,
    )
  }
  // Two newcomers may both find it stale: the rename lets one of them win, and shows whose lock was taken away.
  const aside = staleOf(file, newcomer)
  const moved = await orUnusable(
    file,
    'removed',
    rename(file, aside).then(() => true),
  )
  if (moved === null) return
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, file).catch(() => {})
  await rm(aside, { force: true })
}

/** What newcomers left that were killed while they took the lock. Who is on another machine may be about to take it. */
async function clearDrafts(dir: string, own: string): Promise<void> {
  const here = self()
  for (const name of await readdir(dir)) {
    const [, newcomer, pid] = draftName.exec(name) ?? []
    const draft = path.join(dir, name)
    if (newcomer === undefined || draft === own) continue
    const text = await readFile(draft, 'utf8')
    const holder = parseHolder(text)
    // An empty one was made by a process that was killed before it could say who it is.
    const isAbandoned =
      holder === null
        ? text === '' && !isRunning(Number(pid))
        : canAsk(holder, here) && !isAliveHere(holder)
    if (!isAbandoned) continue
    // The draft last: it alone tells whose the other one is.
    await rm(staleOf(path.join(dir, lockName), newcomer), { force: true })
    await rm(draft, { force: true })
  }
}

/** `null`: somebody else was quicker, and the file is gone. */
async function orUnusable<T>(file: string, what: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw new FolderInUseError(
      `the lock ${file} can't be ${what} by this user: if no other service uses the folder, remove it`,
      { cause: error },
    )
  }
}

async function isAlive(holder: Holder, file: string): Promise<boolean> {
  if (canAsk(holder, self())) return isAliveHere(holder)
  const before = await heartbeatOf(file)
  const deadline = Date.now() + silentMs
  while (Date.now() < deadline) {
    await delay(heartbeatMs / 4)
    const now = await heartbeatOf(file)
    if (now !== before) return now !== null
  }
  return false
}

const canAsk = (holder: Holder, here: Holder) =>
  holder.host === here.host && namespaceOf(holder) === namespaceOf(here)

const isAliveHere = ({ pid, identity }: Holder) => identity === identityOf(pid) && isRunning(pid)

async function heartbeatOf(file: string): Promise<number | null> {
  return stat(file).then(
    (found) => found.mtimeMs,
    () => null,
  )
}

function self(): Holder {
  return { pid: process.pid, host: hostname(), identity: identityOf(process.pid) }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** `BOOT/NAMESPACE/START` from /proc, or `null` where there is no such process or no /proc. */
function identityOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const namespace = readlinkSync('/proc/self/ns/pid')
    // The name in parentheses may hold anything; field 22, the start time, is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // Killed but not yet waited for by its parent: it writes no more.
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${boot}/${namespace}/${fields[19]}`
  } catch {
    return null
  }
}

const namespaceOf = (holder: Holder) => holder.identity?.split('/').slice(0, 2).join('/') ?? null

function parseHolder(text: string): Holder | null {
  try {
    const { pid, host, identity } = JSON.parse(text)
    return Number.isSafeInteger(pid)
      ? { pid, host: String(host), identity: identity ?? null }
      : null
  } catch {
    return null
  }
}
