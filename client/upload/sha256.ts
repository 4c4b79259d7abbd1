// SHA-256 of bytes (FIPS 180-4). The browser's own where it exists; pages opened over plain http from another machine have none.

const k = new Uint32Array(64)
const initial = new Uint32Array(8)
fillConstants()

/** The SHA-256 digest, 32 bytes. */
export async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const subtle = globalThis.crypto?.subtle
  if (!subtle) return sha256Plain(data)
  return new Uint8Array(await subtle.digest('SHA-256', data))
}

/** The same without Web Crypto; meant for some hundred KiB. */
export function sha256Plain(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64)
  padded.set(data)
  padded[data.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n)
  const hash = initial.slice()
  const w = new Uint32Array(64)
  for (let at = 0; at < padded.length; at += 64) addBlock(hash, w, view, at)
  const digest = new DataView(new ArrayBuffer(32))
  hash.forEach((word, index) => {
    digest.setUint32(index * 4, word)
  })
  return new Uint8Array(digest.buffer)
}

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))

function addBlock(hash: Uint32Array, w: Uint32Array, view: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = view.getUint32(at + t * 4)
  for (let t = 16; t < 64; t++) {
    const a = w[t - 15] ?? 0
    const b = w[t - 2] ?? 0
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    w[t] = (w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const one = (h + s1 + ((e & f) ^ (~e & g)) + (k[t] ?? 0) + (w[t] ?? 0)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) {
    hash[index] = (hash[index] ?? 0) + word
  }
}

// The constants are the first 32 bits of the fractional parts of the roots of the first primes (§4.2.2, §5.3.3).
function fillConstants(): void {
  const fraction = (value: number) => (value - Math.floor(value)) * 2 ** 32
  let found = 0
  for (let n = 2; found < 64; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false
    if (!isPrime) continue
    if (found < 8) initial[found] = fraction(Math.sqrt(n))
    k[found] = fraction(Math.cbrt(n))
    found += 1
  }
}
