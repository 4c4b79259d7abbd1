// What is read from the streams of one connection: requests, responses, and which belong together.
import type { Direction, Nanoseconds } from '../units.ts'

/** A place in one direction's stream: bytes since the first one, unwrapped (beyond 2³² too). SYN and FIN not counted. */
export type StreamOffset = number

/** A run of stream bytes, in order, as the TCP stage hands them on. */
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

/** The header fields that the later stages ask for: names in lower case, the values of a repeated field joined by `, `. */
export type Fields = ReadonlyMap<string, string>

interface MessageCommon {
  readonly version: string
  readonly fields: Fields
  /** Stream bytes of the head, start line to empty line; a head that was cut by the snapshot ends where the cut is. */
  readonly from: StreamOffset
  readonly headEnd: StreamOffset
  /** After the body; `null`: not seen to its end. */
  readonly to: StreamOffset | null
  /** Body bytes without chunk framing, as far as they were on the wire. */
  readonly bodyLength: number
  /** What the head promises; `null`: chunked, or until the connection closes. */
  readonly declaredLength: number | null
  /** The packets of the first and last byte of the head, and of the last byte of the message (so far). */
  readonly first: Place
  readonly headLast: Place
  readonly last: Place
  /** The end of the head was not captured (snapshot length, or a gap): some fields may be unknown. */
  readonly isHeadCut: boolean
}

export interface Request extends MessageCommon {
  readonly kind: 'request'
  readonly method: string
  readonly target: string
}

export interface Response extends MessageCommon {
  readonly kind: 'response'
  readonly status: number
}

/** One request and the answers to it (RFC 9110 §3.4). */
export interface Exchange {
  /** From 1, in the order of the requests on this connection. */
  readonly number: number
  /** `null`: the capture began after it. */
  readonly request: Request | null
  /** 1xx answers that came before the final one (RFC 9110 §15.2). */
  readonly interim: readonly Response[]
  /** `null`: never answered, or not captured. */
  readonly response: Response | null
}

/** A part of a stream that carries heads or chunk framing: what a trimmed capture keeps. */
export interface FramingRange {
  readonly direction: Direction
  readonly from: StreamOffset
  readonly to: StreamOffset
}

/** Reads HTTP/1.x from both streams of a connection. */
export interface HttpReader {
  /** The next bytes of a direction, in order and without overlap. */
  data(piece: StreamPiece): void
  /** Bytes that were on the wire and not captured; a body counts on, a head is cut. */
  gap(direction: Direction, from: StreamOffset, to: StreamOffset, place: Place): void
  /** A FIN or RST, or the end of the capture: what runs until the connection closes is complete with a FIN. */
  end(direction: Direction, how: 'fin' | 'reset' | 'capture', place: Place): void
  /**
   * Up to here the bytes of the direction need not be handed on (body bytes with a known end): pieces wholly before this
   * offset may come with `available` 0.
   */
  skippable(direction: Direction): StreamOffset
  /** Which direction sends requests; `null` while none was seen. */
  readonly requestDirection: Direction | null
  /** In the order of the requests. Complete after `end` for both directions; until then the last ones still grow. */
  readonly exchanges: readonly Exchange[]
  /** `http`: at least one message · `tls`, `h2`: recognised by its first bytes · `upgraded`: 101 or CONNECT came · `unknown`. */
  readonly protocol: 'http' | 'tls' | 'h2' | 'upgraded' | 'unknown'
  /** What is not in order, each told once, with the packet. */
  readonly remarks: readonly { readonly packet: number; readonly text: string }[]
}
