// The command line that continues an upload, as the user can paste it into a shell.
import path from 'node:path'
import { shellQuote } from './format.ts'

/** Uploads the files that are left, with the chunk size in bytes and the checksum if they aren't the default. No token is in it. */
export function continueCommand(
  files: readonly string[],
  endpoint: string,
  chunkSize: number | null,
  checksum: string | null,
): string {
  return [
    ...programWords(),
    'upload',
    ...files.map(shellQuote),
    '--to',
    shellQuote(endpoint),
    ...(chunkSize === null ? [] : ['--chunk-size', String(chunkSize)]),
    ...(checksum === null ? [] : ['--checksum', checksum]),
  ].join(' ')
}

/** How this program was called. */
function programWords(): string[] {
  const script = process.argv[1] ?? ''
  if (process.env.npm_command === 'exec') return ['npx', 'longhaul']
  return path.basename(script) === 'longhaul' ? ['longhaul'] : ['node', shellQuote(script)]
}
