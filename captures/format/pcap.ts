// pcap (draft-ietf-opsawg-pcap): records in, packets out. Times in µs or ns, both byte orders.
import { CaptureFormatError } from './errors.ts'
import {
  type CaptureInterface,
  type CaptureSummary,
  type Damage,
  emptyPacket,
  type PacketSink,
} from './packet.ts'
import { largestPacket, type RecordReader, usualPacket, type Window } from './record-reader.ts'

const fileHeader = 24
const recordHeader = 16

/** The first four bytes, read big-endian. */
const magics: Readonly<Record<number, { readonly little: boolean; readonly digits: 6 | 9 }>> = {
  2712847316: { little: false, digits: 6 },
  3569595041: { little: true, digits: 6 },
  2712812621: { little: false, digits: 9 },
  1295823521: { little: true, digits: 9 },
}

export const isPcapMagic = (magic: number): boolean => magic in magics

export function createPcapReader(magic: number, onPacket: PacketSink): RecordReader {
  const { little, digits } = magics[magic] ?? { little: true, digits: 6 }
  const unit = 10 ** (9 - digits)
  const packet = emptyPacket()
  let description: CaptureInterface | null = null
  let limit = usualPacket
  let firstSecond = 0
  let firstFraction = 0
  let truncated = 0
  let damage: Damage | null = null

  function read(window: Window): number {
    if (description === null) {
      if (window.to - window.from < fileHeader) return fileHeader
      description = readHeader(window)
      packet.linkType = description.linkType
      window.from += fileHeader
    }
    return readRecords(window)
  }

  function readHeader({ view, from }: Window): CaptureInterface {
    const version = [view.getUint16(from + 4, little), view.getUint16(from + 6, little)]
    const [major = 0, minor = 0] = version
    // Before 2.3 the lengths stood the other way round; AIX's 2.2 has other link types and times, too.
    if (major !== 2 || minor < 3) {
      throw new CaptureFormatError(
        'unsupported',
        from + 4,
        `This is pcap version ${version.join('.')}; 2.3 and 2.4 can be read. Convert it: editcap -F pcap IN OUT`,
      )
    }
    const snapshotLength = view.getUint32(from + 16, little)
    if (snapshotLength <= largestPacket) limit = Math.max(usualPacket, snapshotLength)
    return {
      // The high bits tell of a frame check sequence.
      linkType: view.getUint32(from + 20, little) & 0xffff,
      snapshotLength,
      name: null,
      filter: null,
      resolution: { base: 10, exponent: digits },
      received: null,
      droppedByInterface: null,
      droppedBySystem: null,
    }
  }

  function readRecords(window: Window): number {
    const { view, to, origin } = window
    let at = window.from
    let wanted = recordHeader
    packet.bytes = window.bytes
    while (to - at >= recordHeader) {
      const captured = view.getUint32(at + 8, little)
      const next = at + recordHeader + captured
      if (captured > limit) {
        spoil(
          origin + at,
          `packet ${packet.number + 1} says it has ${captured} bytes, which no packet has`,
        )
        wanted = 0
        break
      }
      if (next > to) {
        wanted = recordHeader + captured
        break
      }
      const second = view.getUint32(at, little)
      const fraction = view.getUint32(at + 4, little)
      const original = view.getUint32(at + 12, little)
      if (packet.number === 0) {
        firstSecond = second
        firstFraction = fraction
      }
      packet.number++
      packet.time = (second - firstSecond) * 1e9 + (fraction - firstFraction) * unit
      packet.capturedLength = captured
      packet.originalLength = original
      packet.start = at + recordHeader
      packet.fileOffset = origin + at
      if (captured < original) truncated++
      onPacket(packet)
      at = next
    }
    window.from = at
    return wanted
  }

  function spoil(byte: number, text: string): void {
    damage = { byte, text }
  }

  return {
    read,
    end(at, unread) {
      if (description === null) {
        throw new CaptureFormatError(
          'truncated',
          unread,
          `Only ${unread} of the ${fileHeader} bytes of a pcap file's header are here. Copy the file again.`,
        )
      }
      if (unread === 0 || damage !== null) return
      const begun = `packet ${packet.number + 1}, ${unread} bytes after its beginning`
      spoil(at, `the file ends within ${begun}`)
    },
    summary(bytes): CaptureSummary {
      const { number: packets } = packet
      return {
        format: 'pcap',
        packets,
        bytes,
        truncatedPackets: truncated,
        timelessPackets: 0,
        start:
          packets === 0
            ? null
            : BigInt(firstSecond) * 1_000_000_000n + BigInt(firstFraction * unit),
        sections: 1,
        interfaces: description === null ? [] : [description],
        droppedBetweenPackets: 0,
        writtenBy: null,
        damage,
      }
    },
  }
}
