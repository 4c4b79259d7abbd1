// Packets into a pcap file as tcpdump writes it (little-endian, microseconds, Ethernet), in large pieces.
import { closeSync, openSync, writeSync } from 'node:fs'

export interface PcapFile {
  /** The packets to come are built in here. */
  readonly bytes: Buffer
  /** Begins a packet of `length` bytes, `time` µs after the first one; returns where in `bytes` its kept bytes go. */
  begin(time: number, length: number): number
  readonly snapshotLength: number
  readonly packets: number
  close(): void
}

const pieceBytes = 4 * 2 ** 20
const recordHeader = 16
const firstSecond = 1_790_000_000

export function createPcapFile(path: string, snapshotLength: number): PcapFile {
  const descriptor = openSync(path, 'w')
  const bytes = Buffer.alloc(pieceBytes + recordHeader + 65_535)
  let used = fileHeader(bytes, snapshotLength)
  let packets = 0

  const flush = () => {
    for (let at = 0; at < used; ) at += writeSync(descriptor, bytes, at, used - at)
    used = 0
  }
  return {
    bytes,
    snapshotLength,
    begin(time, length) {
      if (used >= pieceBytes) flush()
      const kept = Math.min(length, snapshotLength)
      bytes.writeUInt32LE(firstSecond + Math.floor(time / 1e6), used)
      bytes.writeUInt32LE(Math.floor(time) % 1e6, used + 4)
      bytes.writeUInt32LE(kept, used + 8)
      bytes.writeUInt32LE(length, used + 12)
      const at = used + recordHeader
      used = at + kept
      packets += 1
      return at
    },
    get packets() {
      return packets
    },
    close() {
      flush()
      closeSync(descriptor)
    },
  }
}

function fileHeader(bytes: Buffer, snapshotLength: number): number {
  bytes.writeUInt32LE(0xa1b2c3d4, 0)
  bytes.writeUInt16LE(2, 4)
  bytes.writeUInt16LE(4, 6)
  bytes.writeUInt32LE(snapshotLength, 16)
  bytes.writeUInt32LE(1, 20)
  return 24
}
