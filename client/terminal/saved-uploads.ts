// What a later run must know to continue an upload: one small file per upload in the user's state folder.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** An upload that was begun and not finished. */
export interface SavedUpload {
  /** Absolute, symbolic links resolved. */
  readonly file: string
  /** The creation URL it was begun at. */
  readonly endpoint: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modified: number
  readonly fingerprint: string
  readonly uploadUrl: string
  /** ISO 8601. */
  readonly created: string
}

/** One file's upload to one endpoint, held by this process: nobody else continues it meanwhile. */
export interface Claim {
  /** What an earlier run saved; null if nothing, or nothing readable. */
  readonly saved: SavedUpload | null
  /** Returns when the upload is on the disk: a power cut a moment later doesn't lose it. */
  save(upload: SavedUpload): void
  forget(): void
  /** Lets others have it; what is saved stays. */
  release(): void
}

/** Another process that runs holds the claim. */
export class ClaimedError extends Error {
  override readonly name = 'ClaimedError'
  readonly pid: number
  constructor(pid: number) {
    super(`process ${pid} is uploading this file to the same place now`)
    this.pid = pid
  }
}

const keptDays = 90

/** `$XDG_STATE_HOME/longhaul/uploads`, by default under `~/.local/state` (XDG Base Directory 0.8). */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment.XDG_STATE_HOME
  // The specification: a relative path is to be ignored.
  const base = given && path.isAbsolute(given) ? given : path.join(homedir(), '.local', 'state')
  return path.join(base, 'longhaul', 'uploads')
}

/**
 * Claims the upload of `file` to `endpoint`. Each has a file of its own, replaced whole, so processes
 * that upload other files never touch it. Throws a `ClaimedError` while another process has it.
 */
export function claimUpload(folder: string, file: string, endpoint: string): Claim {
  makeFolder(folder)
  removeOld(folder)
  const key = createHash('sha256').update(`${endpoint}\n${file}`).digest('hex').slice(0, 32)
  const place = path.join(folder, `${key}.json`)
  const lock = path.join(folder, `${key}.lock`)
  takeLock(lock)
  return {
    saved: readSaved(place, file, endpoint),
    save: (upload) => writeWhole(place, `${JSON.stringify(upload, null, 2)}\n`),
    forget: () => fs.rmSync(place, { force: true }),
    release: () => fs.rmSync(lock, { force: true }),
  }
}

/** Node's own recursive mkdir never returns where a parent can't be made, e.g. in /proc. */
function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return
  const parent = path.dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (!fs.existsSync(folder)) throw error
  }
}

function readSaved(place: string, file: string, endpoint: string): SavedUpload | null {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(place, 'utf8'))
    return isSavedUpload(value) && value.file === file && value.endpoint === endpoint ? value : null
  } catch {
    // Not there, or damaged: nothing to continue. The server's bytes stay until they expire.
    return null
  }
}

const kinds = {
  file: 'string',
  endpoint: 'string',
  size: 'number',
  modified: 'number',
  fingerprint: 'string',
  uploadUrl: 'string',
  created: 'string',
} as const satisfies Record<keyof SavedUpload, string>

function isSavedUpload(value: unknown): value is SavedUpload {
  if (typeof value !== 'object' || value === null) return false
  const entries = new Map(Object.entries(value))
  return Object.entries(kinds).every(([name, kind]) => typeof entries.get(name) === kind)
}

function writeWhole(place: string, text: string): void {
  const temporary = `${place}.${process.pid}.tmp`
  const descriptor = fs.openSync(temporary, 'w', 0o600)
  try {
    try {
      fs.writeSync(descriptor, text)
      fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(temporary, place)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
  if (process.platform === 'win32') return // folders can't be opened there
  const folder = fs.openSync(path.dirname(place), 'r')
  try {
    fs.fsyncSync(folder)
  } finally {
    fs.closeSync(folder)
  }
}

/** Makes the lock file, whole from its first moment (a link to a written file), or takes a dead holder's. */
function takeLock(lock: string): void {
  const mine = `${lock}.${process.pid}.tmp`
  try {
    fs.writeFileSync(mine, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { mode: 0o600 })
    for (;;) {
      try {
        fs.linkSync(mine, lock)
        return
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      }
      const holder = holderOf(lock)
      if (holder !== null) throw new ClaimedError(holder)
      // Renamed first: of two processes that find the same dead holder, only one gets the file away.
      const dead = `${mine}.dead`
      try {
        fs.renameSync(lock, dead)
      } catch {
        continue
      }
      const revived = holderOf(dead)
      if (revived !== null) fs.renameSync(dead, lock)
      else fs.rmSync(dead, { force: true })
    }
  } finally {
    fs.rmSync(mine, { force: true })
  }
}

/** The process that has the lock; null if it runs no more or nobody has it. */
function holderOf(lock: string): number | null {
  let text: string
  try {
    text = fs.readFileSync(lock, 'utf8')
  } catch {
    return null
  }
  const [pid = 0, start = 0] = text.trim().split(' ').map(Number)
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return null
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return null
  }
  // After a restart of the machine the number may be somebody else's: the start time tells.
  const now = startOf(pid)
  return now === null || start === 0 || now === start ? pid : null
}

/** When a process began, in clock ticks since the machine's start (proc(5), field 22); null where that isn't told. */
function startOf(pid: number): number | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 2, the name in brackets, may hold spaces and brackets.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    return Number.isFinite(ticks) ? ticks : null
  } catch {
    return null
  }
}

function removeOld(folder: string): void {
  const oldest = Date.now() - keptDays * 86_400_000
  for (const name of fs.readdirSync(folder)) {
    const place = path.join(folder, name)
    try {
      if (fs.statSync(place).mtimeMs < oldest) fs.rmSync(place)
    } catch {
      // Another process was faster.
    }
  }
}
