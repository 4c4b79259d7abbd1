// A small number for every IP address that occurs, so that packets compare numbers; and the address as text.
import { int32, uint16 } from './bytes.ts'

export interface AddressTable {
  /** The number of the IPv4 address at `at`. */
  ipv4(bytes: Uint8Array, at: number): number
  /** The number of the IPv6 address at `at`. */
  ipv6(bytes: Uint8Array, at: number): number
  /** As text: dotted, or by RFC 5952. */
  text(number: number): string
}

/** Addresses seen lately are found without hashing: a power of two. */
const slots = 256

export function createAddressTable(): AddressTable {
  const texts: string[] = []
  const byWord = new Map<number, number>()
  const byText = new Map<string, number>()
  const slotWord = new Int32Array(slots)
  const slotNumber = new Int32Array(slots).fill(-1)
  const slotWords6 = new Int32Array(slots * 4)
  const slotNumber6 = new Int32Array(slots).fill(-1)

  function add(text: string): number {
    texts.push(text)
    return texts.length - 1
  }

  return {
    ipv4(bytes, at) {
      const word = int32(bytes, at)
      const slot = (word ^ (word >>> 8) ^ (word >>> 16)) & (slots - 1)
      const known = slotNumber[slot] ?? -1
      if (known >= 0 && slotWord[slot] === word) return known
      let number = byWord.get(word)
      if (number === undefined) {
        number = add(`${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`)
        byWord.set(word, number)
      }
      slotWord[slot] = word
      slotNumber[slot] = number
      return number
    },
    ipv6(bytes, at) {
      const a = int32(bytes, at)
      const b = int32(bytes, at + 4)
      const c = int32(bytes, at + 8)
      const d = int32(bytes, at + 12)
      const mixed = a ^ b ^ c ^ d
      const slot = (mixed ^ (mixed >>> 8) ^ (mixed >>> 16)) & (slots - 1)
      const place = slot * 4
      const known = slotNumber6[slot] ?? -1
      if (
        known >= 0 &&
        slotWords6[place] === a &&
        slotWords6[place + 1] === b &&
        slotWords6[place + 2] === c &&
        slotWords6[place + 3] === d
      )
        return known
      const text = ipv6Text(bytes, at)
      let number = byText.get(text)
      if (number === undefined) {
        number = add(text)
        byText.set(text, number)
      }
      slotWords6.set([a, b, c, d], place)
      slotNumber6[slot] = number
      return number
    },
    text: (number) => texts[number] ?? '',
  }
}

/** RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => uint16(bytes, at + 2 * index))
  let bestStart = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > bestLength) {
      bestStart = start
      bestLength = length
    }
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (bestStart < 0) return hex(groups)
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`
}
