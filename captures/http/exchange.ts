// What is read from the streams of one connection: requests, responses, and which belong together.
import type { Place, StreamConsumer, StreamOffset } from '../tcp/piece.ts'
import type { Direction, Nanoseconds } from '../units.ts'

/** The header fields that the later stages ask for: names in lower case, the values of a repeated field joined by `, `. */
export type Fields = ReadonlyMap<string, string>

/** `snapshot`: of its packet only a part was kept · `gap`: its rest is in no packet · `end`: no more bytes came · `length`: longer than is read here. */
export type HeadCut = 'snapshot' | 'gap' | 'end' | 'length'

interface MessageCommon {
  /** `1.1`; empty where the start line was cut before it: then the target may be cut as well. */
  readonly version: string
  readonly fields: Fields
  /** Stream bytes of the head, start line to empty line; a head that was cut by the snapshot ends where the cut is. */
  readonly from: StreamOffset
  readonly headEnd: StreamOffset
  /** After the body; `null`: not seen to its end. */
  readonly to: StreamOffset | null
  /**
   * Body bytes without chunk framing, as far as they were on the wire. After a head that was cut and told no length these
   * are the bytes after the cut, the rest of the head among them.
   */
  readonly bodyLength: number
  /** What the head promises; `null`: chunked, or until the connection closes. */
  readonly declaredLength: number | null
  /** The packets of the first and last byte of the head, and of the last byte of the message (so far). */
  readonly first: Place
  readonly headLast: Place
  readonly last: Place
  /** The end of the head was not captured (snapshot length, or a gap): some fields may be unknown. */
  readonly isHeadCut: boolean
  /** Why; `null`: it is whole. */
  readonly headCutBy: HeadCut | null
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

export interface HttpReaderOptions {
  /**
   * The streams are here from their first byte (the SYN was captured; offset 0 is the byte after it): what doesn't begin
   * as HTTP never will, and the n-th response answers the n-th request, whichever was captured first.
   */
  readonly fromStart?: boolean
  /** Told of each range as soon as it is known, in order for each direction. */
  readonly onFraming?: (range: FramingRange) => void
}

/** Reads HTTP/1.x from both streams of a connection. */
export interface HttpReader extends StreamConsumer {
  /** Which direction sends requests; `null` while none was seen. */
  readonly requestDirection: Direction | null
  /** In the order of the requests. Complete after `end` for both directions; until then the last ones still grow. */
  readonly exchanges: readonly Exchange[]
  /** `http`: at least one message · `tls`, `h2`: recognised by its first bytes · `upgraded`: 101 or CONNECT came · `unknown`. */
  readonly protocol: 'http' | 'tls' | 'h2' | 'upgraded' | 'unknown'
  /** By direction: bytes of heads, chunk framing and trailers. */
  readonly framingBytes: readonly [number, number]
  /** When whole requests may have gone unseen, in order. */
  readonly missed: readonly MissedTime[]
  /** What is not in order, each told once, with the packet. */
  readonly remarks: readonly Remark[]
}

/** From the last byte before a gap to the first one behind it (ns). */
export interface MissedTime {
  readonly from: Nanoseconds
  readonly to: Nanoseconds
}

export interface Remark {
  readonly packet: number
  readonly text: string
}
