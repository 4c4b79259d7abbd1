// Ranges of a file's bytes that were sent: how many of them more than once.
import type { UploadStep } from './upload-step.ts'

/** Bytes in all ranges, less the bytes of the file that they cover. */
export function bytesSentAgain(steps: readonly UploadStep[]): number {
  const ranges = steps
    .flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }]))
    .sort((a, b) => a.from - b.from)
  let sent = 0
  let covered = 0
  let end = 0
  for (const { from, to } of ranges) {
    sent += to - from
    covered += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return sent - covered
}
