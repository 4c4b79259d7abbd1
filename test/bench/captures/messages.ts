// The tus messages of an upload, as bytes of a stream.
import type { Payload } from './wire.ts'

export type Message = Payload

export const creation = (name: string, length: number): Message =>
  message(
    'POST /files HTTP/1.1',
    'Host: 10.77.0.2:8080',
    'Tus-Resumable: 1.0.0',
    `Upload-Length: ${length}`,
    `Upload-Metadata: filename ${Buffer.from(`${name}.bin`).toString('base64')}`,
    'Content-Length: 0',
    'Connection: keep-alive',
  )

export const created = (name: string): Message =>
  message(
    'HTTP/1.1 201 Created',
    'Tus-Resumable: 1.0.0',
    `Location: http://10.77.0.2:8080/files/${name}`,
    'Content-Length: 0',
    'Connection: keep-alive',
    'Keep-Alive: timeout=75',
  )

export const patch = (name: string, offset: number, length: number): Message =>
  message(
    `PATCH /files/${name} HTTP/1.1`,
    'Host: 10.77.0.2:8080',
    'Tus-Resumable: 1.0.0',
    `Upload-Offset: ${offset}`,
    'Content-Type: application/offset+octet-stream',
    `Content-Length: ${length}`,
    'Connection: keep-alive',
  )

export const patched = (offset: number): Message =>
  message(
    'HTTP/1.1 204 No Content',
    'Tus-Resumable: 1.0.0',
    `Upload-Offset: ${offset}`,
    'Connection: keep-alive',
    'Keep-Alive: timeout=75',
  )

function message(...lines: readonly string[]): Message {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return { bytes, from: 0, length: bytes.length }
}
