// Big-endian numbers in bytes (network order). The caller has checked that they are there.

export const uint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

/** Signed: sequence numbers and addresses are compared, never ordered. */
export const int32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) |
  ((bytes[at + 1] ?? 0) << 16) |
  ((bytes[at + 2] ?? 0) << 8) |
  (bytes[at + 3] ?? 0)

export const uint32 = (bytes: Uint8Array, at: number): number => int32(bytes, at) >>> 0
