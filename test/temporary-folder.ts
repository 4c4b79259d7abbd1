// Every run of the tests has a temporary folder of its own, which must be empty at the end: whatever a test makes, it removes.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Returns what is to be done at the end. */
export function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-tests-'))
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
