// IP fragments, put together again (RFC 791 §3.2, RFC 8200 §4.5). Bounded: a sender can start more than it finishes.

/** Where a part of a datagram lies: in its packet at `start`, in the datagram's payload at `offset`. */
export interface FragmentPlace {
  readonly packet: number
  readonly start: number
  readonly offset: number
  readonly length: number
}

export interface Fragment {
  readonly packet: number
  readonly start: number
  /** Addresses, identification and protocol: what belongs together. */
  readonly key: string
  /** Bytes from the start of the datagram's payload. */
  readonly offset: number
  readonly isLast: boolean
  readonly bytes: Uint8Array
}

interface Piece extends FragmentPlace {
  readonly bytes: Uint8Array
}

/** What became whole. */
export interface Datagram {
  readonly bytes: Uint8Array
  /** In the order of the file. */
  readonly places: readonly FragmentPlace[]
}

interface Unfinished {
  readonly pieces: Piece[]
  /** Known once the last fragment is here. */
  length: number | null
}

export interface FragmentTable {
  /** The whole payload once its last missing fragment comes, else `null`. `fragment.bytes` is copied. */
  add(fragment: Fragment): Datagram | null
}

/** So many datagrams may be unfinished; the oldest goes first. */
const maxDatagrams = 64
const maxPieces = 1024
const maxLength = 65_535

export function createFragmentTable(): FragmentTable {
  const datagrams = new Map<string, Unfinished>()
  return {
    add({ key, packet, start, offset, isLast, bytes }) {
      if (offset + bytes.length > maxLength) return null
      const datagram = datagrams.get(key) ?? { pieces: [], length: null }
      if (!datagrams.has(key)) {
        datagrams.set(key, datagram)
        const oldest = datagrams.keys().next()
        if (datagrams.size > maxDatagrams && !oldest.done) datagrams.delete(oldest.value)
      }
      const { pieces } = datagram
      if (pieces.length < maxPieces)
        pieces.push({ packet, start, offset, length: bytes.length, bytes: bytes.slice() })
      if (isLast) datagram.length = offset + bytes.length
      const whole = datagram.length === null ? null : join(pieces, datagram.length)
      if (whole === null) return null
      datagrams.delete(key)
      return { bytes: whole, places: pieces }
    },
  }
}

/** `null` while a byte is missing. Of bytes that came twice the first count. */
function join(pieces: readonly Piece[], length: number): Uint8Array | null {
  const whole = new Uint8Array(length)
  let filled = 0
  for (const { offset, bytes } of [...pieces].sort((a, b) => a.offset - b.offset)) {
    if (offset > filled) return null
    const fresh = bytes.subarray(filled - offset, length - offset)
    whole.set(fresh, filled)
    filled += fresh.length
  }
  return filled === length ? whole : null
}
