// A capture through the analyser: the document, and what was found of each segment.
import { createAnalyser } from '../../../captures/analyse.ts'
import type { Analysis, ConnectionAnalysis } from '../../../captures/analysis.ts'
import { Mark, type MarkName, type SegmentView } from '../../../captures/tcp/observer.ts'
import { packetsOf, writeCapture } from './capture-writer.ts'
import { type Setting, segments } from './segments.ts'

export interface Explained {
  readonly analysis: Analysis
  readonly segments: readonly Readonly<SegmentView>[]
}

/** The bytes of a capture file, handed over in pieces of that size. */
export function explain(file: Uint8Array, pieceBytes: number = file.length): Explained {
  const seen: SegmentView[] = []
  const analyser = createAnalyser({ onSegment: (segment) => seen.push({ ...segment }) })
  for (let at = 0; at < file.length; at += pieceBytes) {
    analyser.push(file.subarray(at, at + pieceBytes))
  }
  return { analysis: analyser.end(), segments: seen }
}

/** Segments in packetdrill's notation (segments.ts). */
export const explainText = (text: string, setting?: Partial<Setting>): Explained =>
  explain(writeCapture(packetsOf(segments(text, setting))))

/** The one connection of a text. */
export const connectionOf = (text: string, setting?: Partial<Setting>): ConnectionAnalysis =>
  only(explainText(text, setting).analysis.connections)

/** Of each segment, the names of what it was found to be. */
export const marksOf = (text: string, setting?: Partial<Setting>): MarkName[][] =>
  explainText(text, setting).segments.map(({ marks }) => namesOf(marks))

export function namesOf(marks: number): MarkName[] {
  const isName = (name: string): name is MarkName => name in Mark
  return Object.keys(Mark)
    .filter(isName)
    .filter((name) => (marks & Mark[name]) !== 0)
}

/** The single item of the list. */
export function only<T>(list: readonly T[]): T {
  const [item] = list
  if (item === undefined || list.length > 1)
    throw new Error(`${list.length} items where one was due`)
  return item
}
