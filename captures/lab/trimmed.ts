// A capture's bytes into those of a small one: headers and HTTP heads kept, no byte of a file, our phases as packet comments. Pure.
import { labelsOf } from '../report/labels.ts'
import { createSurveyor, createTrimmer } from '../trim/trim.ts'

export function trimmed(capture: Uint8Array): Uint8Array {
  const surveyor = createSurveyor()
  surveyor.push(capture)
  const survey = surveyor.end()
  const pieces: Uint8Array[] = []
  const trimmer = createTrimmer(survey, labelsOf(survey.analysis), (bytes) => pieces.push(bytes))
  trimmer.push(capture)
  const { bytes } = trimmer.end()
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
