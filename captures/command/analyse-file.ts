// A capture file into its analysis, for the commands.
import { type AnalyserOptions, createAnalyser } from '../analyse.ts'
import type { Analysis } from '../analysis.ts'
import { CaptureFormatError } from '../format/errors.ts'
import { notReadable, readCapture } from './read-capture.ts'

/** Throws `UnreadableCaptureError` with what to do if the file is no capture. */
export async function analyseFile(file: string, options: AnalyserOptions = {}): Promise<Analysis> {
  const analyser = createAnalyser(options)
  const damages: string[] = []
  try {
    await readCapture(file, analyser.push, (text) => damages.push(text))
    const analysis = analyser.end()
    if (damages.length === 0) return analysis
    const more = damages.map((text) => ({ packet: null, text }))
    return { ...analysis, warnings: [...more, ...analysis.warnings] }
  } catch (error) {
    if (!(error instanceof CaptureFormatError)) throw error
    throw notReadable(file, error, damages)
  }
}
