// The directions in which our folders may import: a table, and a check of any list of imports against it.
import path from 'node:path'

/** One import statement: files relative to the project's root, `to` as resolved. */
export interface Import {
  readonly from: string
  readonly to: string
}

/** A place (a folder, or a file without its ending) and the places that it may import, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'server/units': [],
  'server/config-readers': ['server/units'],
  'server/config': ['server/config-readers', 'server/units'],
  'server/uploads': ['server/config', 'server/units'],
  'server/connections': [],
  'server/turns': [],
  'server/respond': ['server/turns'],
  'server/parse-url': [],
  'server/cors': ['server/parse-url'],
  'server/refusals': ['server/uploads', 'server/connections'],
  'server/exchange': ['server/connections'],
  'server/tus': [
    'server/uploads',
    'server/exchange',
    'server/connections',
    'server/respond',
    'server/refusals',
    'server/cors',
    'server/parse-url',
  ],
  'server/dispatch': ['server/exchange'],
  'server/rufh': [
    'server/uploads',
    'server/exchange',
    'server/connections',
    'server/respond',
    'server/refusals',
    'server/cors',
  ],
  'server/joined-files': ['server/uploads'],
  'server/conditions': [],
  'server/malformed': ['server/refusals'],
  'server/downloads': [
    'server/uploads',
    'server/exchange',
    'server/refusals',
    'server/cors',
    'server/joined-files',
    'server/conditions',
  ],
  'server/events': ['server/uploads', 'server/connections', 'server/live'],
  'server/live': [
    'captures/units',
    'captures/analysis',
    'captures/rules',
    'captures/analyse',
    'captures/format',
    'captures/packet',
    'captures/tcp',
    'captures/trim',
    'captures/report',
    'captures/lab/children',
    'captures/lab/dumpcap',
    'captures/lab/needs',
  ],
  'server/api': ['server/uploads', 'server/refusals', 'server/connections'],
  'server/metrics': ['server/uploads', 'server/connections'],
  'server/sign-in': [],
  'server/access': ['server/sign-in'],
  'server/pages': [],
  'server/host-check': ['server/config'],
  'server/log-lines': [],
  'server/log': ['server/config', 'server/log-lines'],
  'server/http': ['server/connections', 'server/respond', 'server/units'],
  'server/app': [
    'server/access',
    'server/api',
    'server/config',
    'server/connections',
    'server/cors',
    'server/dispatch',
    'server/downloads',
    'server/events',
    'server/exchange',
    'server/host-check',
    'server/http',
    'server/live',
    'server/malformed',
    'server/metrics',
    'server/pages',
    'server/refusals',
    'server/respond',
    'server/rufh',
    'server/tus',
    'server/turns',
    'server/units',
    'server/uploads',
  ],
  'server/main': [
    'server/app',
    'server/config',
    'server/connections',
    'server/http',
    'server/live',
    'server/log',
    'server/units',
    'server/uploads',
  ],
  'server/cli': ['server/config', 'server/main', 'server/units', 'client/terminal', 'captures'],
  client: [],
  'client/captures': [
    'client/upload',
    'captures/units',
    'captures/analysis',
    'captures/rules',
    'captures/analyse',
    'captures/format',
    'captures/tcp',
    'captures/trim',
    'captures/report',
  ],
  'client/terminal': ['client/retry-policy', 'client/fingerprint', 'client/units'],
  'captures/units': [],
  'captures/analysis': ['captures/units'],
  'captures/rules': ['captures/analysis'],
  'captures/format': ['captures/units'],
  'captures/packet': ['captures/units', 'captures/format'],
  'captures/tcp': ['captures/units', 'captures/packet'],
  'captures/http': ['captures/units', 'captures/tcp'],
  'captures/tus': ['captures/units', 'captures/analysis', 'captures/rules', 'captures/http'],
  'captures/phases': [
    'captures/units',
    'captures/analysis',
    'captures/rules',
    'captures/format',
    'captures/packet',
    'captures/tcp',
    'captures/http',
    'captures/tus',
  ],
  'captures/analyse': [
    'captures/units',
    'captures/analysis',
    'captures/format',
    'captures/packet',
    'captures/tcp',
    'captures/http',
    'captures/tus',
    'captures/phases',
  ],
  'captures/trim': [
    'captures/units',
    'captures/analysis',
    'captures/format',
    'captures/packet',
    'captures/tcp',
    'captures/http',
    'captures/analyse',
  ],
  'captures/report': ['captures/units', 'captures/analysis', 'captures/rules'],
  'captures/lab': [
    'captures/units',
    'captures/analysis',
    'captures/rules',
    'captures/analyse',
    'captures/format',
    'captures/trim',
    'captures/report',
    'captures/command',
  ],
  'captures/command': [
    'captures/analysis',
    'captures/analyse',
    'captures/format',
    'captures/trim',
    'captures/report',
    'captures/lab',
  ],
  test: ['server', 'client', 'captures'],
}

/** Folders and files of which the code runs in a browser's worker too: bytes and plain data in and out. */
const pure = [
  'captures/units',
  'captures/analysis',
  'captures/analyse',
  'captures/format',
  'captures/packet',
  'captures/tcp',
  'captures/http',
  'captures/tus',
  'captures/phases',
  'captures/trim',
  'captures/report',
]

/** What a pure file would need Node, a disk, a clock or chance for; empty: nothing. */
export function impurities(file: string, text: string): string[] {
  if (!pure.some((place) => isIn(file, place))) return []
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  return [
    ...code.matchAll(
      /from '(?:node:[^']+|[^.'][^']*)'|\b(?:process|Buffer|performance)\.|\bDate\.now\b|\bMath\.random\b/g,
    ),
  ].map(([found]) => found)
}

/** The imports that go in a direction which the table doesn't allow. */
export function breaches(imports: readonly Import[]): Import[] {
  return imports.filter((one) => !isAllowed(one))
}

function isAllowed({ from, to }: Import): boolean {
  const place = placeOf(from)
  if (place === null) return false
  if (place === placeOf(to)) return true
  return (allowed[place] ?? []).some((other) => isIn(to, other))
}

/** The most exact place of the table that holds the file. */
export function placeOf(file: string): string | null {
  const places = Object.keys(allowed).filter((place) => isIn(file, place))
  return places.sort((a, b) => b.length - a.length)[0] ?? null
}

function isIn(file: string, place: string): boolean {
  const bare = file.slice(0, file.length - path.extname(file).length)
  return bare === place || file.startsWith(`${place}/`)
}

/** Every relative import in a source text, type imports and re-exports included. */
export function importsIn(file: string, text: string): Import[] {
  const specifier = /(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)'(\.{1,2}\/[^']+)'/gm
  return [...text.matchAll(specifier)].map((match) => ({
    from: file,
    to: path.posix.join(path.posix.dirname(file), match[1] ?? ''),
  }))
}
