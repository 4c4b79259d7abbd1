// A crash before every step that changes the folder: what the disk would hold then is kept as a copy, to be opened again.
// A test file that wants this mocks `node:fs` and `node:fs/promises` by `watchCalls`.
import { execFileSync } from 'node:child_process'
import path from 'node:path'

/** What the folder was like before a call. */
export interface Moment {
  readonly before: string
  readonly dir: string
}

interface Watch {
  readonly dir: string
  readonly into: string
  readonly moments: Moment[]
}

type Fault = (name: string, args: readonly unknown[]) => Error | null

/** Makes the call itself, or `null`. */
type Around = (
  name: string,
  args: readonly unknown[],
  call: () => Promise<unknown>,
) => Promise<unknown> | null

let watch: Watch | null = null
let around: Around | null = null
let fault: Fault | null = null

/** From now on the folder is copied into `into` before each call that changes a file, hard links as hard links. */
export function watchFolder(dir: string, into: string): Moment[] {
  watch = { dir, into, moments: [] }
  return watch.moments
}

/** Lets calls fail with the error that `next` gives; `null`: none does any more. */
export function failCalls(next: Fault | null): void {
  fault = next
}

/** Lets calls that give promises take their time; `null`: as the system does. */
export function delayCalls(next: Around | null): void {
  around = next
}

/** One more moment, the last: after everything. */
export function stopWatching(): void {
  look('the end')
  watch = null
}

function look(before: string): void {
  if (watch === null) return
  const dir = path.join(watch.into, String(watch.moments.length))
  execFileSync('cp', ['-a', watch.dir, dir])
  watch.moments.push({ before, dir })
}

/** A system's error. */
export const systemError = (code: string) => Object.assign(new Error(code), { code })

type Call = (...args: never[]) => unknown

/** The module with the named functions watched. `kind`: how they tell of an error. */
export function watchCalls<T extends object>(
  module: T,
  names: readonly (keyof T & string)[],
  kind: 'callback' | 'promise',
): T {
  const watched = names.map((name) => {
    const call = module[name] as Call
    const wrapped = (...args: unknown[]) => {
      const error = fault?.(name, args) ?? null
      if (error !== null && kind === 'promise') return Promise.reject(error)
      if (error !== null) return (args.at(-1) as (reason: Error) => void)(error)
      look(name)
      const make = () => call(...(args as never[])) as Promise<unknown>
      return (kind === 'promise' ? around?.(name, args, make) : null) ?? make()
    }
    return [name, wrapped]
  })
  return { ...module, ...Object.fromEntries(watched) }
}
