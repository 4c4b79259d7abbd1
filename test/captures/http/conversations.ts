// Conversations by chance: the bytes of both streams, and what a reader must find in them.
import type { Random } from '../random.ts'

export interface Range {
  readonly from: number
  to: number
}

export interface Side {
  readonly bytes: Uint8Array
  /** Heads, chunk framing and trailers, as few ranges as possible. */
  readonly framing: readonly Range[]
}

export interface Conversation {
  readonly sides: readonly [Side, Side]
  /** As `linesOf` tells them. */
  readonly lines: readonly string[]
  /** Up to where the requests must have been read when the response that begins at `response` is. */
  readonly order: readonly { readonly response: number; readonly request: number }[]
}

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'] as const
const statuses = [200, 201, 204, 304, 404, 409] as const

export function randomConversation(random: Random, exchanges: number): Conversation {
  const requests = newWriter(random)
  const responses = newWriter(random)
  const lines: string[] = []
  const order: { response: number; request: number }[] = []
  for (let number = 1; number <= exchanges; number += 1) {
    const method = random.pick(methods)
    const target = `/${number}`
    const asked = requests.message(
      `${method} ${target} HTTP/1.1`,
      random.next() < 0.8 ? 'body' : 'none',
    )
    order.push({ response: responses.length(), request: requests.length() })
    const interim = random.next() < 0.2 ? [100, 104] : []
    for (const status of interim) responses.message(`HTTP/1.1 ${status} x`, 'none')
    const status = random.pick(statuses)
    const isBodiless = method === 'HEAD' || status === 204 || status === 304
    const isUntilClose = number === exchanges && random.next() < 0.3
    const kind = isBodiless ? 'pretended' : isUntilClose ? 'until-close' : 'body'
    const answered = responses.message(`HTTP/1.1 ${status} y`, kind)
    const answers = [...interim.map(String), `${status} ${answered}`].join(', ')
    lines.push(`${number} ${method} ${target} ${asked} -> ${answers}`)
  }
  return { sides: [requests.side(), responses.side()], lines, order }
}

/** `pretended`: a length is told, no body comes. */
type BodyKind = 'none' | 'body' | 'pretended' | 'until-close'

function newWriter(random: Random) {
  let text = ''
  const framing: Range[] = []

  function frame(written: string): void {
    const last = framing.at(-1)
    if (last !== undefined && last.to === text.length) last.to += written.length
    else framing.push({ from: text.length, to: text.length + written.length })
    text += written
  }

  /** Sometimes full of what looks like heads. */
  function body(size: number): void {
    const pattern = random.pick([
      'x',
      '\n\r\n0\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'HTTP/1.1 200 OK\r\n\r\n',
    ])
    text += pattern.repeat(Math.ceil(size / pattern.length)).slice(0, size)
  }

  function chunks(): number {
    let sum = 0
    while (random.next() < 0.7) {
      const size = 1 + random.integer(900)
      frame(`${size.toString(16)}${random.next() < 0.3 ? ';x="y;"' : ''}\r\n`)
      body(size)
      frame('\r\n')
      sum += size
    }
    frame(random.next() < 0.3 ? '0\r\nRepr-Digest: x\r\nA: b\r\n\r\n' : '0\r\n\r\n')
    return sum
  }

  return {
    length: () => text.length,
    side: (): Side => ({ bytes: new TextEncoder().encode(text), framing }),
    /** Appends it; the length of its body. */
    message(startLine: string, kind: BodyKind): number {
      const size = random.next() < 0.2 ? 0 : Math.floor(random.next() * 4000 * random.next())
      const isChunked = kind === 'body' && random.next() < 0.3
      const fields = ['Host: a', `X-Filler: ${'f'.repeat(random.integer(60))}`]
      if (isChunked) fields.push('Transfer-Encoding: chunked')
      else if (kind === 'body' || kind === 'pretended') fields.push(`Content-Length: ${size}`)
      frame([startLine, ...fields, '', ''].join(random.next() < 0.9 ? '\r\n' : '\n'))
      if (isChunked) return chunks()
      if (kind === 'none' || kind === 'pretended') return 0
      body(size)
      return size
    },
  }
}
