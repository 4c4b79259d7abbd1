// The server's JSON and event interface, as the page uses it: types, paths, typed fetch.

/** One upload as `/api/uploads` shows it. */
export interface ServerUpload {
  readonly id: string
  readonly url: string
  readonly name: string | null
  readonly type: string | null
  readonly length: number | null
  readonly offset: number
  readonly state: 'unfinished' | 'finished' | 'damaged'
  readonly created: string
  readonly modified: string
  readonly expires: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** Of the whole content, as far as the server knows them: base64 by tus's names, e.g. `sha256`. */
  readonly digests?: Readonly<Record<string, string>>
  /** Of how many parts it was put together; null for one that came in one. */
  readonly parts?: number | null
  /** A PATCH is being received now. */
  readonly active: boolean
  /** That PATCH's connection. */
  readonly connection: number | null
}

/** One TCP connection of the server's ledger. */
export interface Connection {
  readonly id: number
  readonly client: { readonly address: string; readonly port: number }
  readonly server: { readonly address: string; readonly port: number }
  readonly opened: string
  readonly closed: string | null
  readonly requests: number
  readonly patches: number
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Seconds; 0 while a request runs. */
  readonly idle: number
  readonly longestIdle: number
  /** `received`: bytes of the request so far. */
  readonly current: {
    readonly method: string
    readonly target: string
    readonly received: number
  } | null
  /** The latest upload PATCHed on it. */
  readonly upload: string | null
  readonly ended: ConnectionEnd | null
}

export interface ConnectionEnd {
  readonly by: 'client' | 'server'
  readonly how: 'fin' | 'reset' | 'idle-timeout' | 'drain' | 'read-timeout' | 'error'
}

/** The server's limits, sent with the first event. */
/** What the server was set up with; null: no limit. */
export interface ServerConfig {
  /** Bytes. */
  readonly maxSize: number | null
  /** Seconds an unfinished upload is kept. */
  readonly expireAfter: number | null
  /** Seconds an idle connection stays open. */
  readonly keepAliveTimeout: number | null
}

export interface Hello {
  readonly connection: number
  /** 0 stands for no limit. */
  readonly config: { readonly [Name in keyof ServerConfig]: number }
}

export interface UploadPage {
  readonly uploads: readonly ServerUpload[]
  readonly next: string | null
}

export interface ConnectionList {
  readonly now: string
  readonly open: readonly Connection[]
  readonly closed: readonly Connection[]
}

/** What the server offers beyond tus's core (tus 1.0, OPTIONS). */
export interface Abilities {
  /** `Tus-Checksum-Algorithm`: the hash functions that it checks chunks with. */
  readonly checksums: readonly string[]
  /** Uploads can go in parts (Concatenation). */
  readonly hasParts: boolean
}

/** Where tus creations go, absolute. */
export const endpoint = () => new URL('/files', location.href).href

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A typed client; `onConnection` hears which TCP connection carried each answer. */
export interface Api {
  /** One page, newest first. */
  uploads(state: ServerUpload['state'], cursor?: string | null): Promise<UploadPage>
  /** null when there is no such upload. */
  upload(id: string): Promise<ServerUpload | null>
  /** Resolves also when it was gone already. */
  remove(id: string): Promise<void>
  connections(): Promise<ConnectionList>
  abilities(): Promise<Abilities>
  /** How much of an upload is safe; null when there is no such upload. */
  offset(url: string): Promise<number | null>
  /** SHA-256 of a finished upload's content as the server reads it, hexadecimal; null when it doesn't tell. */
  digest(id: string): Promise<string | null>
}

export function createApi(hear: {
  readonly onConnection: (id: number) => void
  readonly onSignedOut: () => void
}): Api {
  const request = async (
    path: string,
    method = 'GET',
    headers: Readonly<Record<string, string>> = { Accept: 'application/json' },
    timeout = 30_000,
  ): Promise<Response> => {
    const response = await fetch(path, { method, headers, signal: AbortSignal.timeout(timeout) })
    const connection = connectionOf(response.headers.get('Longhaul-Connection'))
    if (connection !== null) hear.onConnection(connection)
    if (response.status === 401) hear.onSignedOut()
    return response
  }
  const json = async <T>(path: string): Promise<T> => {
    const response = await request(path)
    if (!response.ok) throw await errorOf(response)
    return (await response.json()) as T
  }
  return {
    uploads(state, cursor) {
      const query = new URLSearchParams({ state, limit: '50' })
      if (cursor) query.set('cursor', cursor)
      return json<UploadPage>(`/api/uploads?${query}`)
    },
    async upload(id) {
      const response = await request(`/api/uploads/${encodeURIComponent(id)}`)
      if (response.status === 404 || response.status === 410) return null
      if (!response.ok) throw await errorOf(response)
      return (await response.json()) as ServerUpload
    },
    async remove(id) {
      const response = await request(`/api/uploads/${encodeURIComponent(id)}`, 'DELETE')
      if (!response.ok && response.status !== 404 && response.status !== 410) {
        throw await errorOf(response)
      }
    },
    connections: () => json<ConnectionList>('/api/connections'),
    async abilities() {
      const { headers } = await request('/files', 'OPTIONS', {})
      return {
        checksums: listOf(headers.get('Tus-Checksum-Algorithm')),
        hasParts: listOf(headers.get('Tus-Extension')).includes('concatenation'),
      }
    },
    async offset(url) {
      const response = await request(url, 'HEAD', { 'Tus-Resumable': '1.0.0' })
      if (response.status === 404 || response.status === 410) return null
      const offset = response.headers.get('Upload-Offset')
      if (!response.ok || offset === null) throw await errorOf(response)
      return Number(offset)
    },
    async digest(id) {
      const wish = { 'Want-Repr-Digest': 'sha-256=1' }
      // The server may have to read the whole file first.
      const response = await request(`/files/${encodeURIComponent(id)}`, 'HEAD', wish, digestTime)
      const told = sha256Of(response.headers.get('Repr-Digest'))
      if (response.ok && told) return told
      const upload = await json<ServerUpload>(`/api/uploads/${encodeURIComponent(id)}`)
      return knownSha256(upload)
    },
  }
}

/** A digest of a terabyte takes the server some minutes, in ms. */
const digestTime = 3600_000

/** The SHA-256 in a `Repr-Digest` header (RFC 9530: a dictionary of byte sequences), hexadecimal; null when there is none. */
export function sha256Of(header: string | null): string | null {
  const found = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(header ?? '')?.[1]
  return found ? hexOfBase64(found) : null
}

/** The SHA-256 that the server knows of a finished upload, hexadecimal. */
export function knownSha256({ digests }: ServerUpload): string | null {
  return digests?.sha256 ? hexOfBase64(digests.sha256) : null
}

function hexOfBase64(text: string): string {
  return Array.from(atob(text), (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

const listOf = (header: string | null) => (header ?? '').split(',').map((item) => item.trim())

/** The number in a `Longhaul-Connection` header, null when absent. */
export function connectionOf(header: string | null | undefined): number | null {
  return header && /^\d+$/.test(header) ? Number(header) : null
}

/** The id in an upload URL, absolute or not; null when it's none. */
export function uploadIdOf(url: string | null | undefined): string | null {
  return /\/files\/([A-Za-z0-9_-]{8,128})$/.exec(url ?? '')?.[1] ?? null
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = (await response.text()).trim().slice(0, 300)
  return new ApiError(response.status, text || `the server answered ${response.status}`)
}
