// Chunks of any size in, windows that hold whole records out. Only a record that crosses chunks is copied.
import type { Window } from './record-reader.ts'

export interface Assembly {
  push(chunk: Uint8Array): void
  /** Bytes pushed so far. */
  readonly bytes: number
  /** What can't be read until more bytes come, and where it stands in the file. */
  rest(): { readonly at: number; readonly bytes: Uint8Array }
}

/** `read` is `RecordReader.read`: moves `from`, returns the bytes wanted from there, 0 to end it all. */
export function createAssembly(read: (window: Window) => number): Assembly {
  const chunks: Window = emptyWindow()
  const scratch: Window = emptyWindow()
  let wanted = 1
  let skip = 0
  let position = 0

  function push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && wanted > 0) {
      if (skip > 0) at += skipIn(chunk.length - at)
      else if (scratch.to > 0) at += topUp(chunk, at)
      else at += readInPlace(chunk, at)
    }
    position += chunk.length
  }

  function skipIn(length: number): number {
    const skipped = Math.min(skip, length)
    skip -= skipped
    return skipped
  }

  function readInPlace(chunk: Uint8Array, at: number): number {
    look(chunks, chunk)
    chunks.from = at
    chunks.origin = position
    wanted = read(chunks)
    skip = Math.max(0, chunks.from - chunks.to)
    if (wanted > 0 && chunks.from < chunks.to) {
      scratch.origin = position + chunks.from
      keep(chunk, chunks.from, chunks.to)
    }
    return chunk.length - at
  }

  /** Gives the record in the scratch what it wants, and no more: what follows is read in place again. */
  function topUp(chunk: Uint8Array, at: number): number {
    const taken = Math.min(wanted - scratch.to, chunk.length - at)
    keep(chunk, at, at + taken)
    if (scratch.to < wanted) return taken
    scratch.from = 0
    wanted = read(scratch)
    skip = Math.max(0, scratch.from - scratch.to)
    scratch.bytes.copyWithin(0, scratch.from, scratch.to)
    scratch.origin += scratch.from
    scratch.to = Math.max(0, scratch.to - scratch.from)
    return taken
  }

  /** Grows with the bytes that came, never with those that a record promises. */
  function keep(chunk: Uint8Array, from: number, to: number): void {
    const length = scratch.to + to - from
    if (length > scratch.bytes.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(wanted, 2 * length)))
      grown.set(scratch.bytes.subarray(0, scratch.to))
      const end = scratch.to
      look(scratch, grown)
      scratch.to = end
    }
    scratch.bytes.set(chunk.subarray(from, to), scratch.to)
    scratch.to = length
  }

  return {
    push,
    get bytes() {
      return position
    },
    rest() {
      const bytes = scratch.bytes.subarray(0, scratch.to)
      return { at: position - bytes.length, bytes }
    },
  }
}

function emptyWindow(): Window {
  const bytes = new Uint8Array(0)
  return { bytes, view: new DataView(bytes.buffer), from: 0, to: 0, origin: 0 }
}

/** Always a plain Uint8Array: who reads packets then never meets two kinds (Node's Buffer is another). */
function look(window: Window, { buffer, byteOffset, length }: Uint8Array): void {
  window.bytes = new Uint8Array(buffer, byteOffset, length)
  window.view = new DataView(buffer, byteOffset, length)
  window.to = length
}
