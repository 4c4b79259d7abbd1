// What a file format must be able to do: read records out of a window on the file. How the window is filled: assembly.ts.
import type { CaptureSummary } from './packet.ts'

/** Some bytes of the file. `bytes[from … to)` are still to be read; `bytes[0]` stands at `origin` of the file. */
export interface Window {
  bytes: Uint8Array
  /** Over the same bytes, with the same indices. */
  view: DataView
  from: number
  to: number
  origin: number
}

export interface RecordReader {
  /**
   * Reads the records that lie whole in the window and moves `from` behind them (beyond `to`: the bytes between are skipped).
   * Returns how many bytes must be in hand, counted from `from`, before it can go on; always more than there are. 0: never.
   */
  read(window: Window): number
  /** The file ended, with so many bytes unread, from `at` on. Throws if they are the file's header. */
  end(at: number, unread: number): void
  /** What was found, in a file of so many bytes. */
  summary(bytes: number): CaptureSummary
}

/** What says it is a larger packet is damage: the bound of libpcap and Wireshark, and the one where a file asks for more. */
export const usualPacket = 262_144
export const largestPacket = 16 << 20
