// What the TCP stage hands on: the bytes of both streams of a connection, each once and in order.
import type { Direction, Nanoseconds } from '../units.ts'

/** A place in one direction's stream: bytes since the first one, unwrapped (beyond 2³² too). SYN and FIN not counted. */
export type StreamOffset = number

/** A run of stream bytes. Filled again for the next one: copy what must outlive the call. */
export interface StreamPiece {
  readonly direction: Direction
  readonly offset: StreamOffset
  /** Bytes on the wire; of these `available` were captured, from the front. */
  readonly length: number
  readonly available: number
  /** Those are `bytes[start … start + available)`, valid during the call only. */
  readonly bytes: Uint8Array
  readonly start: number
  /** The packet that brought them, and when. */
  readonly packet: number
  readonly time: Nanoseconds
}

/** Where a part of a message lies. */
export interface Place {
  readonly packet: number
  readonly time: Nanoseconds
}

/** Who reads the streams of one connection. */
export interface StreamConsumer {
  /** The next bytes of a direction, in order and without overlap. */
  data(piece: StreamPiece): void
  /** Bytes that were on the wire and not captured. */
  gap(direction: Direction, from: StreamOffset, to: StreamOffset, place: Place): void
  /** A FIN or RST, or the end of the capture. */
  end(direction: Direction, how: 'fin' | 'reset' | 'capture', place: Place): void
  /**
   * Up to here the bytes of the direction need not be handed on: pieces wholly before this offset may come with
   * `available` 0.
   */
  skippable(direction: Direction): StreamOffset
}
