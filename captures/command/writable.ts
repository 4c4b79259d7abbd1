// Whether a file can be written, asked before the work that it is for.
import { accessSync, constants, type Stats, statSync } from 'node:fs'
import path from 'node:path'

/** Why nothing can be written under this name, half a sentence; `null` where nothing is known against it. */
export function whyNotWritable(file: string): string | null {
  const folder = path.dirname(file)
  if (!isFolder(folder)) return `there is no folder ${folder}`
  if (isFolder(file)) return 'it is a folder'
  if (isThere(file) && found(file)?.isFile() !== true) return 'it is no file, but a device or pipe'
  if (isTooLong(file)) return 'its name is too long'
  if (!isAllowed(folder)) return 'its folder can not be written to'
  return isThere(file) && !isAllowed(file) ? 'you may not write to it' : null
}

const isFolder = (name: string) => found(name)?.isDirectory() === true

function isTooLong(name: string): boolean {
  try {
    statSync(name)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG'
  }
}

const isThere = (name: string) => found(name) !== null

/** What can't be looked at counts as not there. */
function found(name: string): Stats | null {
  try {
    return statSync(name)
  } catch {
    return null
  }
}

function isAllowed(name: string): boolean {
  try {
    accessSync(name, constants.W_OK)
    return true
  } catch {
    return false
  }
}
