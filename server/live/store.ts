// Packets kept in memory as the bytes of a pcapng file: what is saved is what is here. Pure: no disk, no clock.
import { createCaptureReader } from '../../captures/format/capture-file.ts'
import type { CaptureInterface, Packet } from '../../captures/format/packet.ts'
import { createCaptureWriter, type PacketToWrite } from '../../captures/format/pcapng-writer.ts'

export interface StoreHead {
  readonly interfaces: readonly CaptureInterface[]
  /** When the first packet came, nanoseconds since 1970: time 0 of all. */
  readonly start: bigint
}

export interface Store {
  readonly head: StoreHead
  readonly packets: number
  readonly bytes: number
  write(packet: PacketToWrite, comments?: readonly string[]): void
  /** The file, in pieces. */
  pages(): Uint8Array[]
}

/** Small packets share one, so that half a million of them are no half a million objects. */
const pageSize = 256 * 1024

export function createStore(head: StoreHead): Store {
  const full: Uint8Array[] = []
  let page = new Uint8Array(pageSize)
  let used = 0
  let bytes = 0
  let packets = 0

  function put(piece: Uint8Array): void {
    bytes += piece.length
    if (used + piece.length > page.length) {
      if (used > 0) full.push(page.subarray(0, used))
      page = new Uint8Array(Math.max(pageSize, piece.length))
      used = 0
    }
    page.set(piece, used)
    used += piece.length
  }

  const writer = createCaptureWriter(put, {
    ...head,
    comment:
      'Recorded by longhaul serve --capture: headers and HTTP heads kept, no byte of a file.',
  })
  return {
    head,
    get packets() {
      return packets
    },
    get bytes() {
      return bytes
    },
    write(packet, comments) {
      packets += 1
      writer.write(packet, comments)
    },
    pages: () => [...full, page.subarray(0, used)],
  }
}

/** Hands each packet to `onPacket`, numbered from 1. */
export function readStore(store: Store, onPacket: (packet: Packet) => void): void {
  const reader = createCaptureReader(onPacket)
  for (const page of store.pages()) reader.push(page)
}

/** A store with those packets only that pass; the first of them is its time 0. */
export function filtered(store: Store, passes: (packet: number) => boolean): Store {
  let to: Store | null = null
  let first = 0
  readStore(store, (packet) => {
    if (!passes(packet.number)) return
    if (to === null) {
      first = packet.time
      to = createStore({ ...store.head, start: store.head.start + BigInt(first) })
    }
    to.write({ ...packet, time: packet.time - first })
  })
  return to ?? createStore(store.head)
}

/** The same packets with comments, by number. */
export function commented(store: Store, comments: ReadonlyMap<number, readonly string[]>): Store {
  const to = createStore(store.head)
  readStore(store, (packet) => to.write(packet, comments.get(packet.number)))
  return to
}
