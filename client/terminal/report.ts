// What is said of an upload when it is over: a report in, sentences out.
import { count, formatBytes, formatSeconds, formatShare, printable } from './format.ts'
import type { Traffic } from './http-stack.ts'
import type { Outcome } from './send-file.ts'

/** One file in the `--json` document. Bytes and seconds. */
export interface FileReport extends Omit<Outcome, 'everyFile' | 'state'> {
  /** As the user wrote it. */
  readonly file: string
  /** As the upload calls it. */
  readonly name: string
  readonly state: Outcome['state'] | 'not begun'
  /** null: the input's end wasn't reached, so nobody knows. */
  readonly size: number | null
  readonly seconds: number
  readonly patches: number
  /** Of the whole content as it was read here, hexadecimal; null: not computed. */
  readonly sha256: string | null
  /** Whether the server's SHA-256 is the same; null: not compared. */
  readonly isEqual: boolean | null
  /** Why it was not compared, though it should have been. */
  readonly notCompared: string | null
}

/** `film.mp4: 25.0 MiB safe after 0.3 s (83.3 MiB/s), 25 PATCHes over 1 connection`; `opened`: connections since the file before. */
export function finishedSentence(report: FileReport, opened: number): string {
  const { name, safe, seconds, patches, resumedFrom } = report
  const sent = safe - (resumedFrom ?? 0)
  const speed = sent > 0 && seconds > 0 ? ` (${formatBytes(sent / seconds)}/s)` : ''
  const over = opened === 0 ? 'the same connection' : connectionsOf(opened)
  return `${printable(name)}: ${formatBytes(safe)} safe after ${formatSeconds(seconds)}${speed}, ${patchesOf(patches)} over ${over}`
}

/** `film.mp4: SHA-256 2cf2…9824, equal on the server; 1 chunk arrived damaged and was sent again`; null: nothing was asked for. */
export function proofSentence({ name, sha256, isEqual, notCompared, damaged }: FileReport) {
  if (sha256 === null) return null
  const again =
    damaged === 0
      ? ''
      : damaged === 1
        ? '; 1 chunk arrived damaged and was sent again'
        : `; ${damaged} chunks arrived damaged and were sent again`
  const compared = isEqual ? 'equal on the server' : (notCompared ?? 'not compared')
  return `${printable(name)}: SHA-256 ${sha256}, ${compared}${again}`
}

/** What went wrong with one file, and what of it is safe all the same. */
export function failedSentence({ name, error, safe, size }: FileReport): string {
  const kept = size !== null && safe > 0 ? ` (${formatShare(safe, size)} safe)` : ''
  return `${printable(name)}: ${error}${kept}`
}

/** What is safe of the file at which the user stopped. */
export function interruptedSentence({ file, safe, size }: FileReport): string {
  const share = size === null ? formatBytes(safe) : formatShare(safe, size)
  return `interrupted: ${share} of ${printable(file)} safe on the server`
}

/** The whole run, where it had several files. */
export function totalSentence(
  reports: readonly FileReport[],
  { patches, connections }: Readonly<Traffic>,
  seconds: number,
): string {
  const finished = reports.filter((report) => report.state === 'finished')
  return `${finished.length} of ${reports.length} files uploaded in ${formatSeconds(seconds)}, ${patchesOf(patches)} over ${connectionsOf(connections)}`
}

const patchesOf = (number: number) => count(number, 'PATCH', 'PATCHes')
const connectionsOf = (number: number) => count(number, 'connection', 'connections')
