// One TCP connection as it looks on an Ethernet: numbers its segments, and writes them into the capture.
// TCP checksums are left as a sender with checksum offload leaves them, which is what a tap on its own host sees.
import type { PcapFile } from './pcap-file.ts'

export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const

/** What a segment carries: `length` bytes from `bytes[from …]`. */
export interface Payload {
  readonly bytes: Uint8Array
  readonly from: number
  readonly length: number
}

export const nothing: Payload = { bytes: new Uint8Array(0), from: 0, length: 0 }

export interface Side {
  /** Next sequence number to send; unwrapped. */
  next: number
  /** What it has got of the other side, up to here: the ACK of all that it sends. */
  acknowledged: number
  readonly isClient: boolean
}

/** Sequence numbers, `to` exclusive. */
export type Block = readonly [from: number, to: number]

export interface Wire {
  readonly client: Side
  readonly server: Side
  /** Sends what comes next. */
  send(side: Side, time: number, flags: number, payload: Payload): void
  /** Sends once more what was sent at `sequence`. */
  resend(side: Side, time: number, sequence: number, payload: Payload): void
  /** A bare ACK; `behind` tells of what came behind a hole (SACK, RFC 2018). */
  acknowledge(side: Side, time: number, behind?: Block | null): void
}

const ethernet = 14
const ipHeader = 20
const timestamps = 12
const window = 32_000
const synOptions = [2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7]

export function createWire(file: PcapFile, port: number, isn: number): Wire {
  const client: Side = { next: isn, acknowledged: 0, isClient: true }
  const server: Side = { next: (isn * 7 + 12_345) % 2 ** 32, acknowledged: 0, isClient: false }
  // Built whole, then cut at the snapshot length.
  const frame = Buffer.alloc(ethernet + ipHeader + 60)

  function write(
    side: Side,
    time: number,
    flags: number,
    sequence: number,
    payload: Payload,
    sack: Block | null = null,
  ): void {
    const optionBytes = flags & Flag.syn ? synOptions.length : timestamps + (sack === null ? 0 : 12)
    const headers = ethernet + ipHeader + 20 + optionBytes
    const length = headers + payload.length
    writeLink(frame, side.isClient)
    writeIp(frame, side.isClient, length - ethernet)
    const tcp = ethernet + ipHeader
    frame.writeUInt16BE(side.isClient ? port : 8080, tcp)
    frame.writeUInt16BE(side.isClient ? 8080 : port, tcp + 2)
    frame.writeUInt32BE(sequence % 2 ** 32, tcp + 4)
    frame.writeUInt32BE(flags & Flag.ack ? side.acknowledged % 2 ** 32 : 0, tcp + 8)
    frame.writeUInt8(((20 + optionBytes) / 4) << 4, tcp + 12)
    frame.writeUInt8(flags, tcp + 13)
    frame.writeUInt16BE(window, tcp + 14)
    // The sum of the pseudo-header alone: the interface does the rest.
    frame.writeUInt16BE(side.isClient ? 0x14e2 : 0x14e3, tcp + 16)
    frame.writeUInt16BE(0, tcp + 18)
    const clock = Math.floor(time / 1000) + 1_000_000
    if (flags & Flag.syn) {
      frame.set(synOptions, tcp + 20)
      frame.writeUInt32BE(clock, tcp + 28)
    } else {
      frame.writeUInt32BE(0x0101080a, tcp + 20)
      frame.writeUInt32BE(clock, tcp + 24)
      frame.writeUInt32BE(clock, tcp + 28)
      if (sack !== null) {
        frame.writeUInt32BE(0x0101050a, tcp + 32)
        frame.writeUInt32BE(sack[0] % 2 ** 32, tcp + 36)
        frame.writeUInt32BE(sack[1] % 2 ** 32, tcp + 40)
      }
    }
    const at = file.begin(time, length)
    frame.copy(file.bytes, at, 0, headers)
    const kept = Math.min(length, file.snapshotLength) - headers
    if (kept > 0) {
      file.bytes.set(payload.bytes.subarray(payload.from, payload.from + kept), at + headers)
    }
  }

  return {
    client,
    server,
    send(side, time, flags, payload) {
      const sequence = side.next
      side.next += payload.length + (flags & (Flag.syn | Flag.fin) ? 1 : 0)
      write(side, time, flags, sequence, payload)
    },
    resend(side, time, sequence, payload) {
      write(side, time, Flag.ack, sequence, payload)
    },
    acknowledge(side, time, behind) {
      write(side, time, Flag.ack, side.next, nothing, behind)
    },
  }
}

function writeLink(frame: Buffer, fromClient: boolean): void {
  frame.writeUIntBE(fromClient ? 0x0200_0a4d_0002 : 0x0200_0a4d_0001, 0, 6)
  frame.writeUIntBE(fromClient ? 0x0200_0a4d_0001 : 0x0200_0a4d_0002, 6, 6)
  frame.writeUInt16BE(0x0800, 12)
}

/** Between 10.77.0.1, the client, and 10.77.0.2. */
function writeIp(frame: Buffer, fromClient: boolean, length: number): void {
  const at = ethernet
  frame.writeUInt16BE(0x4500, at)
  frame.writeUInt16BE(length, at + 2)
  frame.writeUInt32BE(0x4000, at + 4)
  frame.writeUInt16BE(0x4006, at + 8)
  frame.writeUInt32BE(fromClient ? 0x0a4d_0001 : 0x0a4d_0002, at + 12)
  frame.writeUInt32BE(fromClient ? 0x0a4d_0002 : 0x0a4d_0001, at + 16)
  const words = 0x4500 + length + 0x4000 + 0x4006 + 2 * 0x0a4d + 3
  frame.writeUInt16BE(~((words & 0xffff) + (words >>> 16)) & 0xffff, at + 10)
}
