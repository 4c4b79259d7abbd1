// A request for /files or /files/ID before any protocol: which upload, what method, how long a body.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connection } from './connections.ts'

/** One request on its way through a protocol. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly connection: Connection
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
}

/** Where uploads are created; they themselves live below. */
export const uploadsPath = '/files'

/** Whether the URL is one of an upload, or where uploads are created. */
export function isUploadPath(url: string): boolean {
  return (
    url.startsWith(uploadsPath) &&
    (url.length === uploadsPath.length || '/?'.includes(url.charAt(uploadsPath.length)))
  )
}

/** The id by the path alone, whatever a query says; `null` for the creation URL. */
export function idIn(url: string): string | null {
  const query = url.indexOf('?')
  const end = query < 0 ? url.length : query
  const id = url.slice(uploadsPath.length + 1, url.charAt(end - 1) === '/' ? end - 1 : end)
  return id === '' ? null : id
}

/** The method meant: X-HTTP-Method-Override wins, for clients that can't send PATCH or DELETE. */
export function methodOf(request: IncomingMessage): string {
  const override = request.headers['x-http-method-override']
  return typeof override === 'string' ? override.trim().toUpperCase() : (request.method ?? '')
}

/** `null` for a chunked body, whose end shows only when it comes. */
export function bodyLengthOf(request: IncomingMessage): number | null {
  if (request.headers['transfer-encoding'] !== undefined) return null
  return Number(request.headers['content-length'] ?? 0)
}

/** The media type without its parameters; '' where there is none. */
export function mediaTypeOf(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Whether a text is a media type without parameters (RFC 9110 §8.3.1, and the lengths of RFC 6838 §4.2). */
export const isMediaType = (text: string): boolean =>
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(text)
