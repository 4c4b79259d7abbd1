// A writer's side of an upload's lock: it gives way when stale, or at once when the upload is to be removed.
import type { BodyWriter } from './body-writer.ts'
import type { UploadErrorCode } from './errors.ts'
import type { Party } from './lock.ts'

/** A writer whose client has been silent for so long (ms) gives way to a newcomer. */
const staleMs = 50

/**
 * The same for a body that counts only as a whole: what has come of it is lost when it leaves. Its offset doesn't move
 * before the end, so two clients on slow lines, each silent for a moment now and then, would evict each other for ever.
 */
const staleCheckedMs = 1000

export type StopCode = Extract<UploadErrorCode, 'evicted' | 'stalled' | 'draining'>

export interface WriterParty extends Party {
  begin(writer: BodyWriter): void
  stop(code: StopCode, reason?: string): void
  stopCode(): StopCode
  stopReason(): string
  /** Stops looking at the clock. */
  leave(): void
}

/** `gaveUp` tells, while it waits, why to wait no longer; `isChecked`: its bytes count only all together. */
export function createWriterParty(gaveUp: () => Error | null, isChecked = false): WriterParty {
  const patienceMs = isChecked ? staleCheckedMs : staleMs
  let writer: BodyWriter | null = null
  let timer: NodeJS.Timeout | null = null
  let code: StopCode = 'evicted'
  let reason = ''
  let wanted: 'no' | 'when-stale' | 'now' = 'no'

  function stop(why: StopCode, text = ''): void {
    code = why
    reason = text
    writer?.stop()
  }

  /**
   * A timer, and perhaps the newcomer's request, come before what the other sockets have: a busy process must not take its
   * own delay for silence.
   */
  function lookAfterReading(): void {
    setImmediate(look)
  }

  function look(): void {
    timer = null
    if (writer === null) return
    const patience = wanted === 'now' ? 0 : patienceMs - writer.silence()
    if (patience <= 0) stop('evicted')
    else timer ??= setTimeout(lookAfterReading, Math.ceil(patience))
  }

  return {
    gaveUp,
    stop,
    stopCode: () => code,
    stopReason: () => reason,
    begin(begun) {
      writer = begun
      if (wanted !== 'no') look()
    },
    yield(urgent) {
      if (wanted !== 'now') wanted = urgent ? 'now' : 'when-stale'
      if (timer !== null) clearTimeout(timer)
      timer = null
      if (urgent) look()
      else lookAfterReading()
    },
    leave() {
      writer = null
      if (timer !== null) clearTimeout(timer)
    },
  }
}
