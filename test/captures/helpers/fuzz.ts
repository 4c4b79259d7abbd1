// One damaged file through all that reads captures: it may be refused with a CaptureFormatError, and must do nothing else wrong.
import { createAnalyser } from '../../../captures/analyse.ts'
import type { Analysis } from '../../../captures/analysis.ts'
import { CaptureFormatError } from '../../../captures/format/errors.ts'
import { compare } from '../../../captures/report/compare.ts'
import { compareText } from '../../../captures/report/compare-text.ts'
import { explainText } from '../../../captures/report/explain-text.ts'
import { createSurveyor, createTrimmer } from '../../../captures/trim/trim.ts'
import { type FileDescription, layouts } from '../format/build.ts'
import { randomOf } from '../random.ts'
import { describeFile, packetsOf } from './capture-writer.ts'
import { type Chance, chanceOf } from './chance.ts'
import { damaged } from './damage.ts'
import { linkLayers } from './frames.ts'
import { randomTrace } from './trace/trace.ts'

export interface Fuzzed {
  /** `null`: refused. */
  readonly analysis: Analysis | null
  /** Of the processor: the clock would count what else the machine does. */
  readonly milliseconds: number
}

/** In a terminal these move the cursor, or worse. */
const control = /(?!\n)\p{Cc}/u

/** Whole files to start from: traces drawn by lot, in every layout, behind every link layer. */
export function wholeFiles(count: number): Uint8Array[] {
  const layers = linkLayers.filter(({ onlyVersion }) => onlyVersion !== 6)
  return Array.from({ length: count }, (_, n) => {
    const layer = layers[n % layers.length]
    const segments = randomTrace(2000 + n)
      .segments.slice(0, 150)
      .map((segment) => ({ ...segment, kept: Math.min(segment.kept, 400) }))
    const file: FileDescription = describeFile(packetsOf(segments, layer), layer?.linkType)
    return layouts[n % layouts.length]?.build(file) ?? new Uint8Array(0)
  })
}

/** The damaged file of that number. */
export const damagedFile = (seed: number, files: readonly Uint8Array[]): Buffer =>
  damaged(chanceOf(randomOf(seed)), files)

/** Throws whatever goes wrong. `other`: what the analysis is compared with. */
export function fuzz(seed: number, bytes: Uint8Array, other: Analysis | null): Fuzzed {
  const start = process.cpuUsage()
  const analysis = analyse(chanceOf(randomOf(seed)), bytes)
  if (analysis !== null) {
    read(analysis, other ?? analysis)
    trim(bytes)
  }
  const { user, system } = process.cpuUsage(start)
  return { analysis, milliseconds: (user + system) / 1000 }
}

/** `null`: refused. */
function analyse(chance: Chance, bytes: Uint8Array): Analysis | null {
  const analyser = createAnalyser({ onSegment: () => {} })
  try {
    for (let at = 0; at < bytes.length; ) {
      const size = chance.skewed(1, 100_000)
      analyser.push(bytes.subarray(at, at + size))
      at += size
    }
    return analyser.end()
  } catch (error) {
    if (error instanceof CaptureFormatError) return null
    throw error
  }
}

function trim(bytes: Uint8Array): void {
  const surveyor = createSurveyor()
  surveyor.push(bytes)
  const small: Uint8Array[] = []
  const trimmer = createTrimmer(surveyor.end(), new Map(), (piece) => small.push(piece.slice()))
  trimmer.push(bytes)
  trimmer.end()
  const analyser = createAnalyser()
  for (const piece of small) analyser.push(piece)
  analyser.end()
}

/** The document has nothing that JSON can't tell; the texts can be made, and a terminal can show them. */
function read(analysis: Analysis, other: Analysis): void {
  const place = unspeakable(analysis, 'analysis')
  if (place !== null) throw new Error(`no JSON for ${place}`)
  const style = { colour: false, width: 80 }
  const texts = [
    explainText(analysis, style),
    compareText(compare(analysis, other, { a: 'a.pcap', b: 'b.pcap' }), style),
  ]
  for (const text of texts) {
    const found = control.exec(text)
    if (found !== null) throw new Error(`control character at ${found.index} of a text`)
  }
}

/** Where a number is that isn't finite; `null`: nowhere. */
function unspeakable(value: unknown, name: string): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : name
  if (value === undefined) return name
  if (typeof value !== 'object' || value === null) return null
  for (const [key, part] of Object.entries(value)) {
    const found = unspeakable(part, `${name}.${key}`)
    if (found !== null) return found
  }
  return null
}
