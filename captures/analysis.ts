// The analysis document, version 1: what `explain --json` prints, what texts, pictures and comparisons are made from.
// Times are seconds since the first packet of the file, lengths bytes, packets frame numbers as Wireshark counts them.
import type { Endpoint, Role } from './units.ts'

export interface Analysis {
  readonly version: 1
  readonly file: FileAnalysis
  readonly connections: readonly ConnectionAnalysis[]
  readonly uploads: readonly UploadAnalysis[]
  /** What limits the conclusions, and what is out of order in the file; the gravest first. */
  readonly quality: readonly QualityNote[]
  readonly warnings: readonly Warning[]
}

export interface FileAnalysis {
  readonly format: 'pcap' | 'pcapng'
  readonly packets: number
  readonly bytes: number
  readonly truncatedPackets: number
  /** How much of each is there, bytes; `null`: none is cut. */
  readonly truncatedTo: { readonly least: number; readonly most: number } | null
  /** ISO 8601 with nanoseconds; `null` where no packet has a time. */
  readonly start: string | null
  readonly duration: number
  readonly linkTypes: readonly string[]
  readonly snapshotLength: number
  /** Packets that the capturing side reports as lost; `null`: the file does not say (pcap never does). */
  readonly dropped: number | null
  readonly writtenBy: string | null
  /** TCP packets, and the rest. */
  readonly tcpPackets: number
  readonly otherPackets: number
}

export interface Warning {
  readonly packet: number | null
  readonly text: string
}

/** One thing about the capture itself that a reader of the conclusions must know. */
export interface QualityNote {
  readonly kind:
    | 'damaged'
    | 'dropped'
    | 'missing-segments'
    | 'late-start'
    | 'missing-end'
    | 'one-sided'
    | 'truncated-heads'
    | 'duplicates'
    | 'reordered-by-tap'
    | 'offload'
    | 'no-times'
    | 'fragments'
    | 'clock'
  /** `limits`: some conclusions are uncertain · `note`: they hold, this explains what one sees. */
  readonly weight: 'limits' | 'note'
  readonly text: string
  /** Connections that it touches; empty: the whole file. */
  readonly connections: readonly number[]
}

export interface ConnectionAnalysis {
  /** Wireshark's `tcp.stream`. */
  readonly number: number
  readonly client: Endpoint
  readonly server: Endpoint
  /** How the roles are known: `handshake`, by the requests, or by the ports only. */
  readonly rolesFrom: 'handshake' | 'http' | 'ports'
  readonly packets: number
  readonly start: number
  readonly end: number
  readonly firstPacket: number
  readonly lastPacket: number
  /** Unique stream bytes: retransmissions not counted twice, bytes that were acknowledged but not captured included. */
  readonly payloadBytes: PerRole<number>
  readonly retransmittedBytes: PerRole<number>
  /** Acknowledged by the other side but not in the file. */
  readonly missingBytes: PerRole<number>
  /** Of `payloadBytes`, HTTP heads and chunk framing. */
  readonly headerBytes: PerRole<number>
  readonly packetsBy: PerRole<number>
  /** Whole packets on the wire, link header included: their original lengths added up. */
  readonly wireBytes: PerRole<number>
  /** Zeek's letters (capitals: the client). */
  readonly history: string
  readonly protocol: 'http' | 'tls' | 'h2' | 'upgraded' | 'unknown'
  /** What it was opened for. */
  readonly purpose: ConnectionPurpose
  readonly initiation: Initiation
  readonly maintenance: Maintenance
  readonly termination: Termination
  readonly exchanges: readonly ExchangeAnalysis[]
}

export interface PerRole<T> {
  readonly client: T
  readonly server: T
}

/** Why a client opens one more connection. */
export interface ConnectionPurpose {
  readonly reason:
    | 'first'
    | 'parallel'
    | 'after-fin'
    | 'after-reset'
    | 'after-pause'
    | 'connection-close'
    | 'preconnect'
    | 'retry'
    | 'unknown'
  /** The connection that it follows or runs beside. */
  readonly connection: number | null
}

/** What an end says of itself in its SYN (RFC 9293 §3.2, RFC 7323, RFC 2018). */
export interface EndOptions {
  readonly isn: number
  readonly mss: number | null
  readonly windowScale: number | null
  readonly sackPermitted: boolean
  readonly timestamps: boolean
  /** As announced in the SYN, bytes (never scaled). */
  readonly window: number
}

/** One segment of the beginning. Numbers are relative, as Wireshark's `tcp.seq` and `tcp.ack`. */
export interface InitiationSegment {
  readonly packet: number
  readonly time: number
  readonly by: Role
  readonly part: 'syn' | 'syn-ack' | 'ack' | 'reset'
  readonly sequence: number | null
  /** `null`: without the ACK flag; of a reset neither is told. */
  readonly acknowledgement: number | null
  /** Payload bytes. */
  readonly length: number
}

/** First SYN to the ACK that completes the handshake. */
export interface Initiation {
  readonly kind: 'handshake' | 'refused' | 'unanswered' | 'unseen' | 'simultaneous'
  /** SYN, SYN+ACK, ACK, without their retransmissions; a refusal: SYN, RST. */
  readonly packets: readonly number[]
  /** The same, each with the part that it plays: what is not here is not in the file. */
  readonly segments: readonly InitiationSegment[]
  /** First SYN to the ACK; `null` where that is not captured. */
  readonly duration: number | null
  /**
   * The latest SYN to the ACK that completes the handshake, less the time between copies of the SYN+ACK: one round trip, wherever
   * the tap is. `null`: not captured, or the ACK came with data, for which the client may have waited.
   */
  readonly rtt: number | null
  /** The SYN to the SYN+ACK: the part of the round trip between the tap and the server. */
  readonly rttToServer: number | null
  readonly synRetransmissions: number
  readonly synAckRetransmissions: number
  /** Data in the SYN (TCP Fast Open, RFC 7413), bytes. */
  readonly fastOpenBytes: number
  /** `simultaneous`: of the server's SYN only the SYN+ACK after it is captured. */
  readonly isOtherSynUnseen: boolean
  readonly client: EndOptions | null
  readonly server: EndOptions | null
}

export interface IdleGap {
  readonly from: number
  readonly to: number
  /** The packets before and after it; `null`: the capture or the connection ended in it. */
  readonly fromPacket: number
  readonly toPacket: number | null
  /**
   * `http-idle`: no exchange under way, the connection kept · `server`: a request waits for its answer ·
   * `zero-window`: the receiver had closed its window · `retransmission`: loss, the timer ran ·
   * `sender-paused`: a message stopped in its middle with nothing on its way.
   */
  readonly kind: 'http-idle' | 'server' | 'zero-window' | 'retransmission' | 'sender-paused'
  /** TCP keep-alive probes that were sent in it. */
  readonly probes: number
  /** What the server had said of its patience (`Keep-Alive: timeout=`), seconds. */
  readonly announcedTimeout: number | null
}

export interface RttSummary {
  readonly samples: number
  readonly min: number
  readonly mean: number
  readonly max: number
}

/** What lies between initiation and termination. */
export interface Maintenance {
  readonly exchanges: number
  readonly patches: number
  readonly start: number | null
  readonly end: number | null
  /** Seconds with an exchange under way, and without. */
  readonly transfer: number
  readonly idle: number
  readonly idleGaps: readonly IdleGap[]
  /** TCP keep-alive probes (SO_KEEPALIVE), not HTTP persistence. */
  readonly keepAliveProbes: number
  readonly keepAliveAnswers: number
  readonly zeroWindowProbes: number
  readonly retransmissions: number
  /** Of these: by the timer, after duplicate ACKs, and of what had already arrived. */
  readonly fastRetransmissions: number
  readonly spuriousRetransmissions: number
  readonly outOfOrder: number
  readonly duplicateAcks: number
  readonly zeroWindows: number
  readonly windowFull: number
  readonly windowUpdates: number
  readonly dsacks: number
  /** Data segments of each side, and the longest (bytes of payload). */
  readonly dataSegments: PerRole<number>
  readonly largestSegment: PerRole<number>
  /** Data to its ACK, of segments sent once only (Karn); by the side that sent the data. `null`: no sample. */
  readonly rtt: PerRole<RttSummary | null>
  /** Largest unacknowledged amount seen, bytes, by sender. */
  readonly maxBytesInFlight: PerRole<number>
}

/** First FIN or RST to the last packet. */
export interface Termination {
  readonly kind: 'fin' | 'half-closed' | 'reset' | 'open'
  readonly by: Role | null
  /** FINs, RSTs and their ACKs; of a burst of resets the first. */
  readonly packets: readonly number[]
  readonly duration: number
  readonly segments: readonly TerminationSegment[]
  /** `three-segment`: the second FIN carries the ACK of the first · `four-segment` · `simultaneous` · `null`: no pair of FINs. */
  readonly form: 'three-segment' | 'four-segment' | 'simultaneous' | null
  /** Why, as far as the capture shows it. */
  readonly cause:
    | 'server-idle-timeout'
    | 'client-close'
    | 'server-close'
    | 'connection-close'
    | 'client-pause'
    | 'reset-in-exchange'
    | 'reset-idle'
    | 'refused'
    | 'early-response'
    | 'not-ended'
    | 'unknown'
  /** Last byte of the exchanges to the first FIN or RST. */
  readonly idleBefore: number | null
  /** Client bytes after the first FIN (half-close), and bytes that a reset found unacknowledged. */
  readonly bytesAfterFin: PerRole<number>
  readonly unacknowledgedBytes: PerRole<number>
  readonly resets: number
  readonly resetsBy: PerRole<number>
  /** From the first of them to the last. */
  readonly resetSpan: number
}

/** One segment of the end, with the states that it leads to (RFC 9293 §3.3.2, figure 5). */
export interface TerminationSegment {
  readonly packet: number
  readonly time: number
  readonly by: Role
  /** `FIN, ACK`, `ACK`, `RST`, `data` … */
  readonly what: string
  /** Relative, as Wireshark's `tcp.seq` and `tcp.ack`; `null`: unknown, or without the ACK flag. */
  readonly sequence: number | null
  readonly acknowledgement: number | null
  /** Payload bytes. */
  readonly length: number
  readonly clientState: TcpState
  readonly serverState: TcpState
}

export type TcpState =
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'

/** A part of a stream, relative as Wireshark's `tcp.seq` (the first byte is 1); `to` is the next byte. */
export interface SequenceRange {
  readonly from: number
  readonly to: number
}

/** How the time of an exchange went, seconds; what is left over is bytes being sent. */
export interface Waits {
  /** Nothing could be sent before ACKs came: slow start, or the congestion window. */
  readonly acknowledgement: number
  /** So many of these waits. */
  readonly acknowledgementRounds: number
  /** Of both, in an exchange that began after an idle time longer than the retransmission timer. */
  readonly afterIdle: boolean
  readonly retransmission: number
  readonly window: number
  /** The sender had nothing outstanding and sent nothing. */
  readonly sender: number
}

export interface ExchangeAnalysis {
  readonly number: number
  readonly method: string | null
  readonly target: string | null
  readonly status: number | null
  readonly requestPacket: number | null
  /** Of the request: the packet in which its head ends, and its last one. */
  readonly headPacket: number | null
  readonly lastRequestPacket: number | null
  readonly responsePacket: number | null
  readonly lastResponsePacket: number | null
  /** Whole messages on the stream: heads, framing, bodies. */
  readonly requestBytes: number
  readonly responseBytes: number
  /** Heads alone. */
  readonly requestHeadBytes: number
  readonly responseHeadBytes: number
  readonly requestBodyBytes: number
  readonly responseBodyBytes: number
  /** Where the whole messages lie in their streams. */
  readonly requestSequence: SequenceRange | null
  readonly responseSequence: SequenceRange | null
  readonly start: number | null
  readonly requestEnd: number | null
  /** The first ACK of the request's last byte, the response's own included: before it, bytes were still on their way. */
  readonly requestAcknowledged: number | null
  readonly responseStart: number | null
  readonly responseEnd: number | null
  /** The last byte of both messages: where the answer came early, that of the request. `null`: no response. */
  readonly end: number | null
  /** The request came to its end, as its head promised. */
  readonly isRequestComplete: boolean
  readonly isResponseComplete: boolean
  /** 1xx answers before the final one, by status. */
  readonly interim: readonly number[]
  readonly connectionClose: boolean
  /** How that is known: by the field `Connection: close`, or by HTTP/1.0 without keep-alive; `null`: it is not so. */
  readonly connectionCloseBy: 'field' | 'version' | null
  readonly isHeadCut: boolean
  /**
   * Why, of the request or else of the response: of its packet only a part was kept, its rest is in no packet, no more bytes
   * came, or it is longer than is read here. `null`: both are whole.
   */
  readonly headCutBy: 'snapshot' | 'gap' | 'end' | 'length' | null
  /** Client data segments, and what they waited for. */
  readonly waits: Waits
  readonly upload: ExchangeUpload | null
}

/** What an exchange did to an upload. */
export interface ExchangeUpload {
  readonly url: string
  readonly protocol: 'tus' | 'ietf'
  readonly action: 'creation' | 'append' | 'offset' | 'cancellation' | 'download'
  /** The bytes of the file that this request carried: `from` inclusive, `to` exclusive; `null`: none, or unknown. */
  readonly from: number | null
  readonly to: number | null
  /** The offset that the server answered. */
  readonly answeredOffset: number | null
  /** Whether the server could have that offset; `null`: can't be told. A request that was refused for its own offset is no fault of the answer. */
  readonly isConsistent: boolean | null
  /** The stream bytes of the body in the client's direction. */
  readonly sequence: SequenceRange | null
  /** Of the protocol, as one of both sides tells it: `1.0.0` of tus, the interop version of the IETF's draft; `null`: untold. */
  readonly version: string | null
  /** The algorithm of the digest that came with the bytes (tus checksum, RFC 9530); `trailer`: it came behind them. */
  readonly checksum: string | null
  /** The bytes did not fit their digest, and don't count (460, tus checksum). */
  readonly isDamaged: boolean
  /** Interim answers that told how far the server was (104, IETF). */
  readonly progress: readonly Progress[]
}

export interface Progress {
  readonly packet: number
  readonly time: number
  readonly offset: number
}

export interface UploadProtocol {
  readonly protocol: ExchangeUpload['protocol']
  readonly version: string | null
}

/** One upload joined of others that were sent side by side (tus 1.0.0, Concatenation). */
export type Concatenation =
  /** `final`: the upload that it became a part of; `null`: not seen. */
  | { readonly kind: 'partial'; readonly final: string | null }
  /** In the order of the file. */
  | { readonly kind: 'final'; readonly parts: readonly string[] }

export interface UploadAnalysis {
  readonly url: string
  /** The one that it was begun with, as far as that is seen. */
  readonly protocol: 'tus' | 'ietf'
  /** All that carried it, in the order of their first requests. */
  readonly protocols: readonly UploadProtocol[]
  /** `null`: deferred, or not seen. */
  readonly length: number | null
  /** The highest offset that the server is known to have. */
  readonly offset: number
  /** The file shows one: else `offset` is 0, and means nothing. */
  readonly isOffsetKnown: boolean
  readonly patches: number
  /** In the order in which they carried it. */
  readonly connections: readonly number[]
  /** Times that it went on after a break: asked for the offset, or changed the connection. */
  readonly resumptions: number
  readonly complete: boolean
  readonly filename: string | null
  /** The client gave it up by DELETE before it was complete. */
  readonly cancelled: boolean
  /** Body bytes of its requests beyond the file's own: sent again. */
  readonly bytesSentAgain: number
  /** Requests whose bytes arrived damaged (460). */
  readonly damaged: number
  readonly concatenation: Concatenation | null
  readonly isConsistent: boolean
  readonly start: number
  readonly end: number
}
