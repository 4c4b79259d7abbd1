// pcapng (draft-ietf-opsawg-pcapng): walks the blocks, leaves packets and descriptions to their files, skips the rest unread.
import type { Epoch } from './clock.ts'
import { CaptureFormatError } from './errors.ts'
import { padded } from './options.ts'
import type { CaptureInterface, CaptureSummary, Damage, PacketSink } from './packet.ts'
import {
  BlockType,
  blockHeader,
  blockTrailer,
  byteOrderMagic,
  isNumbered,
  shortestBlock,
} from './pcapng-blocks.ts'
import { createPacketBlocks } from './pcapng-packets.ts'
import { readInterface, readStatistics, readWriter, type Section } from './pcapng-section.ts'
import { largestPacket, type RecordReader, type Window } from './record-reader.ts'

/** Of a longer block the rest is skipped: only options can be there. */
const longestInHand = largestPacket + (1 << 20)
/** A description takes more memory than its 20 bytes in the file. */
const mostInterfaces = 65_536

export function createPcapngReader(onPacket: PacketSink): RecordReader {
  const section: Section = { little: true, interfaces: [] }
  const epoch: Epoch = { start: null }
  const interfaces: CaptureInterface[] = []
  const { packet, counts, ...packets } = createPacketBlocks(section, onPacket)
  let sections = 0
  /** Blocks that have a frame number but are no packets. */
  let others = 0
  let writtenBy: string | null = null
  let damage: Damage | null = null
  /** A block of which only the trailer is still to be read: where it stands in the file, and its length; 0: none. */
  let skippedAt = 0
  let skippedLength = 0

  function read(window: Window): number {
    let wanted = 0
    while (wanted === 0 && damage === null) {
      wanted = skippedLength > 0 ? endSkipped(window) : readBlock(window)
    }
    return wanted
  }

  /** One block, if it is in hand: 0; else the bytes that it wants. */
  function readBlock(window: Window): number {
    const { view, from } = window
    const inHand = window.to - from
    if (inHand < blockHeader) return blockHeader
    const type = view.getUint32(from, section.little)
    if (type === BlockType.section && !readByteOrder(view, from)) {
      return spoil(window.origin + from, 'the byte order of this section is unreadable')
    }
    const length = lengthAt(view, from + 4)
    const least = shortestBlock(type)
    if (length < least) return spoilLength(window, type, length)
    if (least === blockHeader) return skip(window, type, length)
    if (length > longestInHand) {
      if (inHand < longestInHand) return longestInHand
      readBody(window, type, from + longestInHand)
      return skip(window, type, length)
    }
    if (length > inHand) return length
    const end = from + length - blockTrailer
    if (lengthAt(view, end) !== length) {
      return spoilEnd(window.origin + from, length, lengthAt(view, end))
    }
    readBody(window, type, end)
    window.from = from + length
    return 0
  }

  /** A block takes a multiple of 4 bytes, even where its writer forgot to count the padding. */
  function lengthAt(view: DataView, at: number): number {
    return padded(view.getUint32(at, section.little))
  }

  /** The block begins at `window.from`, and what is to be read of it ends at `end`. */
  function readBody(window: Window, type: number, end: number): void {
    const fault =
      type === BlockType.enhancedPacket
        ? packets.readEnhanced(window, end)
        : readOther(window, type, end)
    if (fault !== null) spoil(window.origin + window.from, fault)
  }

  function readOther(window: Window, type: number, end: number): string | null {
    switch (type) {
      case BlockType.section:
        return beginSection(window, end)
      case BlockType.interface:
        return describeInterface(window, end)
      case BlockType.obsoletePacket:
        return packets.readObsolete(window, end)
      case BlockType.simplePacket:
        return packets.readSimple(window, end)
      default:
        readStatistics(window.view, window.from, end, section)
        return null
    }
  }

  /** A section may have another byte order than the one before. */
  function readByteOrder(view: DataView, at: number): boolean {
    section.little = view.getUint32(at + 8, true) === byteOrderMagic
    return section.little || view.getUint32(at + 8, false) === byteOrderMagic
  }

  function beginSection({ view, from }: Window, end: number): string | null {
    const { little } = section
    const version = [view.getUint16(from + 12, little), view.getUint16(from + 14, little)]
    if (version[0] !== 1)
      return `this section is of version ${version.join('.')}, and only 1.x can be read`
    if (sections === 0) writtenBy = readWriter(view, from + 24, end, little)
    sections++
    section.interfaces = []
    return null
  }

  function describeInterface({ view, from }: Window, end: number): string | null {
    if (interfaces.length === mostInterfaces) return `more than ${mostInterfaces} interfaces`
    const one = readInterface(view, from, end, section.little, interfaces.length, epoch)
    interfaces.push(one.description)
    section.interfaces.push(one)
    return null
  }

  function skip(window: Window, type: number, length: number): number {
    if (isNumbered(type)) {
      packet.number++
      others++
    }
    skippedAt = window.origin + window.from
    skippedLength = length
    window.from += length - blockTrailer
    return 0
  }

  function endSkipped(window: Window): number {
    if (window.to - window.from < blockTrailer) return blockTrailer
    const length = lengthAt(window.view, window.from)
    if (length !== skippedLength) return spoilEnd(skippedAt, skippedLength, length)
    skippedLength = 0
    window.from += blockTrailer
    return 0
  }

  function spoil(byte: number, text: string): 0 {
    if (sections === 0) {
      throw new CaptureFormatError('unsupported', byte, `It begins like pcapng, but ${text}.`)
    }
    damage = { byte, text }
    return 0
  }

  function spoilLength({ origin, from }: Window, type: number, length: number): 0 {
    return spoil(
      origin + from,
      `a block of type 0x${type.toString(16)} can't be ${length} bytes long`,
    )
  }

  function spoilEnd(byte: number, first: number, last: number): 0 {
    return spoil(byte, `a block is ${first} bytes long as it begins, ${last} as it ends`)
  }

  return {
    read,
    end(at, unread) {
      if (sections === 0) {
        throw new CaptureFormatError(
          'truncated',
          unread,
          `Only ${unread} bytes of a pcapng file are here, less than its header. Copy the file again.`,
        )
      }
      const begun = skippedLength > 0 ? skippedAt : at
      const left = at + unread - begun
      if (left === 0 || damage !== null) return
      spoil(begun, `the file ends within a block, ${left} bytes after its beginning`)
    },
    summary(bytes): CaptureSummary {
      return {
        format: 'pcapng',
        packets: packet.number - others,
        bytes,
        truncatedPackets: counts.truncated,
        timelessPackets: counts.timeless,
        start: epoch.start,
        sections,
        interfaces,
        droppedBetweenPackets: counts.dropped,
        writtenBy,
        damage,
      }
    },
  }
}
