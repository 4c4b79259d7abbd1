// The data path: a request body in, bytes at a place of an open file out, in one hop and with back-pressure.
import { writev } from 'node:fs'
import type { Readable } from 'node:stream'
import { giveBack } from './give-back.ts'

/** How a body ended, and how many of its bytes the file has. */
export interface BodyOutcome {
  readonly written: number
  /**
   * `end`: the body is whole · `cut`: the client went away in the middle · `stopped`: by `stop` ·
   * `overflow`: it held more than `limit` · `failed`: the disk refused a write.
   */
  readonly end: 'end' | 'cut' | 'stopped' | 'overflow' | 'failed'
  readonly error: unknown
}

export interface BodyWriter {
  readonly outcome: Promise<BodyOutcome>
  /** Reads no more; what was received is still written. */
  stop(): void
  /** Milliseconds since the client last sent something, 0 while the disk is the one who is waited for. */
  silence(): number
  /** Milliseconds in which the client was not listened to, because the disk was behind. */
  heldUp(): number
  /** Bytes taken from the client so far. */
  received(): number
}

export interface BodyTarget {
  readonly fd: number
  /** Where in the file the body's first byte belongs. */
  readonly position: number
  /** The most bytes that may be written. */
  readonly limit: number
  /** Called with the body's bytes in order, before they are written. */
  readonly observe?: (chunk: Buffer) => void
  /** Called after each write with the bytes that the file has got since the body began. */
  committed(written: number): void
}

/**
 * While a write is under way, so many bytes are gathered for the next one before the socket is paused: a share of what all
 * bodies together may gather (bytes). As much again may be on its way to the disk.
 */
const gatheredByAll = 8 * 1024 * 1024
const mostGathered = 1024 * 1024
const leastGathered = 64 * 1024

let bodies = 0

/** So many bodies that a share holds no piece of a socket: the next piece waits until the one before is written. */
const isCrowd = () => gatheredByAll / bodies < leastGathered

const highWater = () => Math.max(leastGathered, Math.min(mostGathered, gatheredByAll / bodies))

/** Starts to write `source` into the target; never rejects. */
export function writeBody(source: Readable, target: BodyTarget): BodyWriter {
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let received = 0
  let written = 0
  let writing = false
  let scheduled: NodeJS.Immediate | null = null
  let ending: BodyOutcome['end'] | null = null
  let failure: unknown = null
  let isSettled = false
  bodies += 1
  let lastByte = performance.now()
  let heldUp = 0
  let pausedAt: number | null = null
  let settle: (outcome: BodyOutcome) => void = () => {}
  const outcome = new Promise<BodyOutcome>((resolve) => {
    settle = resolve
  })

  function onData(chunk: Buffer): void {
    // What still comes after the end is for whoever answers to throw away.
    if (ending !== null) return
    lastByte = performance.now()
    const room = target.limit - received
    const taken = chunk.length > room ? chunk.subarray(0, room) : chunk
    received += taken.length
    if (taken.length > 0) {
      target.observe?.(taken)
      gathered.push(taken)
      gatheredBytes += taken.length
    }
    if (chunk.length > room) finish('overflow')
    else if (gatheredBytes >= highWater()) flushOrPause()
    // What the socket has at this moment comes in several chunks: they go out in one write.
    else if (!writing) scheduled ??= setImmediate(flush)
  }

  function flushOrPause(): void {
    if (!writing) {
      flush()
    } else {
      hold()
    }
  }

  function hold(): void {
    pausedAt ??= performance.now()
    source.pause()
  }

  function flush(): void {
    if (scheduled !== null) clearImmediate(scheduled)
    scheduled = null
    const buffers = gathered
    gathered = []
    gatheredBytes = 0
    writing = true
    if (isCrowd() && ending === null) hold()
    writeAll(target.fd, buffers, target.position + written, (error, bytes) => {
      buffers.forEach(giveBack)
      writing = false
      written += bytes
      if (bytes > 0) target.committed(written)
      if (error !== null) {
        failure = error
        gathered = []
        gatheredBytes = 0
        finish('failed')
      }
      if (gatheredBytes > 0) flush()
      if (ending !== null) settleIfIdle()
      else if (pausedAt !== null && !(writing && isCrowd())) resume(pausedAt)
    })
  }

  function resume(since: number): void {
    // The pause was ours: the client was not silent meanwhile.
    lastByte = performance.now()
    heldUp += lastByte - since
    pausedAt = null
    source.resume()
  }

  function finish(how: BodyOutcome['end']): void {
    if (ending !== null && how !== 'failed') return
    ending = how
    if (how !== 'end') source.pause()
    if (!writing && gatheredBytes > 0) flush()
    else settleIfIdle()
  }

  function settleIfIdle(): void {
    if (writing || ending === null || isSettled) return
    isSettled = true
    bodies -= 1
    settle({ written, end: ending, error: failure })
  }

  const onCut = () => finish('cut')
  source.on('data', onData)
  source.on('end', () => finish('end'))
  source.on('close', onCut)
  source.on('error', onCut)
  if (source.destroyed || source.readableEnded) finish(source.readableEnded ? 'end' : 'cut')

  return {
    outcome,
    stop: () => finish('stopped'),
    silence: () => (pausedAt === null ? performance.now() - lastByte : 0),
    heldUp: () => heldUp + (pausedAt === null ? 0 : performance.now() - pausedAt),
    received: () => received,
  }
}

/** Writes every byte of `buffers`, however few the system takes at once; tells how many even on an error. */
function writeAll(
  fd: number,
  buffers: Buffer[],
  position: number,
  done: (error: Error | null, bytes: number) => void,
  before = 0,
): void {
  writev(fd, buffers, position, (error, bytes) => {
    if (error !== null) return done(error, before)
    const rest = skip(buffers, bytes)
    if (rest.length === 0) return done(null, before + bytes)
    if (bytes === 0) return done(new Error('the disk took no byte'), before)
    writeAll(fd, rest, position + bytes, done, before + bytes)
  })
}

function skip(buffers: Buffer[], bytes: number): Buffer[] {
  let left = bytes
  const rest: Buffer[] = []
  for (const buffer of buffers) {
    if (left < buffer.length) rest.push(left > 0 ? buffer.subarray(left) : buffer)
    left = Math.max(0, left - buffer.length)
  }
  return rest
}
