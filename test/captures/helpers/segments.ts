// Segments from text, much as packetdrill writes them: relative numbers, `>` the client's, `<` the server's.
//
//   isn 1000 5000                                      ISNs of the client and the server from here on
//   0.000 > S   0:0(0)            <mss 1460,wscale 7>  seconds, direction, flags, sequence numbers and length
//   0.010 < S.  0:0(0)    ack 1   win 500 <mss 1460>   the window as in the header, 65535 where none is written
//   0.020 > P.  1:17(16)  ack 1   "GET / HTTP/1.1\r\n" payload; what the text leaves of the length is a pattern
//   0.020 > P.  1         ack 1   "GET / HTTP/1.1\r\n" the length is that of the text
//   0.030 > 40001 S 0:0(0)                             another connection: the client's port
//   isn 40001 7000 8000                                and its ISNs
//   0.040 > .   1:1461(1460) ack 1 cut 96              bytes of the packet that the capture keeps
//
// Flags are packetdrill's F S R P . U E W, and A for AE. `//` begins a comment.
import type { Endpoint } from '../../../captures/units.ts'
import { Flag, type TestSegment, wrapped } from './segment.ts'
import { encodeOptions, parseOptions } from './tcp-options.ts'

export interface Ends {
  readonly client: Endpoint
  readonly server: Endpoint
}

/** What the text doesn't say. */
export interface Setting {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly isn: { readonly client: number; readonly server: number }
}

export const defaultSetting: Setting = {
  client: { address: '10.77.0.1', port: 40_000 },
  server: { address: '10.77.0.2', port: 8080 },
  isn: { client: 1000, server: 5_000_000 },
}

const letters: Readonly<Record<string, number>> = {
  F: Flag.fin,
  S: Flag.syn,
  R: Flag.rst,
  P: Flag.psh,
  '.': Flag.ack,
  U: Flag.urg,
  E: Flag.ece,
  W: Flag.cwr,
  A: Flag.ae,
}

const line =
  /^(?<time>\d+(?:\.\d+)?)\s+(?<direction>[<>])\s+(?:(?<port>\d+)\s+)?(?<flags>[FSRP.UEWA]+|-)\s+(?<from>-?\d+)(?::(?<to>-?\d+)\((?<length>\d+)\))?(?:\s+ack\s+(?<ack>-?\d+))?(?:\s+win\s+(?<window>\d+))?(?:\s+<(?<options>[^>]*)>)?(?:\s+(?<text>"(?:[^"\\]|\\.)*"))?(?:\s+cut\s+(?<kept>\d+))?$/

export function segments(text: string, setting: Partial<Setting> = {}): TestSegment[] {
  const { client, server, isn } = { ...defaultSetting, ...setting }
  const isns = new Map<number, Setting['isn']>()
  const result: TestSegment[] = []
  for (const written of text.split('\n')) {
    const statement = written.replace(/(^|\s)\/\/.*$/, '').trim()
    if (statement === '') continue
    const words = statement.split(/\s+/)
    if (words[0] === 'isn') {
      const [port, ofClient, ofServer] = [client.port, ...words.slice(1).map(Number)].slice(-3)
      isns.set(port ?? client.port, { client: ofClient ?? 0, server: ofServer ?? 0 })
      continue
    }
    const fields = line.exec(statement)?.groups
    if (fields === undefined) throw new Error(`no segment: ${statement}`)
    const port = fields.port === undefined ? client.port : Number(fields.port)
    const ends: Ends = { client: { ...client, port }, server }
    result.push(segmentOf(fields, ends, isns.get(port) ?? isn))
  }
  return result
}

function segmentOf(
  fields: Readonly<Record<string, string | undefined>>,
  { client, server }: Ends,
  isn: Setting['isn'],
): TestSegment {
  const isClient = fields.direction === '>'
  const [own, peer] = isClient ? [isn.client, isn.server] : [isn.server, isn.client]
  const first = Number(fields.from)
  const flags = [...(fields.flags ?? '')].reduce((sum, letter) => sum | (letters[letter] ?? 0), 0)
  return {
    time: Math.round(Number(fields.time) * 1e9),
    from: isClient ? client : server,
    to: isClient ? server : client,
    flags,
    sequence: wrapped(own + first),
    acknowledgement: fields.ack === undefined ? 0 : wrapped(peer + Number(fields.ack)),
    window: fields.window === undefined ? 65_535 : Number(fields.window),
    options: encodeOptions(parseOptions(fields.options ?? '', (edge) => wrapped(peer + edge))),
    payload: payloadOf(fields, flags & Flag.syn ? first : first - 1),
    kept: fields.kept === undefined ? Number.POSITIVE_INFINITY : Number(fields.kept),
  }
}

/** Text first, then the pattern: a byte of the stream is the same however it is cut into segments. */
function payloadOf(
  fields: Readonly<Record<string, string | undefined>>,
  offset: number,
): Uint8Array {
  const text = Buffer.from(JSON.parse(fields.text ?? '""'), 'latin1')
  const length = fields.length === undefined ? text.length : Number(fields.length)
  if (text.length > length) throw new Error(`${text.length} bytes of text in ${fields.from}…`)
  const isRight = fields.to === undefined || Number(fields.to) - Number(fields.from) === length
  if (!isRight) throw new Error(`${fields.from}:${fields.to} is not ${length} long`)
  return Buffer.concat([text, pattern(offset + text.length, length - text.length)])
}

/** The bytes of a stream at `offset`, where nothing else is said: letters, so that a dump can be read. */
export function pattern(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => 0x61 + ((((offset + n) % 26) + 26) % 26))
}
