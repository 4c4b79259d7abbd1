// The Internet checksum (RFC 1071), as IPv4 and TCP use it.

/** Of the parts one after the other; each but the last of even length. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) {
    for (let n = 0; n < part.length; n += 2) sum += ((part[n] ?? 0) << 8) | (part[n + 1] ?? 0)
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000)
  return ~sum & 0xffff
}
