// A body on its way: by its length, in chunks, with a trailer, and each of them broken (RFC 9112 §6, §7.1).
import type { Random } from '../../captures/random.ts'
import { mutate } from './mutate.ts'
import { headerValues, trailerLines } from './values.ts'

export interface Framed {
  readonly fields: [name: string, value: string][]
  readonly body: Buffer
  readonly isBroken: boolean
}

/** With lines `behind` the body, it goes in chunks; they are announced by the head already. */
export function frame(random: Random, body: Buffer, behind: string | null): Framed {
  const kind = behind === null ? random.integer(100) : 100
  if (kind < 60) return { fields: [['Content-Length', String(body.length)]], body, isBroken: false }
  if (kind < 65) {
    const said = random.pick([
      body.length + 1 + random.integer(100),
      Math.max(0, body.length - 1),
      '-1',
      '5, 5',
      '0x5',
      '99999999999999999999',
    ])
    return { fields: [['Content-Length', String(said)]], body, isBroken: true }
  }
  if (kind < 67) return { fields: [], body, isBroken: true }
  return frameInChunks(random, body, behind)
}

function frameInChunks(random: Random, body: Buffer, behind: string | null): Framed {
  const coding = random.integer(30) === 0 ? 'gzip, chunked' : 'chunked'
  const fields: [name: string, value: string][] = [['Transfer-Encoding', coding]]
  const hasTwoLengths = random.integer(30) === 0
  if (hasTwoLengths) fields.push(['Content-Length', String(body.length)])
  const announces = behind === null && random.integer(2) === 0
  if (announces) fields.push(['Trailer', random.pick(headerValues.Trailer)])
  const hasTrailer = announces || random.integer(4) === 0
  const some = hasTrailer ? `${random.pick(trailerLines)}\r\n` : ''
  const trailer = behind ?? some
  const text = `${chunksOf(random, body)}0\r\n${trailer}\r\n`
  const isBroken = random.integer(4) === 0
  const sent = isBroken ? breakChunks(random, text) : text
  return {
    fields,
    body: Buffer.from(sent, 'latin1'),
    // A trailer may be one that no parser takes.
    isBroken: isBroken || hasTwoLengths || hasTrailer,
  }
}

function chunksOf(random: Random, body: Buffer): string {
  let text = ''
  for (let at = 0; at < body.length; ) {
    const length = Math.min(body.length - at, 1 + random.integer(800))
    const extension =
      random.integer(12) === 0 ? random.pick([';a', ';a="b"', ';', ' ', ';a=b;c=d']) : ''
    text += `${length.toString(16)}${extension}\r\n${body.toString('latin1', at, at + length)}\r\n`
    at += length
  }
  return text
}

function breakChunks(random: Random, text: string): string {
  return random.pick<() => string>([
    () => mutate(random, text),
    () => text.replace('\r\n', '\n'),
    () => text.replaceAll('\r\n', ''),
    () => `FFFFFFFFFFFFFFFF\r\n${text}`,
    () => `-5\r\n${text}`,
    () => `zz\r\n${text}`,
    () => `5\r\nabc\r\n${text}`,
    () => text.slice(0, random.integer(text.length + 1)),
    () => text.replace(/0\r\n\r\n$/, ''),
    () => `1${'0'.repeat(300)}\r\n${text}`,
    () => `5;${'x'.repeat(20_000)}\r\nabcde\r\n${text}`,
  ])()
}
