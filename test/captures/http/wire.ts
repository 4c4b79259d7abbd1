// Both streams of a connection from text: one line, one packet, numbered from 1; packet n comes n milliseconds after the start.
//
//   > GET / HTTP/1.1\r\n\r\n        bytes of direction 0, escapes as in a string, \xHH too
//   < HTTP/1.1 204 No\r\n\r\n       bytes of direction 1
//   > POST / HTT{of 700}            of 700 bytes on the wire these were captured
//   > {of 1460}                     nothing was
//   > abc{filled 1460}              captured, filled up with x
//   > {gap 500}                     so many bytes were on the wire and in no packet of the capture
//   {packet 40}                    the next line is that packet
//   > {fin}  > {reset}  > {capture} how the direction ended; who doesn't end otherwise gets `capture`
import type { HttpReader, HttpReaderOptions } from '../../../captures/http/exchange.ts'
import { createHttpReader } from '../../../captures/http/http-reader.ts'
import type { StreamPiece } from '../../../captures/tcp/piece.ts'
import type { Direction } from '../../../captures/units.ts'

type Event =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array; readonly length: number }
  | { readonly kind: 'gap'; readonly length: number }
  | { readonly kind: 'end'; readonly how: 'fin' | 'reset' | 'capture' }

/** The reader after all of it, ended in both directions. */
export function readText(text: string, options?: HttpReaderOptions): HttpReader {
  return readLines(text.split('\n'), options)
}

/** The same, a line each. */
export function readLines(lines: readonly string[], options?: HttpReaderOptions): HttpReader {
  const reader = createHttpReader(options)
  feed(reader, lines)
  return reader
}

export function feed(reader: HttpReader, lines: readonly string[]): void {
  const offsets: [number, number] = [0, 0]
  let packet = 0
  for (const line of lines.map((one) => one.trimStart())) {
    if (line === '') continue
    const jump = /^\{packet (\d+)\}$/.exec(line)
    if (jump !== null) {
      packet = Number(jump[1]) - 1
      continue
    }
    packet += 1
    const direction: Direction = line.startsWith('>') ? 0 : 1
    const place = { packet, time: packet * 1e6 }
    const event = parseEvent(line.slice(2))
    const offset = offsets[direction]
    if (event.kind === 'end') {
      reader.end(direction, event.how, place)
    } else if (event.kind === 'gap') {
      reader.gap(direction, offset, offset + event.length, place)
      offsets[direction] += event.length
    } else {
      reader.data(pieceOf(direction, offset, event.bytes, event.length, packet))
      offsets[direction] += event.length
    }
  }
  for (const direction of [0, 1] as const) {
    reader.end(direction, 'capture', { packet, time: packet * 1e6 })
  }
}

export function pieceOf(
  direction: Direction,
  offset: number,
  bytes: Uint8Array,
  length: number,
  packet: number,
): StreamPiece {
  // As in a file: the bytes stand somewhere in a larger buffer.
  const buffer = new Uint8Array(bytes.length + 20).fill(0x0a)
  buffer.set(bytes, 10)
  return {
    direction,
    offset,
    length,
    available: bytes.length,
    bytes: buffer,
    start: 10,
    packet,
    time: packet * 1e6,
  }
}

function parseEvent(text: string): Event {
  const [, written = '', word, value] = /^(.*?)(?:\{(\w+)(?: (\d+))?\})?$/s.exec(text) ?? []
  if (word === 'fin' || word === 'reset' || word === 'capture') return { kind: 'end', how: word }
  if (word === 'gap') return { kind: 'gap', length: Number(value) }
  const bytes = bytesOf(written)
  if (word === 'of') return { kind: 'piece', bytes, length: Number(value) }
  if (word !== 'filled') return { kind: 'piece', bytes, length: bytes.length }
  const filled = new Uint8Array(Number(value)).fill(0x78)
  filled.set(bytes)
  return { kind: 'piece', bytes: filled, length: filled.length }
}

/** One byte per character. */
export function bytesOf(text: string): Uint8Array {
  const plain = text.replace(/\\(r|n|t|0|\\|x[0-9a-f]{2})/gi, (_, letter: string) =>
    letter.length === 3
      ? String.fromCharCode(Number.parseInt(letter.slice(1), 16))
      : ({ r: '\r', n: '\n', t: '\t', 0: '\0' }[letter] ?? letter),
  )
  return Uint8Array.from(plain, (character) => character.charCodeAt(0))
}

/** `POST /files 5 -> 100, 201 0`: each exchange in a line; numbers after a message are body bytes, `…` an unfinished one. */
export function linesOf(reader: HttpReader): string[] {
  return reader.exchanges.map(({ number, request, interim, response }) => {
    const asked = request === null ? '?' : `${request.method} ${request.target} ${bodyOf(request)}`
    const between = interim.map(({ status }) => `${status}, `).join('')
    const answered = response === null ? '?' : `${response.status} ${bodyOf(response)}`
    return `${number} ${asked} -> ${between}${answered}`
  })
}

const bodyOf = ({ bodyLength, to }: { bodyLength: number; to: number | null }): string =>
  `${bodyLength}${to === null ? '…' : ''}`
