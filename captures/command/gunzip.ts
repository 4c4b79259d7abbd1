// Gzip data piece by piece: what is sound of them is handed on, up to the byte where they make no sense.
import { setImmediate as breathe } from 'node:timers/promises'
import { createGunzip, type Gunzip } from 'node:zlib'

/** The next bytes, valid until it is asked again; empty at the end. */
export type Source = () => Uint8Array

interface Inflated {
  /** `null`: all of it was sound. */
  readonly error: Error | null
  /** Compressed bytes of the pieces before the damaged one, and bytes that were handed on. */
  readonly sound: number
  readonly pushed: number
}

/** A damaged piece is read again in such steps, and the damaged step in the next smaller ones. */
const steps = [4096, 1] as const

/**
 * Hands on what the source's data hold. zlib gives nothing of a piece in which it finds damage: `again` gives the same data from their
 * beginning, and the damaged piece is read in smaller steps; `null`: they can't be read twice. The error is what was found.
 */
export async function gunzip(
  source: Source,
  again: () => Source | null,
  push: (chunk: Uint8Array) => void,
): Promise<Error | null> {
  let found = await inflate(source, push)
  for (const step of steps) {
    const second = found.error === null ? null : again()
    if (second === null) break
    const { pushed } = found
    let seen = 0
    const more = await inflate(inSteps(second, found.sound, step), (chunk) => {
      const known = Math.max(0, pushed - seen)
      seen += chunk.length
      if (known < chunk.length) push(chunk.subarray(known))
    })
    found = { ...more, error: found.error, pushed: Math.max(pushed, more.pushed) }
  }
  return found.error
}

/** As they come for so many bytes, then so many at a time. */
function inSteps(source: Source, from: number, step: number): Source {
  let taken = 0
  let rest: Uint8Array = new Uint8Array(0)
  return () => {
    if (rest.length === 0) rest = source()
    const length = taken < from ? Math.min(rest.length, from - taken) : step
    const piece = rest.subarray(0, length)
    rest = rest.subarray(piece.length)
    taken += piece.length
    return piece
  }
}

async function inflate(source: Source, push: (chunk: Uint8Array) => void): Promise<Inflated> {
  const zip = createGunzip()
  let error: Error | null = null
  let refusal: unknown = null
  let isOver = false
  let sound = 0
  let pushed = 0
  zip.on('error', (found) => {
    error = found
  })
  zip.on('end', () => {
    isOver = true
  })
  zip.on('data', (chunk: Uint8Array) => {
    if (refusal !== null) return
    try {
      push(chunk)
      pushed += chunk.length
    } catch (found) {
      refusal = found
    }
  })
  try {
    // Zeros behind the data, as tapes and some disks leave them, end it before its source does.
    for (let piece = source(); piece.length > 0 && error === null && !isOver; piece = source()) {
      await written(zip, piece)
      // What it gave is handed on before the next piece: with an error it would be dropped.
      await breathe()
      if (refusal !== null) throw refusal
      if (error === null) sound += piece.length
    }
    if (error === null && !isOver) await ended(zip)
    if (refusal !== null) throw refusal
  } finally {
    zip.destroy()
  }
  return { error, sound, pushed }
}

/** After an error, or behind the end, nobody calls back. */
const written = (zip: Gunzip, piece: Uint8Array) =>
  settled(zip, (resolve) => zip.write(piece, resolve))

const ended = (zip: Gunzip) => settled(zip, () => zip.end())

const settled = (zip: Gunzip, start: (resolve: () => void) => void) =>
  new Promise<void>((resolve) => {
    const done = () => {
      zip.off('error', done)
      zip.off('end', done)
      resolve()
    }
    zip.once('error', done)
    zip.once('end', done)
    start(done)
  })
