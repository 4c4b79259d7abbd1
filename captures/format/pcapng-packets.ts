// The three packet blocks of pcapng: Enhanced, Simple and the obsolete one (draft-ietf-opsawg-pcapng §4.3, 4.4, appendix A) -> Packet.
import { timeOf } from './clock.ts'
import { findOption, lengthOfOption, padded } from './options.ts'
import { emptyPacket, type Packet, type PacketSink } from './packet.ts'
import type { Section, SectionInterface } from './pcapng-section.ts'
import { largestPacket, type Window } from './record-reader.ts'

/** A block at `at` of the window, so many bytes long. What is wrong with it, or `null`. */
type ReadBlock = (window: Window, at: number, length: number) => string | null

export interface PacketBlocks {
  readonly readEnhanced: ReadBlock
  readonly readSimple: ReadBlock
  readonly readObsolete: ReadBlock
  readonly packet: Packet
  readonly counts: PacketCounts
}

export interface PacketCounts {
  truncated: number
  timeless: number
  /** Packets lost between those that are here, as these tell. */
  dropped: number
}

const enhancedHeader = 28
const simpleHeader = 12
/** The block's length once more. */
const trailer = 4

export function createPacketBlocks(section: Section, onPacket: PacketSink): PacketBlocks {
  const packet = emptyPacket()
  const counts: PacketCounts = { truncated: 0, timeless: 0, dropped: 0 }

  function readEnhanced(window: Window, at: number, length: number): string | null {
    const { view } = window
    const { little } = section
    const number = view.getUint32(at + 8, little)
    const from = section.interfaces[number]
    if (from === undefined) return unknownInterface(number)
    const captured = view.getUint32(at + 20, little)
    if (isTooMuch(captured, length, enhancedHeader)) return tooMuch(captured, length)
    packet.hasTime = true
    packet.time = timeOf(from.clock, view.getUint32(at + 12, little), view.getUint32(at + 16, little))
    // Of the options only epb_dropcount matters here; most packets have none at all.
    if (length > enhancedHeader + padded(captured) + trailer) {
      countDrops(window, at + enhancedHeader + padded(captured), at + length - trailer)
    }
    deliver(window, at, enhancedHeader, captured, view.getUint32(at + 24, little), from)
    return null
  }

  function readObsolete(window: Window, at: number, length: number): string | null {
    const { view } = window
    const { little } = section
    const number = view.getUint16(at + 8, little)
    const from = section.interfaces[number]
    if (from === undefined) return unknownInterface(number)
    const captured = view.getUint32(at + 20, little)
    if (isTooMuch(captured, length, enhancedHeader)) return tooMuch(captured, length)
    packet.hasTime = true
    packet.time = timeOf(from.clock, view.getUint32(at + 12, little), view.getUint32(at + 16, little))
    const drops = view.getUint16(at + 10, little)
    // The largest number stands for "unknown".
    if (drops !== 0xffff) counts.dropped += drops
    deliver(window, at, enhancedHeader, captured, view.getUint32(at + 24, little), from)
    return null
  }

  /** It has no time and tells no captured length: that follows from the snapshot length of the first interface. */
  function readSimple(window: Window, at: number, length: number): string | null {
    const from = section.interfaces[0]
    if (from === undefined) return unknownInterface(0)
    const original = window.view.getUint32(at + 8, section.little)
    const { snapshotLength } = from.description
    const captured = snapshotLength === 0 ? original : Math.min(original, snapshotLength)
    if (isTooMuch(captured, length, simpleHeader)) return tooMuch(captured, length)
    packet.hasTime = false
    counts.timeless++
    deliver(window, at, simpleHeader, captured, original, from)
    return null
  }

  function deliver(
    window: Window,
    at: number,
    header: number,
    captured: number,
    original: number,
    from: SectionInterface,
  ): void {
    if (captured < original) counts.truncated++
    packet.number++
    packet.interface = from.number
    packet.linkType = from.description.linkType
    packet.capturedLength = captured
    packet.originalLength = original
    packet.bytes = window.bytes
    packet.start = at + header
    packet.fileOffset = window.origin + at
    onPacket(packet)
  }

  function countDrops({ view, to }: Window, at: number, end: number): void {
    const { little } = section
    const value = findOption(view, at, Math.min(end, to), 4, little)
    if (value < 0 || lengthOfOption(view, value, little) !== 8) return
    const high = view.getUint32(little ? value + 4 : value, little)
    const low = view.getUint32(little ? value : value + 4, little)
    counts.dropped += high * 2 ** 32 + low
  }

  function unknownInterface(number: number): string {
    const { length } = section.interfaces
    return `packet ${packet.number + 1} is of interface ${number}, but ${length} were described so far`
  }

  function tooMuch(captured: number, length: number): string {
    return `packet ${packet.number + 1} says it has ${captured} bytes, in a block of ${length}`
  }

  return { readEnhanced, readSimple, readObsolete, packet, counts }
}

function isTooMuch(captured: number, length: number, header: number): boolean {
  return captured > length - header - trailer || captured > largestPacket
}
