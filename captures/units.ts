// What every stage may use: times, roles, endpoints. No I/O, no Node: the capture half runs in a browser worker too.

/** Which side of a connection, by the order in which the capture shows them: 0 sent the first captured segment. */
export type Direction = 0 | 1

/** Who opened the connection, and who was called. */
export type Role = 'client' | 'server'

export interface Endpoint {
  /** As text: `10.77.0.1`, `2001:db8::1` (RFC 5952). */
  readonly address: string
  readonly port: number
}

/** Nanoseconds since the first packet of the capture: a whole number, exact for 104 days. */
export type Nanoseconds = number

/** Seconds, as the analysis document tells times; exact to the nanosecond for 50 days. */
export const inSeconds = (time: Nanoseconds): number => Math.round(time) / 1e9

/** A sum or difference of seconds, rounded to the nanosecond that it means. */
export const roundSeconds = (seconds: number): number => Math.round(seconds * 1e9) / 1e9

/** For the end of a switch over a union: a variant that was forgotten doesn't compile. */
export function unreachable(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
