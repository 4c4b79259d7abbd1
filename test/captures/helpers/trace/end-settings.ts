// One end of a simulated connection: how it is made, what its application hears of it and tells it.
import type { Endpoint as Address } from '../../../../captures/units.ts'
import type { TestSegment } from '../segment.ts'

export interface EndSettings {
  readonly own: Address
  readonly peer: Address
  readonly isn: number
  readonly peerIsn: number
  readonly mss: number
  /** `null`: not offered. */
  readonly windowScale: number | null
  readonly sack: boolean
  readonly timestamps: boolean
  /** Bytes that it keeps for an application that doesn't read. */
  readonly buffer: number
  /** Segments of one packet: above 1 as an offloading interface shows them. */
  readonly joined: number
  /** ACK after so many segments with data. */
  readonly ackEvery: number
  /** Of a keep-alive or window probe: Linux sends none, others one byte. */
  readonly probeBytes: 0 | 1
  /** ns of silence; `null`: no probes. */
  readonly keepAlive: number | null
  /** The FIN goes with the last data where there is some. */
  readonly finWithData: boolean
}

/** What the application of an end hears. */
export interface Application {
  connected(): void
  /** So many bytes of the peer's stream are here by now. */
  received(bytes: number): void
  finished(): void
  reset(): void
}

export interface End {
  connect(): void
  /** From now on there is no such connection: what comes is refused. */
  vanish(): void
  write(bytes: Uint8Array): void
  /** FIN, when all is sent. */
  close(): void
  /** RST, now. */
  abort(): void
  /** The application stops taking bytes, or goes on. */
  setReading(isReading: boolean): void
  deliver(segment: TestSegment): void
}
