// What a reader of capture files gives: one packet after the other, and at the end what the file says of itself.
import type { Nanoseconds } from '../units.ts'

/** One packet. The reader fills the same object again for the next one: copy what must outlive the call. */
export interface Packet {
  /** As Wireshark counts, from 1. */
  number: number
  /** Since the first packet of the file; negative where the file goes back in time. */
  time: Nanoseconds
  /** False for a block without a time (pcapng's Simple Packet Block): `time` is that of the packet before. */
  hasTime: boolean
  /** Index into `CaptureSummary.interfaces`. */
  interface: number
  /** LINKTYPE_ value (tcpdump.org/linktypes.html). */
  linkType: number
  /** Bytes kept, and bytes that there were on the wire. */
  capturedLength: number
  originalLength: number
  /** The kept bytes are `bytes[start … start + capturedLength)`, valid during the call only. */
  bytes: Uint8Array
  start: number
  /** Where the record or block begins in the file (after decompression), bytes. */
  fileOffset: number
}

/** The packet that a reader fills. */
export function emptyPacket(): Packet {
  return {
    number: 0,
    time: 0,
    hasTime: true,
    interface: 0,
    linkType: 0,
    capturedLength: 0,
    originalLength: 0,
    bytes: new Uint8Array(0),
    start: 0,
    fileOffset: 0,
  }
}

export type PacketSink = (packet: Packet) => void

/** One interface of a capture; a pcap file has one. */
export interface CaptureInterface {
  readonly linkType: number
  /** Snapshot length, bytes; 0: no limit. */
  readonly snapshotLength: number
  readonly name: string | null
  readonly filter: string | null
  /** Units of its times in a second, as a power of ten or of two: `{ base: 10, exponent: 9 }` is nanoseconds. */
  readonly resolution: { readonly base: 10 | 2; readonly exponent: number }
  /** From the Interface Statistics Block; `null` where the file doesn't say. */
  received: number | null
  droppedByInterface: number | null
  droppedBySystem: number | null
}

/** Where a file stops making sense. What stood before was read. */
export interface Damage {
  /** Byte of the file (after decompression). */
  readonly byte: number
  /** `the record says 70000 bytes, 12 are left` */
  readonly text: string
}

export interface CaptureSummary {
  readonly format: 'pcap' | 'pcapng'
  readonly packets: number
  /** Bytes read, after decompression. */
  readonly bytes: number
  /** Packets of which fewer bytes were kept than there were. */
  readonly truncatedPackets: number
  /** Packets without a time of their own. */
  readonly timelessPackets: number
  /** Nanoseconds since 1970 of the first packet, `null` without packets or times. */
  readonly start: bigint | null
  /** Sections of a pcapng file; 1 for pcap. */
  readonly sections: number
  readonly interfaces: readonly CaptureInterface[]
  /** Drops told by the packets themselves (epb_dropcount), added up. */
  readonly droppedBetweenPackets: number
  /** The operating system and program that wrote it, where it says (pcapng's shb_os, shb_userappl). */
  readonly writtenBy: string | null
  readonly damage: Damage | null
}

/** Takes a file piece by piece, of any size; calls the sink for each packet as soon as it is whole. */
export interface CaptureReader {
  /** Throws `CaptureFormatError` if the file is no capture at all. After damage the rest is ignored. */
  push(chunk: Uint8Array): void
  /** What the file says of itself up to here, while it still grows; `null`: too little to know its format. */
  soFar(): CaptureSummary | null
  /** To be called once, at the end. Throws `CaptureFormatError` if the file is no capture, or empty. */
  end(): CaptureSummary
}
