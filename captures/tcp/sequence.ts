// Sequence numbers: 32 bits that wrap (RFC 9293 §3.4). Kept as signed integers, which engines hold without boxing.

/** Signed distance from one to the other, right across the wrap while it is less than 2³¹ (RFC 1982 §3.2). */
export const distance = (from: number, to: number): number => (to - from) | 0

/** The number `by` bytes further on. */
export const advance = (from: number, by: number): number => (from + by) | 0
