// Whatever snapshot length cuts the packets: as long as start lines are in it, every exchange of a kept connection is found.
import { expect, test } from 'vitest'
import { createHttpReader } from '../../../captures/http/http-reader.ts'
import { type Random, randomOf } from '../random.ts'
import { pieceOf } from './wire.ts'

const text = new TextEncoder()
const segmentSize = 1460

interface Sent {
  readonly method: string
  readonly status: number
  readonly head: string
  readonly size: number
  readonly answer: string
  readonly answerSize: number
}

function anExchange(random: Random, number: number): Sent {
  const method = random.pick(['PATCH', 'PATCH', 'POST', 'HEAD', 'GET', 'DELETE'])
  const hasBody = method === 'PATCH' || method === 'POST'
  const size = hasBody ? random.integer(20_000) : 0
  const status = random.pick([200, 201, 204, 409])
  const answerSize = status === 204 || method === 'HEAD' ? 0 : random.integer(3000)
  const filler = () => `X-Filler: ${'f'.repeat(random.integer(400))}`
  // The length comes early or late, and is cut or not.
  const length = `Content-Length: ${size}`
  const fields = hasBody
    ? random.pick([
        [length, filler()],
        [filler(), length],
      ])
    : [filler()]
  return {
    method,
    status,
    size,
    answerSize,
    head: [`${method} /${number} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n'),
    answer: [`HTTP/1.1 ${status} x`, filler(), `Content-Length: ${answerSize}`, '', ''].join(
      '\r\n',
    ),
  }
}

/** A head, then a body that is full of what looks like one; the body in segments of its own or not. */
function segmentsOf(random: Random, head: string, size: number): Uint8Array[] {
  const startLine = head.startsWith('HTTP/') ? 'HTTP/1.1 500 no' : 'GET /no HTTP/1.1'
  const lookalike = `${startLine}\r\nHost: a\r\n\r\n`.padEnd(segmentSize, '.')
  const body = text.encode(lookalike.repeat(Math.ceil(size / segmentSize)).slice(0, size))
  const first = text.encode(head)
  const parts = random.next() < 0.5 ? [first, body] : [new Uint8Array([...first, ...body])]
  return parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / segmentSize) }, (_, n) =>
      part.subarray(n * segmentSize, (n + 1) * segmentSize),
    ),
  )
}

test('300 connections at snapshot lengths from 60 bytes of payload up', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = randomOf(seed)
    const kept = 60 + random.integer(500)
    const exchanges = Array.from({ length: 8 }, (_, n) => anExchange(random, n + 1))
    const reader = createHttpReader({ fromStart: seed % 2 === 0 })
    const at: [number, number] = [0, 0]
    let packet = 0
    for (const { head, size, answer, answerSize } of exchanges) {
      for (const direction of [0, 1] as const) {
        const [start, length] = direction === 0 ? [head, size] : [answer, answerSize]
        for (const bytes of segmentsOf(random, start, length)) {
          packet += 1
          const piece = bytes.subarray(0, kept)
          reader.data(pieceOf(direction, at[direction], piece, bytes.length, packet))
          at[direction] += bytes.length
        }
      }
    }
    for (const direction of [0, 1] as const) reader.end(direction, 'fin', { packet, time: 0 })
    const found = reader.exchanges.map(({ request, response }) => [
      request?.method,
      request?.target,
      response?.status,
    ])
    expect(found, `seed ${seed}`).toEqual(
      exchanges.map(({ method, status }, n) => [method, `/${n + 1}`, status]),
    )
    for (const [n, { size, head }] of exchanges.entries()) {
      const request = reader.exchanges[n]?.request
      // Where the length was in the part that was kept, head and body are known to the byte.
      if (request?.declaredLength === null || request?.to == null) continue
      expect([request.bodyLength, request.headEnd - request.from], `seed ${seed}, ${n}`).toEqual([
        size,
        head.length,
      ])
    }
  }
})
