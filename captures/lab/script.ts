// How a file of the lab is run as a process of its own: the same Node, and the same loader where the sources run unbuilt.
import { fileURLToPath } from 'node:url'

/** Node's arguments for a script beside this file, named without its ending. */
export function script(name: string): string[] {
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  return [...process.execArgv, fileURLToPath(new URL(name + ending, import.meta.url))]
}
