// The command line that continues an upload, as the user can paste it into a shell.
import path from 'node:path'
import { shellQuote } from './format.ts'

/** What the user may have said that a next run needs to hear again. Sizes are bytes, durations seconds; null: nothing. */
export interface Said {
  readonly chunkSize: number
  readonly retryFor: number
  readonly stallTimeout: number
  readonly checksum: string | null
  readonly quiet: boolean
  readonly json: boolean
}

/** Each as the words of a command line. `--no-resume` and the token are not among them: the one would begin anew, the other is secret. */
const flags: { readonly [Name in keyof Said]: (value: Said[Name]) => readonly string[] } = {
  chunkSize: (bytes) => ['--chunk-size', exactSize(bytes)],
  retryFor: (seconds) => ['--retry-for', `${seconds}s`],
  stallTimeout: (seconds) => ['--stall-timeout', `${seconds}s`],
  checksum: (name) => (name === null ? [] : ['--checksum', name]),
  quiet: () => ['--quiet'],
  json: () => ['--json'],
}

/** Uploads the files that are left, with what was said otherwise than by default. */
export function continueCommand(
  files: readonly string[],
  endpoint: string,
  said: Said,
  defaults: Said,
): string {
  const words = <Name extends keyof Said>(name: Name) =>
    said[name] === defaults[name] ? [] : flags[name](said[name])
  return [
    ...programWords(),
    'upload',
    // A file whose name begins with a dash is no option.
    ...files.map((file) => shellQuote(/^-./.test(file) ? `./${file}` : file)),
    '--to',
    shellQuote(endpoint),
    ...(Object.keys(flags) as (keyof Said)[]).flatMap(words),
  ].join(' ')
}

/** `1MiB`, `1000`: to the byte. */
function exactSize(bytes: number): string {
  if (bytes > 0 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}MiB`
  return bytes > 0 && bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10}KiB` : String(bytes)
}

/** How this program was called. */
function programWords(): string[] {
  const script = process.argv[1] ?? ''
  if (process.env.npm_command === 'exec') return ['npx', 'longhaul']
  return path.basename(script) === 'longhaul' ? ['longhaul'] : ['node', shellQuote(script)]
}
