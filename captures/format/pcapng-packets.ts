// The three packet blocks of pcapng: Enhanced, Simple and the obsolete one (draft-ietf-opsawg-pcapng §4.3, 4.4, appendix A) -> Packet.
import { timeOf } from './clock.ts'
import { findOption, lengthOfOption, padded } from './options.ts'
import { emptyPacket, type Packet, type PacketSink } from './packet.ts'
import { OptionCode } from './pcapng-blocks.ts'
import type { Section, SectionInterface } from './pcapng-section.ts'
import type { Window } from './record-reader.ts'

/** The block begins at `window.from`; its options end at `end` at the latest. What is wrong with it, or `null`. */
type ReadBlock = (window: Window, end: number) => string | null

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

const timedHeader = 28
const simpleHeader = 12

export function createPacketBlocks(section: Section, onPacket: PacketSink): PacketBlocks {
  const packet = emptyPacket()
  const counts: PacketCounts = { truncated: 0, timeless: 0, dropped: 0 }

  function readEnhanced(window: Window, end: number): string | null {
    return readTimed(window, end, window.view.getUint32(window.from + 8, section.little))
  }

  /** Its interface and the drops before it share the 4 bytes that the Enhanced one has for the interface. */
  function readObsolete(window: Window, end: number): string | null {
    const drops = window.view.getUint16(window.from + 10, section.little)
    // The largest number stands for "unknown".
    if (drops !== 0xffff) counts.dropped += drops
    return readTimed(window, end, window.view.getUint16(window.from + 8, section.little))
  }

  function readTimed(window: Window, end: number, number: number): string | null {
    const { view, from: at } = window
    const { little, interfaces } = section
    const one = interfaces[number]
    if (one === undefined) return unknownInterface(number)
    const captured = view.getUint32(at + 20, little)
    const data = at + timedHeader
    if (data + captured > end) return tooMuch(captured)
    const high = view.getUint32(at + 12, little)
    const low = view.getUint32(at + 16, little)
    packet.hasTime = true
    packet.time = timeOf(one.clock, high, low)
    // Of the options only epb_dropcount matters here; most packets have none at all.
    const options = data + padded(captured)
    if (options < end) countDrops(view, options, end)
    deliver(window, data, captured, view.getUint32(at + 24, little), one)
    return null
  }

  /** It has no time and tells no captured length: that follows from the snapshot length of the first interface. */
  function readSimple(window: Window, end: number): string | null {
    const one = section.interfaces[0]
    if (one === undefined) return unknownInterface(0)
    const original = window.view.getUint32(window.from + 8, section.little)
    const { snapshotLength } = one.description
    const captured = snapshotLength === 0 ? original : Math.min(original, snapshotLength)
    const data = window.from + simpleHeader
    if (data + captured > end) return tooMuch(captured)
    packet.hasTime = false
    counts.timeless++
    deliver(window, data, captured, original, one)
    return null
  }

  function deliver(
    window: Window,
    start: number,
    captured: number,
    original: number,
    one: SectionInterface,
  ): void {
    if (captured < original) counts.truncated++
    packet.number++
    packet.interface = one.number
    packet.linkType = one.description.linkType
    packet.capturedLength = captured
    packet.originalLength = original
    packet.bytes = window.bytes
    packet.start = start
    packet.fileOffset = window.origin + window.from
    onPacket(packet)
  }

  function countDrops(view: DataView, at: number, end: number): void {
    const { little } = section
    const value = findOption(view, at, end, OptionCode.packetDropCount, little)
    if (value < 0 || lengthOfOption(view, value, little) !== 8) return
    const high = view.getUint32(little ? value + 4 : value, little)
    const low = view.getUint32(little ? value : value + 4, little)
    counts.dropped += high * 2 ** 32 + low
  }

  function unknownInterface(number: number): string {
    return `packet ${packet.number + 1} is of interface ${number}, which was not described before`
  }

  function tooMuch(captured: number): string {
    return `packet ${packet.number + 1} says it has ${captured} bytes, more than its block can hold`
  }

  return { readEnhanced, readSimple, readObsolete, packet, counts }
}
