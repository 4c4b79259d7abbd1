// IP packets from segments: IPv4 with options and fragments, IPv6 with extension headers; the checksums are right.
import { checksum } from './checksum.ts'
import type { TestSegment } from './segment.ts'

const tcpProtocol = 6

export interface IpOptions {
  /** IPv4: identification. */
  readonly id?: number
  /** IPv4: options, a multiple of four bytes; IPv6: extension headers, built by `extensions`. */
  readonly extra?: Uint8Array
  /** IPv6: protocol number of the first header in `extra`. */
  readonly firstExtension?: number
  /** IPv4: total length 0 (IPv6: payload length 0), as an offloading stack hands giants to the tap. */
  readonly isLengthZero?: boolean
}

/** The segment with its IP header, by the family of its addresses. */
export function ipPacket(segment: TestSegment, options: IpOptions = {}): Buffer {
  const source = addressBytes(segment.from.address)
  const destination = addressBytes(segment.to.address)
  const tcp = tcpSegment(segment, source, destination)
  return source.length === 4
    ? ipv4(tcp, source, destination, options)
    : ipv6(tcp, source, destination, options)
}

/** TCP header, options and payload. */
function tcpSegment(segment: TestSegment, source: Buffer, destination: Buffer): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(segment.from.port, 0)
  header.writeUInt16BE(segment.to.port, 2)
  header.writeUInt32BE(segment.sequence, 4)
  header.writeUInt32BE(segment.acknowledgement, 8)
  header.writeUInt16BE((((20 + segment.options.length) / 4) << 12) | segment.flags, 12)
  header.writeUInt16BE(segment.window, 14)
  const tcp = Buffer.concat([header, segment.options, segment.payload])
  // RFC 9293 §3.1, RFC 8200 §8.1: the sum of the longer pseudo-header is the same for IPv4.
  const pseudo = Buffer.alloc(8)
  pseudo.writeUInt32BE(tcp.length, 0)
  pseudo.writeUInt32BE(tcpProtocol, 4)
  tcp.writeUInt16BE(checksum(source, destination, pseudo, tcp), 16)
  return tcp
}

function ipv4(payload: Buffer, source: Buffer, destination: Buffer, options: IpOptions): Buffer {
  const extra = options.extra ?? Buffer.alloc(0)
  const length = 20 + extra.length
  const header = Buffer.alloc(20)
  header.writeUInt8(0x40 | (length / 4), 0)
  header.writeUInt16BE(options.isLengthZero ? 0 : length + payload.length, 2)
  header.writeUInt16BE(options.id ?? 0, 4)
  header.writeUInt16BE(0x4000, 6)
  header.writeUInt8(64, 8)
  header.writeUInt8(tcpProtocol, 9)
  header.set(source, 12)
  header.set(destination, 16)
  header.writeUInt16BE(checksum(header, extra), 10)
  return Buffer.concat([header, extra, payload])
}

function ipv6(payload: Buffer, source: Buffer, destination: Buffer, options: IpOptions): Buffer {
  const extra = options.extra ?? Buffer.alloc(0)
  const header = Buffer.alloc(8)
  header.writeUInt32BE(0x6000_0000, 0)
  header.writeUInt16BE(options.isLengthZero ? 0 : extra.length + payload.length, 4)
  header.writeUInt8(options.firstExtension ?? tcpProtocol, 6)
  header.writeUInt8(64, 7)
  return Buffer.concat([header, source, destination, extra, payload])
}

/** IPv6 extension headers before TCP; each of the given kind, eight bytes times `eights` long (RFC 8200 §4). */
export function extensions(
  ...list: readonly { readonly kind: number; readonly eights?: number }[]
): Required<Pick<IpOptions, 'extra' | 'firstExtension'>> {
  const headers = list.map(({ kind, eights = 1 }, n) => {
    const header = Buffer.alloc(8 * eights)
    header.writeUInt8(list[n + 1]?.kind ?? tcpProtocol, 0)
    // An authentication header counts in words of four bytes, less two (RFC 4302 §2.2).
    const fragment = 44
    const authentication = 51
    if (kind !== fragment)
      header.writeUInt8(kind === authentication ? 2 * eights - 2 : eights - 1, 1)
    // PadN for hop-by-hop and destination options.
    if (kind === 0 || kind === 60) header.set([1, 8 * eights - 4], 2)
    return header
  })
  return { extra: Buffer.concat(headers), firstExtension: list[0]?.kind ?? tcpProtocol }
}

/** An IPv4 packet in pieces of at most `size` payload bytes, a multiple of eight (RFC 791 §3.2). */
export function fragments(packet: Buffer, size: number): Buffer[] {
  const headerLength = ((packet[0] ?? 0) & 0x0f) * 4
  const payload = packet.subarray(headerLength)
  const pieces: Buffer[] = []
  for (let at = 0; at < payload.length; at += size) {
    const header = Buffer.from(packet.subarray(0, headerLength))
    const piece = payload.subarray(at, at + size)
    const isLast = at + size >= payload.length
    header.writeUInt16BE(headerLength + piece.length, 2)
    header.writeUInt16BE((isLast ? 0 : 0x2000) | (at / 8), 6)
    header.writeUInt16BE(0, 10)
    header.writeUInt16BE(checksum(header), 10)
    pieces.push(Buffer.concat([header, piece]))
  }
  return pieces
}

/** Four bytes, or sixteen. */
function addressBytes(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number))
  const [head = '', tail] = text.split('::')
  const words = (part: string) => part.split(':').filter((word) => word !== '')
  const missing = tail === undefined ? 0 : 8 - words(head).length - words(tail).length
  const all = [...words(head), ...Array<string>(missing).fill('0'), ...words(tail ?? '')]
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex')
}
