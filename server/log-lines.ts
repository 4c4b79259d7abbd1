// Lines of the log on their way to a descriptor: in blocks, and never in the way of the service.
import { write as writeCallback, writeSync } from 'node:fs'

export interface LogLines {
  write(line: string): void
  /** Writes what waits as far as the descriptor takes it at once: the process is about to end. */
  flushSync(): void
}

/** So many characters are worth a system call; fewer wait for `flushMs`. */
const blockLength = 4096
const flushMs = 200
/** What waits at most, in characters, while the disk is full or the reader is slow; lines beyond it are lost and counted. */
const mostWaiting = 1 << 20

/**
 * A line for each PATCH must not cost a system call each; a full disk costs lines, and neither an upload nor the process.
 * (pino's own destination ends the process then, or never comes back from its last flush: sonic-boom 4.2.)
 */
export function createLogLines(fd: number): LogLines {
  let waiting = ''
  /** Bytes, for a line may be taken in part, and in the middle of a character. */
  let block = Buffer.alloc(0)
  let lost = 0
  let isWriting = false
  let isGone = false

  function take(line: string): void {
    if (isGone) return
    if (waiting.length > mostWaiting) {
      lost += 1
      return
    }
    waiting += line
    if (waiting.length >= blockLength) flush()
  }

  function flush(): void {
    if (isWriting || !hasBlock()) return
    isWriting = true
    writeCallback(fd, block, (error, written) => {
      isWriting = false
      if (error === null) {
        block = block.subarray(written)
        tellLost()
      } else if (error.code === 'EPIPE') {
        // Nobody reads any more: there is nothing to keep it for.
        isGone = true
        waiting = ''
        block = Buffer.alloc(0)
      }
    })
  }

  function hasBlock(): boolean {
    if (block.length === 0) {
      block = Buffer.from(waiting)
      waiting = ''
    }
    return block.length > 0
  }

  function tellLost(): void {
    if (lost === 0) return
    const told = { level: 'warn', time: new Date().toISOString(), lost }
    lost = 0
    // Past the limit: it stands where the lines are missing.
    waiting += `${JSON.stringify({ ...told, msg: 'lines of the log could not be written' })}\n`
  }

  setInterval(flush, flushMs).unref()

  return {
    write: take,
    flushSync() {
      // What is being written is the system's by now.
      if (isWriting) block = Buffer.alloc(0)
      try {
        while (hasBlock()) block = block.subarray(writeSync(fd, block))
      } catch {
        // There is no place left to say so.
      }
    },
  }
}
