// pcapng (draft-ietf-opsawg-pcapng): walks the blocks, leaves packets and descriptions to their files, skips the rest unread.
import type { Epoch } from './clock.ts'
import { CaptureFormatError } from './errors.ts'
import type { CaptureInterface, CaptureSummary, Damage, PacketSink } from './packet.ts'
import { createPacketBlocks } from './pcapng-packets.ts'
import { readInterface, readStatistics, readWriter, type Section } from './pcapng-section.ts'
import { largestPacket, type RecordReader, type Window } from './record-reader.ts'

/** A palindrome, so that it reads the same in both byte orders. */
export const sectionHeader = 0x0a0d0d0a
const byteOrderMagic = 0x1a2b3c4d

/** Type, length and, in a section header, the byte order; the length stands at the end once more. */
const blockHeader = 12
const trailer = 4
/** Of a longer block the rest is skipped: there can be only options in it. */
const longestInHand = largestPacket + (1 << 20)
/** A description takes more memory than its 20 bytes in the file. */
const mostInterfaces = 65_536

export function createPcapngReader(onPacket: PacketSink): RecordReader {
  const section: Section = { little: true, interfaces: [] }
  const epoch: Epoch = { start: null }
  const interfaces: CaptureInterface[] = []
  const packets = createPacketBlocks(section, onPacket)
  let sections = 0
  let writtenBy: string | null = null
  let damage: Damage | null = null
  /** A block of which only the trailer is still to be read: where it stands in the file, and its length; 0: none. */
  let skippedAt = 0
  let skippedLength = 0

  function read(window: Window): number {
    const { view, to, origin } = window
    let at = window.from
    let wanted = blockHeader
    for (;;) {
      if (skippedLength > 0) {
        wanted = trailer
        if (to - at < trailer) break
        const length = skippedLength
        skippedLength = 0
        if (!endsWith(view, at, length)) return spoil(skippedAt, unequalLengths(length))
        at += trailer
        wanted = blockHeader
      }
      if (to - at < blockHeader) break
      const type = view.getUint32(at, section.little)
      if (type === sectionHeader && !readByteOrder(view, at)) {
        return spoil(origin + at, 'a section begins without a byte order mark')
      }
      const length = view.getUint32(at + 4, section.little)
      if (length < shortest(type) || length % 4 !== 0) {
        return spoil(origin + at, `a block of type 0x${type.toString(16)} can't be ${length} bytes long`)
      }
      const isWhole = length <= to - at && length <= longestInHand
      if (!isWhole && shortest(type) > blockHeader) {
        wanted = Math.min(length, longestInHand)
        if (wanted > to - at) break
      }
      const end = at + (isWhole ? length : longestInHand + trailer)
      if (isWhole && !endsWith(view, at + length - trailer, length)) {
        return spoil(origin + at, unequalLengths(length))
      }
      const fault = readBlock(type, window, at, end - at)
      if (fault !== null) return spoil(origin + at, fault)
    }
    window.from = at
    return wanted
  }
