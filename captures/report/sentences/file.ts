// The file in words. Analysis in, words out.
import type { FileAnalysis } from '../../analysis.ts'
import type { Sentence } from '../prose.ts'
import { say } from '../prose.ts'
import { amount, count, dateAndTime, duration, size } from '../quantity.ts'

/** Format, amount, time, snapshot and origin. */
export function fileSentence(file: FileAnalysis): Sentence {
  const others =
    file.otherPackets > 0
      ? `, ${file.tcpPackets === 0 ? 'none' : amount(file.tcpPackets)} of them TCP`
      : ''
  const facts = [
    `${file.format}, ${size(file.bytes)}`,
    `${count(file.packets, 'packet')} in ${duration(file.duration)}${others}`,
    ...(file.start === null ? [] : [`from ${dateAndTime(file.start)}`]),
    ...(file.linkTypes.length > 0 ? [file.linkTypes.join(' + ')] : []),
    snapshot(file),
    ...(file.writtenBy === null
      ? []
      : [`written by ${file.writtenBy.replace(/ \(Git [^)]*\)/, '')}`]),
  ]
  return say`${facts.join('\u00a0· ')}`
}

function snapshot({ truncatedPackets, snapshotLength }: FileAnalysis): string {
  if (truncatedPackets === 0) return 'packets whole'
  const limit = snapshotLength > 0 ? ` to ${count(snapshotLength, 'byte')}` : ''
  return `${count(truncatedPackets, 'packet')} cut${limit} (lengths are from their headers)`
}
