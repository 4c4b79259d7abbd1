// Small builders of tus 1.0.0 requests over the raw client: they build and send, they do not judge.
import { type Address, connect, type Wire, type WireResponse } from './wire.ts'

/** Where the service takes uploads. */
export const endpoint = '/files'

export type HeaderValue = string | number | readonly string[] | null

/** `null` leaves a header out that would be sent by default; a list sends the header several times. */
export type Headers = Readonly<Record<string, HeaderValue>>

export interface RequestParts {
  readonly method: string
  readonly target: string
  readonly headers?: Headers
  readonly body?: string | Uint8Array
}

/** A server's address, or an open connection to be used further. */
export type Target = Address | Wire

const isWire = (target: Target): target is Wire => 'send' in target

/** The head of a request to the byte: `Host`, then the headers in the order given. */
export function requestHead(parts: RequestParts): string {
  const given = new Set(Object.keys(parts.headers ?? {}).map((name) => name.toLowerCase()))
  const defaults: Record<string, HeaderValue> = { Host: '127.0.0.1' }
  const hasBody = parts.body !== undefined || ['POST', 'PATCH', 'PUT'].includes(parts.method)
  if (hasBody && !given.has('transfer-encoding')) {
    defaults['Content-Length'] = Buffer.byteLength(parts.body ?? '')
  }
  const all = [
    ...Object.entries(defaults).filter(([name]) => !given.has(name.toLowerCase())),
    ...Object.entries(parts.headers ?? {}),
  ]
  const lines = all.flatMap(([name, value]) => {
    if (value === null) return []
    const values = typeof value === 'object' ? value : [value]
    return values.map((item) => `${name}: ${item}\r\n`)
  })
  return `${parts.method} ${parts.target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A whole request to the byte. */
export function request(parts: RequestParts): Buffer {
  return Buffer.concat([Buffer.from(requestHead(parts), 'latin1'), Buffer.from(parts.body ?? '')])
}

/** `Tus-Resumable: 1.0.0` and what else is given. */
export const tusHeaders = (headers: Headers = {}): Headers => ({
  'Tus-Resumable': '1.0.0',
  ...headers,
})

/** Sends one request and gives its final response; on an address over a connection of its own. */
export async function exchange(target: Target, parts: RequestParts): Promise<WireResponse> {
  const wire = isWire(target) ? target : await connect(target)
  try {
    // The answer to a refused body may come, and the connection end, before all of it is sent.
    const sent = wire.send(request(parts)).catch(() => undefined)
    const response = await wire.response(parts.method)
    if (isWire(target)) await sent
    return response
  } finally {
    if (!isWire(target)) wire.close()
  }
}

/** An `Upload-Metadata` value (tus 1.0.0, Creation); `null` gives a key without a value. */
export function metadata(pairs: Readonly<Record<string, string | Uint8Array | null>>): string {
  return Object.entries(pairs)
    .map(([key, value]) =>
      value === null ? key : `${key} ${Buffer.from(value).toString('base64')}`,
    )
    .join(',')
}

export interface Creation {
  /** `Upload-Length`; `null` sends `Upload-Defer-Length: 1` in its place. */
  readonly length: number | string | null
  readonly metadata?: string
  readonly headers?: Headers
  readonly body?: string | Uint8Array
}

/** The request that creates an upload; with a body it is a creation-with-upload. */
export function creation(parts: Creation): RequestParts {
  return {
    method: 'POST',
    target: endpoint,
    headers: tusHeaders({
      ...(parts.length === null ? { 'Upload-Defer-Length': 1 } : { 'Upload-Length': parts.length }),
      ...(parts.metadata === undefined ? {} : { 'Upload-Metadata': parts.metadata }),
      ...(parts.body === undefined ? {} : { 'Content-Type': 'application/offset+octet-stream' }),
      ...parts.headers,
    }),
    ...(parts.body === undefined ? {} : { body: parts.body }),
  }
}

export const create = (target: Target, parts: Creation) => exchange(target, creation(parts))

/** Creates an upload and gives its path; throws when the server does not. */
export async function createUpload(target: Target, parts: Creation): Promise<string> {
  return pathOf(await create(target, parts))
}

/** A finished upload with this content; gives its path. */
export async function upload(
  target: Target,
  content: string | Uint8Array,
  parts: Partial<Creation> = {},
): Promise<string> {
  const path = await createUpload(target, { length: Buffer.byteLength(content), ...parts })
  if (Buffer.byteLength(content) === 0) return path
  const response = await patch(target, path, 0, content)
  if (response.status !== 204) throw new Error(`PATCH: ${response.status} ${response.text}`)
  return path
}

/** The path of a `Location`, absolute or relative; throws when there is none. */
export function pathOf(response: WireResponse): string {
  const location = response.header('location')
  if (response.status !== 201 || location === null) {
    throw new Error(`no upload was created: ${response.status} ${response.reason} ${response.text}`)
  }
  return new URL(location, 'http://127.0.0.1').pathname
}

/** The request that appends `body` at `offset`. */
export function patchParts(
  path: string,
  offset: number | string,
  body: string | Uint8Array,
  headers: Headers = {},
): RequestParts {
  return {
    method: 'PATCH',
    target: path,
    headers: tusHeaders({
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': offset,
      ...headers,
    }),
    body,
  }
}

export const patch = (
  target: Target,
  path: string,
  offset: number | string,
  body: string | Uint8Array,
  headers: Headers = {},
) => exchange(target, patchParts(path, offset, body, headers))

export const head = (target: Target, path: string, headers: Headers = {}) =>
  exchange(target, { method: 'HEAD', target: path, headers: tusHeaders(headers) })

export const remove = (target: Target, path: string, headers: Headers = {}) =>
  exchange(target, { method: 'DELETE', target: path, headers: tusHeaders(headers) })

/** A plain download: a browser sends no `Tus-Resumable`. */
export const get = (target: Target, path: string, headers: Headers = {}) =>
  exchange(target, { method: 'GET', target: path, headers })

export const options = (target: Target, path = endpoint, headers: Headers = {}) =>
  exchange(target, { method: 'OPTIONS', target: path, headers })

/** The committed offset as HEAD tells it; throws when it tells none. */
export async function offsetOf(target: Target, path: string): Promise<number> {
  const response = await head(target, path)
  const offset = response.header('upload-offset')
  if (offset === null) throw new Error(`HEAD ${path}: ${response.status}, no Upload-Offset`)
  return Number(offset)
}

/** The items of a header that is a comma-separated list. */
export const items = (value: string | null): string[] =>
  (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
