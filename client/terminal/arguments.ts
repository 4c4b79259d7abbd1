// The words of the command line, looked at before anything is sent: text in, an endpoint and readable files out.
import { fstatSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { openFileSource } from './byte-source.ts'
import { printable } from './format.ts'

/** Wrong usage: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Where uploads go. */
export interface Target {
  /** The creation URL, without credentials. */
  readonly endpoint: URL
  /** The value of the `Authorization` header; null for none. */
  readonly authorization: string | null
}

/** Something that can be uploaded. */
export interface Input {
  /** As the user wrote it. */
  readonly argument: string
  readonly name: string
  /** Absolute, symbolic links resolved; null for standard input. */
  readonly file: string | null
}

/** The endpoint that `to` names, of a server's bare address `/files`. Throws a `UsageError`. */
export function readTarget(to: string, token: string | undefined): Target {
  const endpoint = URL.canParse(to) ? new URL(to) : null
  if (endpoint?.protocol !== 'http:' && endpoint?.protocol !== 'https:') {
    throw new UsageError(
      `--to ${printable(to)}: no http or https URL, e.g. http://127.0.0.1:8080/files`,
    )
  }
  if (endpoint.pathname === '/') endpoint.pathname = '/files'
  endpoint.hash = ''
  const { username, password } = endpoint
  // In the header, not in the URL: that one is saved and printed.
  endpoint.username = ''
  endpoint.password = ''
  if (token) {
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new UsageError('--token: only visible ASCII characters can be sent')
    }
    return { endpoint, authorization: `Bearer ${token}` }
  }
  if (username === '' && password === '') return { endpoint, authorization: null }
  const credentials = `${decoded(username)}:${decoded(password)}`
  return { endpoint, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new UsageError('--to: a % in the name or password must be written as %25')
  }
}

/** Looks at every file before the first byte is sent. Throws a `UsageError`. */
export async function readInputs(files: readonly string[]): Promise<Input[]> {
  if (files.length === 0) throw new UsageError('no file given')
  if (files.filter((file) => file === '-').length > 1) {
    throw new UsageError('standard input (-) can be uploaded only once')
  }
  return Promise.all(files.map(readInput))
}

async function readInput(argument: string): Promise<Input> {
  if (argument === '-') {
    if (process.stdin.isTTY)
      throw new UsageError('-: standard input is a terminal; pipe something into it')
    // Node gives an empty stream for it.
    if (fstatSync(0).isDirectory()) throw new UsageError('-: standard input is a folder')
    return { argument, name: 'stdin', file: null }
  }
  try {
    const file = await realpath(argument)
    const found = await stat(file)
    if (found.isDirectory())
      throw new UsageError(`${printable(argument)}: a folder; name its files`)
    if (!found.isFile())
      throw new UsageError(`${printable(argument)}: no regular file; pipe it into "upload -"`)
    const source = await openFileSource(file)
    await source.handle.close()
    return { argument, name: path.basename(argument), file }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw new UsageError(`${printable(argument)}: ${fileReasons[code] ?? String(error)}`)
  }
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
}
