// Small builders of the IETF's requests over the raw client: they build and send, they do not judge.

import { until } from '../../helpers/process.ts'
import {
  endpoint,
  exchange,
  type Headers,
  pathOf,
  type RequestParts,
  requestHead,
  type Target,
} from '../../helpers/tus.ts'
import { type Address, connect, type Wire, type WireResponse } from '../../helpers/wire.ts'

export const partialUpload = 'application/partial-upload'

/** The interop version of the draft that the list is of, in each request. */
export const draftHeaders = (headers: Headers = {}): Headers => ({
  'Upload-Draft-Interop-Version': 8,
  ...headers,
})

export interface Creation {
  readonly method?: string
  /** Upload-Complete; `null` leaves it out. */
  readonly complete: boolean | string | null
  readonly headers?: Headers
  readonly body?: string | Uint8Array
}

const boolean = (value: boolean | string | null) =>
  typeof value === 'boolean' ? (value ? '?1' : '?0') : value

/** The request that begins an upload. */
export function creation({ method, complete, headers, body }: Creation): RequestParts {
  return {
    method: method ?? 'POST',
    target: endpoint,
    headers: draftHeaders({ 'Upload-Complete': boolean(complete), ...headers }),
    body: body ?? '',
  }
}

export const create = (target: Target, parts: Creation) => exchange(target, creation(parts))

/** Begins an upload with `body` and gives its path; throws when the server does not. */
export async function begin(
  target: Target,
  body: string | Uint8Array = '',
  headers: Headers = {},
): Promise<string> {
  return pathOf(await create(target, { complete: false, body, headers }))
}

/** A finished upload with this content; gives its path. */
export async function upload(
  target: Target,
  body: string | Uint8Array,
  headers: Headers = {},
): Promise<string> {
  return pathOf(await create(target, { complete: true, body, headers }))
}

/** The request that appends `body` at `offset`. */
export function appendParts(
  path: string,
  offset: number | string | null,
  complete: boolean | string | null,
  body: string | Uint8Array = '',
  headers: Headers = {},
): RequestParts {
  return {
    method: 'PATCH',
    target: path,
    headers: draftHeaders({
      'Content-Type': partialUpload,
      'Upload-Offset': offset,
      'Upload-Complete': boolean(complete),
      ...headers,
    }),
    body,
  }
}

export const append = (target: Target, ...parts: Parameters<typeof appendParts>) =>
  exchange(target, appendParts(...parts))

export const retrieve = (target: Target, path: string, headers: Headers = {}, method = 'HEAD') =>
  exchange(target, { method, target: path, headers: draftHeaders(headers) })

export const cancel = (target: Target, path: string, headers: Headers = {}) =>
  exchange(target, { method: 'DELETE', target: path, headers: draftHeaders(headers) })

/** The offset as HEAD tells it; throws when it tells none. */
export async function offsetOf(target: Target, path: string): Promise<number> {
  const response = await retrieve(target, path)
  const offset = response.header('upload-offset')
  if (offset === null) throw new Error(`HEAD ${path}: ${response.status}, no Upload-Offset`)
  return Number(offset)
}

/** A field that is a Dictionary of plain numbers, such as Upload-Limit; `null` when it is something else. */
export function dictionary(value: string | null): Record<string, number> | null {
  if (value === null) return null
  const members = value
    .split(',')
    .map((member) => /^ *([a-z*][a-z0-9_.*-]*)=(-?\d{1,15}) *$/.exec(member))
  if (members.some((member) => member === null)) return null
  return Object.fromEntries(members.map((member) => [member?.[1] ?? '', Number(member?.[2])]))
}

/** The body of an application/problem+json, `null` when it is none. */
export function problemIn(response: WireResponse): Record<string, unknown> | null {
  if (response.header('content-type') !== 'application/problem+json') return null
  return JSON.parse(response.text)
}

export const problemType = (name: string) =>
  `https://iana.org/assignments/http-problem-types#${name}`

/** A request whose content is on its way. */
export interface Ongoing {
  readonly wire: Wire
  readonly path: string
}

/** Sends the head of a request with content of `length` bytes, and the first of them. */
export async function start(
  server: Address,
  parts: RequestParts,
  length: number,
  first: string | Uint8Array,
): Promise<Wire> {
  const wire = await connect(server)
  const headers = { ...parts.headers, 'Content-Length': length }
  await wire.send(requestHead({ ...parts, headers }))
  await wire.send(first)
  return wire
}

/** A creation of `length` bytes that has sent the first of them, once the server has them; its 104 is read. */
export async function startCreation(
  server: Address,
  length: number,
  first: string,
  headers: Headers = {},
): Promise<Ongoing> {
  const wire = await start(server, creation({ complete: true, headers }), length, first)
  const path = (await wire.next('POST')).header('location') ?? ''
  await until('the first bytes', async () => (await storedAt(server, path)) >= first.length)
  return { wire, path }
}

/** An append of `length` bytes at `offset` that has sent the first of them, once the server has them. */
export async function startAppend(
  server: Address,
  path: string,
  offset: number,
  length: number,
  first: string,
  complete = true,
): Promise<Ongoing> {
  const wire = await start(server, appendParts(path, offset, complete), length, first)
  await until(
    'the first bytes',
    async () => (await storedAt(server, path)) >= offset + first.length,
  )
  return { wire, path }
}

/** The offset as the service's own API tells it: that ends nothing. -1: not there. */
export async function storedAt(server: Address, path: string): Promise<number> {
  const target = path.replace('/files/', '/api/uploads/')
  const response = await exchange(server, { method: 'GET', target })
  return response.status === 200 ? JSON.parse(response.text).offset : -1
}
