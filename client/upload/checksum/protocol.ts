// What the page and its checksum worker say to each other: plain data both ways.

/** The hash functions that the page can compute, by their tus names. */
export type ChunkHash = 'sha256' | 'crc32'

/** Ranges are [from, to) in bytes of the file. */
export type FromPage =
  /** `isFree`: the whole file may be read at once; else only what was sent already, so that it is read once for both. */
  | { readonly kind: 'open'; readonly id: number; readonly file: Blob; readonly isFree: boolean }
  | {
      readonly kind: 'chunk'
      readonly id: number
      readonly ticket: number
      readonly from: number
      readonly to: number
      readonly hash: ChunkHash
    }
  | { readonly kind: 'whole'; readonly id: number; readonly ticket: number }
  | { readonly kind: 'close'; readonly id: number }

export type FromWorker =
  | { readonly kind: 'digest'; readonly ticket: number; readonly digest: Uint8Array }
  /** The browser can't read the file any more, or a hash function doesn't load. */
  | {
      readonly kind: 'failed'
      readonly ticket: number
      readonly isUnreadable: boolean
      readonly why: string
    }
  /** How far the whole file has been read, told while somebody waits for its digest. */
  | { readonly kind: 'progress'; readonly id: number; readonly read: number }
