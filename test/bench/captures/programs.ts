// The programs that read the file: ours whole, and what people would otherwise take.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Program {
  readonly title: string
  readonly command: string
  arguments(file: string): readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Too slow to be run in every round. */
  readonly isSlow: boolean
  /** Debian's package, where it may be missing. */
  readonly package: string | null
}

const cli = fileURLToPath(new URL('../../../dist/server/cli.js', import.meta.url))

const requestFields = [
  'frame.number',
  'tcp.stream',
  'http.request.method',
  'http.request.uri',
  'http.content_length_header',
].flatMap((name) => ['-e', name])

const tsharkListing = (file: string, ...options: readonly string[]) => [
  ...options,
  ...['-r', file, '-Y', 'http.request', '-T', 'fields', ...requestFields],
]

export const programs = {
  ours: {
    title: '`node dist/server/cli.js explain FILE --json`, the whole analysis',
    command: process.execPath,
    arguments: (file) => [cli, 'explain', file, '--json'],
    isSlow: false,
    package: null,
  },
  tcptrace: {
    title: '`tcptrace -l -r -n FILE`: counts, retransmissions and round trips of each connection',
    command: 'tcptrace',
    arguments: (file) => ['-l', '-r', '-n', file],
    isSlow: false,
    package: 'tcptrace',
  },
  tshark: {
    title: '`tshark -r FILE -Y http.request -T fields …`: a line for each request',
    command: 'tshark',
    arguments: (file) => tsharkListing(file),
    environment: withoutPreferences(),
    isSlow: true,
    package: 'tshark',
  },
  'tshark, no bodies': {
    title: 'the same with `-o http.desegment_body:FALSE`, which spares it putting bodies together',
    command: 'tshark',
    arguments: (file) => tsharkListing(file, '-o', 'http.desegment_body:FALSE'),
    environment: withoutPreferences(),
    isSlow: true,
    package: 'tshark',
  },
} satisfies Record<string, Program>

export type ProgramName = keyof typeof programs

export const programNames: readonly ProgramName[] = [
  'ours',
  'tcptrace',
  'tshark',
  'tshark, no bodies',
]

/** Throws where one of them can't run, and tells what to do. */
export function requirePrograms(names: readonly ProgramName[]): void {
  if (!existsSync(cli)) throw new Error('dist/server/cli.js is missing: npm run build')
  const missing = names
    .map((name): Program => programs[name])
    .filter(({ command }) => spawnSync(command, ['--version']).error !== undefined)
    .map((program) => program.package)
  if (missing.length === 0) return
  throw new Error(
    `to compare with: apt-get install --no-install-recommends ${[...new Set(missing)].join(' ')}` +
      '\n(or leave them out: --programs ours)',
  )
}

/** tshark reads the user's preferences: here there are none. */
function withoutPreferences(): Record<string, string> {
  return { XDG_CONFIG_HOME: path.join(tmpdir(), 'longhaul-bench-no-preferences') }
}
