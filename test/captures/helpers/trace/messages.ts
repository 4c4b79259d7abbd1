// What the ends of a trace say to each other: tus over HTTP/1.1, a few other exchanges between.
import type { Chance } from '../chance.ts'

export interface TestExchange {
  readonly method: string
  readonly target: string
  readonly status: number
  readonly requestHead: Buffer
  readonly requestBody: Buffer
  /** Sent when the head is there, before the body is. */
  readonly interim: Buffer | null
  readonly responseHead: Buffer
  readonly responseBody: Buffer
}

const head = (...lines: readonly string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')

const host = 'Host: 10.77.0.2:8080'
const tus = 'Tus-Resumable: 1.0.0'

/** File data, as of something compressed. */
const noise = (chance: Chance, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => chance.between(0, 255)))

export function creation(target: string, length: number): TestExchange {
  return {
    method: 'POST',
    target: '/files',
    status: 201,
    requestHead: head(
      'POST /files HTTP/1.1',
      ...[host, tus, `Upload-Length: ${length}`, 'Content-Length: 0'],
    ),
    requestBody: Buffer.alloc(0),
    interim: null,
    responseHead: head('HTTP/1.1 201 Created', tus, `Location: ${target}`, 'Content-Length: 0'),
    responseBody: Buffer.alloc(0),
  }
}

export function patch(
  chance: Chance,
  target: string,
  offset: number,
  length: number,
): TestExchange {
  const expects = chance.of(0.1)
  return {
    method: 'PATCH',
    target,
    status: 204,
    requestHead: head(
      `PATCH ${target} HTTP/1.1`,
      ...[host, tus, `Upload-Offset: ${offset}`, 'Content-Type: application/offset+octet-stream'],
      ...(expects ? ['Expect: 100-continue'] : []),
      `Content-Length: ${length}`,
    ),
    requestBody: noise(chance, length),
    interim: expects ? head('HTTP/1.1 100 Continue') : null,
    responseHead: head('HTTP/1.1 204 No Content', tus, `Upload-Offset: ${offset + length}`),
    responseBody: Buffer.alloc(0),
  }
}

export function offsetQuestion(target: string, offset: number): TestExchange {
  return {
    method: 'HEAD',
    target,
    status: 200,
    requestHead: head(`HEAD ${target} HTTP/1.1`, host, tus),
    requestBody: Buffer.alloc(0),
    interim: null,
    responseHead: head('HTTP/1.1 200 OK', tus, `Upload-Offset: ${offset}`, 'Content-Length: 7'),
    responseBody: Buffer.alloc(0),
  }
}

export function page(chance: Chance, target: string): TestExchange {
  const body = noise(chance, chance.skewed(1, 40_000))
  const isChunked = chance.of(0.4)
  const responseBody = isChunked ? chunked(chance, body) : body
  return {
    method: 'GET',
    target,
    status: 200,
    requestHead: head(`GET ${target} HTTP/1.1`, host),
    requestBody: Buffer.alloc(0),
    interim: null,
    responseHead: head(
      'HTTP/1.1 200 OK',
      isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`,
    ),
    responseBody,
  }
}

/** RFC 9112 §7.1. */
function chunked(chance: Chance, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + chance.between(1, 9000))
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}
