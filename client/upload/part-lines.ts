// The lines of a file that goes in parts: one for each part's upload, told to the page as the sum of all.
import { uploadIdOf } from './api.ts'
import { type Line, type LineListener, newLine } from './line.ts'

/** What tells a part's requests apart. */
export interface PartRequest {
  getMethod(): string
  getURL(): string
  getHeader(name: string): string | undefined
}

/** A part that an earlier page began: its URL and the bytes that the server has of it. */
export interface BegunPart {
  readonly url: string
  readonly safe: number
}

export interface PartLines {
  /** The line that a request goes by. */
  lineOf(request: PartRequest): Line
  readonly all: () => readonly Line[]
}

interface Part {
  readonly line: Line
  safe: number
  sent: number
}

/** `main` is the file's own line, which hears the sums; `begun` are parts of an earlier page. */
export function createPartLines(main: Line, begun: readonly BegunPart[]): PartLines {
  const parts = new Map<string, Part>()
  const { hear } = main
  const sum = (pick: (part: Part) => number) =>
    [...parts.values()].reduce((total, part) => total + pick(part), 0)
  const safe = () => sum((part) => part.safe)
  const sent = () => sum((part) => Math.max(part.sent, part.safe))

  const lineFor = (listener: LineListener): Line => {
    const line = newLine(main.file, listener)
    line.proof = main.proof
    return line
  }
  const open = (url: string, held = 0): Part => {
    const known = parts.get(url)
    if (known) return known
    const part: Part = { line: lineFor(listen(() => part)), safe: held, sent: held }
    parts.set(url, part)
    return part
  }
  const listen = (part: () => Part): LineListener => ({
    ...hear,
    onSent(offset) {
      part().sent = offset
      hear.onSent(sent())
    },
    onSafe(offset) {
      part().safe = Math.max(part().safe, offset)
      hear.onSafe(safe())
      hear.onSent(sent())
    },
    onResumed(offset, why) {
      part().safe = offset
      part().sent = offset
      hear.onResumed(safe(), why, sent())
    },
    onGone() {
      part().safe = 0
      part().sent = 0
      if (safe() === 0) hear.onGone()
      else hear.onResumed(safe(), 'the server no longer has a part of this upload', sent())
    },
    // The parts' own URLs are nothing to continue the whole with.
    onCreated() {},
    findEmpty: async () => null,
  })
  // Where a part's upload is made. One that comes too late for anybody is removed.
  const making = lineFor({
    ...hear,
    onCreated: (url) => void open(url),
    findEmpty: async () => null,
  })
  making.isClosed = true
  const joining = lineFor({ ...hear, findEmpty: () => hear.findJoined() })

  for (const { url, safe: held } of begun) open(url, held)
  return {
    lineOf(request) {
      if (request.getMethod() !== 'POST') return open(request.getURL()).line
      return request.getHeader('Upload-Concat') === 'partial' ? making : joining
    },
    all: () => [making, joining, ...[...parts.values()].map((part) => part.line)],
  }
}

/** The ids in a list of upload URLs. */
export const idsOf = (urls: readonly string[]): string[] =>
  urls.flatMap((url) => uploadIdOf(url) ?? [])
