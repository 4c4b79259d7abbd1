// Files that were begun in parts: the server lists no parts, so which of them make up a file is remembered in this browser.
import type { FileIdentity } from '../fingerprint.ts'
import type { Api, ServerUpload } from './api.ts'
import { keyOf } from './identity.ts'
import { idsOf } from './part-lines.ts'

export interface BegunFile {
  readonly identity: FileIdentity
  /** The parts' upload URLs, absolute, in the order of the file. */
  readonly urls: readonly string[]
  /** ms since the epoch. */
  readonly created: number
}

const storageKey = 'longhaul.parts'
/** Files remembered at most; the oldest go first. */
const mostFiles = 50

/** The part of `Storage` that is needed. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem'>

export interface BegunParts {
  readonly all: () => readonly BegunFile[]
  readonly find: (identity: FileIdentity) => BegunFile | null
  readonly remember: (file: BegunFile) => void
  readonly forget: (identity: FileIdentity) => void
}

/** `shelf` null, or one that refuses: what is remembered lasts as long as the page. */
export function createBegunParts(shelf: Shelf | null): BegunParts {
  let files: readonly BegunFile[] = []
  let text: string | null = null
  let refuses = false
  // Other tabs write there too, so each look is a new one.
  const all = (): readonly BegunFile[] => {
    // What stands there is older than what it refused.
    if (refuses) return files
    const found = textOn(shelf)
    if (found !== null && found !== text) files = parse(found)
    text = found
    return files
  }
  const write = (next: readonly BegunFile[]) => {
    files = next.slice(-mostFiles)
    text = JSON.stringify(files)
    try {
      shelf?.setItem(storageKey, text)
      refuses = false
    } catch {
      refuses = true
    }
  }
  const without = (identity: FileIdentity) =>
    all().filter((file) => keyOf(file.identity) !== keyOf(identity))
  return {
    all,
    find: (identity) => all().find((file) => keyOf(file.identity) === keyOf(identity)) ?? null,
    remember: (file) => write([...without(file.identity), file]),
    forget: (identity) => write(without(identity)),
  }
}

function textOn(shelf: Shelf | null): string | null {
  try {
    return shelf?.getItem(storageKey) ?? null
  } catch {
    return null
  }
}

function parse(text: string): readonly BegunFile[] {
  try {
    const found: unknown = JSON.parse(text)
    return Array.isArray(found) ? found.filter(isBegunFile) : []
  } catch {
    return []
  }
}

function isBegunFile(value: unknown): value is BegunFile {
  if (typeof value !== 'object' || value === null) return false
  const { identity, urls, created } = value as Partial<Record<keyof BegunFile, unknown>>
  const isIdentity = typeof identity === 'object' && identity !== null && 'filename' in identity
  return isIdentity && Array.isArray(urls) && urls.every(isText) && typeof created === 'number'
}

const isText = (value: unknown) => typeof value === 'string'

/** A file in parts as the list of unfinished uploads shows it. */
export interface UnfinishedParts extends ServerUpload {
  readonly begun: BegunFile
  /** Bytes the server has of each part. */
  readonly safe: readonly number[]
}

/** Asks the server how far each part is; null when none of them is there any more. Rejects while the server is away. */
export async function lookUp(api: Api, begun: BegunFile): Promise<UnfinishedParts | null> {
  const { identity, urls, created } = begun
  const offsets: (number | null)[] = []
  for (const url of urls) offsets.push(await api.offset(new URL(url).pathname))
  if (offsets.every((offset) => offset === null)) return null
  const safe = offsets.map((offset) => offset ?? 0)
  const at = new Date(created).toISOString()
  return {
    begun,
    safe,
    // No upload has such an id, so it meets no other row.
    id: `parts-${idsOf(urls).join('-')}`,
    url: '',
    name: identity.filename,
    type: null,
    length: identity.size,
    offset: safe.reduce((sum, count) => sum + count, 0),
    state: 'unfinished',
    created: at,
    modified: at,
    expires: null,
    metadata: {
      filename: identity.filename,
      lastModified: String(identity.lastModified ?? ''),
      fingerprint: identity.fingerprint ?? '',
    },
    parts: urls.length,
    active: false,
    connection: null,
  }
}
