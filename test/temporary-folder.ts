// Every run of the tests has a temporary folder of its own, which must be empty at the end: whatever a test makes, it removes.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const prefix = 'longhaul-tests-'

/** Returns what is to be done at the end. */
export function setup(): () => void {
  const parent = tmpdir()
  removeThoseOfTheDead(parent)
  const folder = mkdtempSync(path.join(parent, `${prefix}${process.pid}-`))
  // Some tests run the service as another user.
  chmodSync(folder, 0o755)
  process.env.TMPDIR = folder
  return () => {
    // tsx, with which some tests start programs, keeps what it has compiled for the next one.
    const left = readdirSync(folder).filter((name) => !name.startsWith('tsx-'))
    rmSync(folder, { recursive: true, force: true })
    if (left.length > 0) throw new Error(`left behind by the tests: ${left.join(', ')}`)
  }
}

/** A run that was killed could not clean up after itself. */
function removeThoseOfTheDead(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(path.join(parent, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
