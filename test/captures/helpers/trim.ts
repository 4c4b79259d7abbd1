// A capture file trimmed, all in memory.
import { labelsOf } from '../../../captures/report/labels.ts'
import { createSurveyor, createTrimmer } from '../../../captures/trim/trim.ts'

export function trimmedFile(file: Uint8Array): Buffer {
  const surveyor = createSurveyor()
  surveyor.push(file)
  const survey = surveyor.end()
  const parts: Uint8Array[] = []
  const trimmer = createTrimmer(survey, labelsOf(survey.analysis), (bytes) =>
    parts.push(bytes.slice()),
  )
  trimmer.push(file)
  trimmer.end()
  return Buffer.concat(parts)
}
