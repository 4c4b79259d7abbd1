// What the files of the lab hold: bytes that look like nothing in particular, since zeros look like other protocols to some tools.

/** The same for the same size (xorshift32, Marsaglia). */
export function madeUpBytes(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let x = 0x10a9a01
  for (let at = 0; at < size; at++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    bytes[at] = x & 0xff
  }
  return bytes
}
