// Packets -> the bytes of a pcapng file of one section, with comments that Wireshark shows beside the packets.
import type { Nanoseconds } from '../units.ts'
import { bodyStart, comment, count, createBlock, type Option, text } from './block.ts'
import type { CaptureInterface, Packet } from './packet.ts'
import { BlockType, byteOrderMagic, OptionCode } from './pcapng-blocks.ts'

/** Gets the file piece by piece; each piece is the receiver's to keep. */
export type ByteSink = (bytes: Uint8Array) => void

export interface CaptureWriterOptions {
  /** `PacketToWrite.interface` is an index into these. Whatever their resolution was, times are written in nanoseconds. */
  readonly interfaces: readonly CaptureInterface[]
  /** The moment of time 0, nanoseconds since 1970; `null`: not known. */
  readonly start: bigint | null
  /** About the whole file. */
  readonly comment?: string
  /** The program that writes. */
  readonly application?: string
}

/** A reader's packet will do, and so will one that keeps fewer bytes. The file has `time` even where the packet had none of its own. */
export type PacketToWrite = Readonly<
  Pick<Packet, 'time' | 'interface' | 'bytes' | 'start' | 'capturedLength' | 'originalLength'>
>

export interface CaptureWriter {
  write(packet: PacketToWrite, comments?: readonly string[]): void
  /** Writes the statistics of the interfaces as they stand by now. To be called once. */
  end(): void
}

const nanoseconds = 9
const packetHeader = 20

/** Writes the head of the file at once. */
export function createCaptureWriter(sink: ByteSink, options: CaptureWriterOptions): CaptureWriter {
  const { interfaces, start } = options
  const startHigh = Number((start ?? 0n) >> 32n)
  const startLow = Number((start ?? 0n) & 0xffffffffn)
  let last: Nanoseconds = 0

  sink(sectionHeader(options))
  for (const one of interfaces) sink(interfaceDescription(one))

  function write(packet: PacketToWrite, comments: readonly string[] = []): void {
    const { capturedLength, start: from } = packet
    const size = packetHeader + capturedLength
    const { bytes, view } = createBlock(BlockType.enhancedPacket, size, comments.map(comment))
    view.setUint32(bodyStart, packet.interface, true)
    writeTime(view, packet.time)
    view.setUint32(bodyStart + 12, capturedLength, true)
    view.setUint32(bodyStart + 16, packet.originalLength, true)
    bytes.set(packet.bytes.subarray(from, from + capturedLength), bodyStart + packetHeader)
    last = packet.time
    sink(bytes)
  }

  /** In packets and in statistics it stands at the same place. */
  function writeTime(view: DataView, time: Nanoseconds): void {
    const low = startLow + time
    const carry = Math.floor(low / 2 ** 32)
    view.setUint32(bodyStart + 4, startHigh + carry, true)
    view.setUint32(bodyStart + 8, low - carry * 2 ** 32, true)
  }

  function end(): void {
    for (const [number, one] of interfaces.entries()) {
      const counts = countsOf(one)
      if (counts.length === 0) continue
      const { bytes, view } = createBlock(BlockType.statistics, 12, counts)
      view.setUint32(bodyStart, number, true)
      writeTime(view, last)
      sink(bytes)
    }
  }

  return { write, end }
}

function sectionHeader({ comment: about, application = 'longhaul' }: CaptureWriterOptions) {
  const options = [text(OptionCode.sectionApplication, application)]
  if (about !== undefined) options.unshift(comment(about))
  const { bytes, view } = createBlock(BlockType.section, 16, options)
  view.setUint32(bodyStart, byteOrderMagic, true)
  view.setUint16(bodyStart + 4, 1, true)
  // The length of the section isn't known beforehand.
  view.setBigInt64(bodyStart + 8, -1n, true)
  return bytes
}

function interfaceDescription(one: CaptureInterface): Uint8Array {
  const options: Option[] = []
  if (one.name !== null) options.push(text(OptionCode.interfaceName, one.name))
  options.push({ code: OptionCode.interfaceResolution, value: Uint8Array.of(nanoseconds) })
  // Its first byte tells the kind: 0 is a filter as people write it.
  if (one.filter !== null) options.push(text(OptionCode.interfaceFilter, `\0${one.filter}`))
  const { bytes, view } = createBlock(BlockType.interface, 8, options)
  view.setUint16(bodyStart, one.linkType, true)
  view.setUint32(bodyStart + 4, one.snapshotLength, true)
  return bytes
}

function countsOf(one: CaptureInterface): Option[] {
  const { received, droppedByInterface, droppedBySystem } = one
  const counts: Option[] = []
  if (received !== null) counts.push(count(OptionCode.statisticsReceived, received))
  if (droppedByInterface !== null) {
    counts.push(count(OptionCode.statisticsDropped, droppedByInterface))
  }
  if (droppedBySystem !== null) {
    counts.push(count(OptionCode.statisticsDroppedBySystem, droppedBySystem))
  }
  return counts
}
