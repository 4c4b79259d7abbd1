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

/** By what is there: the snapshot length of the file may be more than any packet has. */
function snapshot({ truncatedPackets, truncatedTo }: FileAnalysis): string {
  if (truncatedPackets === 0) return 'packets whole'
  return `${count(truncatedPackets, 'packet')} cut${limits(truncatedTo)} (lengths are from their headers)`
}

function limits(kept: FileAnalysis['truncatedTo']): string {
  if (kept === null) return ''
  const least = kept.least === kept.most ? '' : `${amount(kept.least)}–`
  return ` to ${least}${count(kept.most, 'byte')}`
}
