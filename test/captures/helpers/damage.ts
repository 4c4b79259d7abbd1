// A capture file as it should not be: cut, flipped, overwritten, put together wrongly. Some of many ways, drawn by lot.
import type { Chance } from './chance.ts'

type Damage = (chance: Chance, bytes: Buffer, others: readonly Uint8Array[]) => Buffer

const cut: Damage = (chance, bytes) => bytes.subarray(0, chance.between(0, bytes.length))

const flip: Damage = (chance, bytes) => {
  for (let n = chance.skewed(1, 200); n > 0 && bytes.length > 0; n--) {
    const at = chance.between(0, bytes.length - 1)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.between(0, 7))
  }
  return bytes
}

/** Bits of the headers at the front, where one of them matters most. */
const flipInFront: Damage = (chance, bytes) => {
  for (let n = chance.between(1, 4); n > 0 && bytes.length > 0; n--) {
    const at = chance.between(0, Math.min(bytes.length, 200) - 1)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.between(0, 7))
  }
  return bytes
}

const telling = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffc, 262_145, 0x0a0d_0d0a]

/** Numbers that lengths and counts stumble over. */
const overwrite: Damage = (chance, bytes) => {
  for (let n = chance.skewed(1, 20); n > 0 && bytes.length >= 4; n--) {
    const at = chance.between(0, bytes.length - 4)
    if (chance.of(0.5)) bytes.writeUInt32LE(chance.one(telling), at)
    else bytes.writeUInt32BE(chance.one(telling), at)
  }
  return bytes
}

const remove: Damage = (chance, bytes) => {
  const from = chance.between(0, bytes.length)
  const to = Math.min(bytes.length, from + chance.skewed(1, 5000))
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
}

const repeat: Damage = (chance, bytes) => {
  const from = chance.between(0, bytes.length)
  const to = Math.min(bytes.length, from + chance.skewed(1, 5000))
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
}

const zero: Damage = (chance, bytes) => {
  const from = chance.between(0, bytes.length)
  return bytes.fill(0, from, Math.min(bytes.length, from + chance.skewed(1, 2000)))
}

const join: Damage = (chance, bytes, others) =>
  Buffer.concat([bytes, chance.one(others), chance.of(0.3) ? bytes : Buffer.alloc(0)])

const damages: readonly Damage[] = [
  ...[cut, flip, flip, flipInFront, overwrite, overwrite, remove, repeat, zero, join],
]

/** One to three of them, of a copy. */
export function damaged(chance: Chance, files: readonly Uint8Array[]): Buffer {
  let bytes: Buffer = Buffer.from(chance.one(files))
  for (let n = chance.between(1, 3); n > 0; n--) bytes = chance.one(damages)(chance, bytes, files)
  return bytes
}
