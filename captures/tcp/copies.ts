// The same packet twice in one file: captured on two interfaces of a machine, or at two places of the way and merged afterwards.
import { Flag, type Segment } from '../packet/segment.ts'
import type { Nanoseconds } from '../units.ts'
import { carriesData } from './reassembly.ts'

export interface CopyWatch {
  /** Remembers the segment. How long after the same packet it came, as the file has it; −1: none was seen lately. */
  since(segment: Segment): Nanoseconds
}

/** Packets of all connections that are remembered, about: a power of two. */
const slots = 8192
/** Who sends again without a number or a timestamp that changes can't be told from a tap that sees double, but is never so fast. */
const withinMoment: Nanoseconds = 1e6
/** No way is longer, and no sender comes round to the same number sooner. */
const onTheWay: Nanoseconds = 1e9

export function createCopyWatch(): CopyWatch {
  const first = new Int32Array(slots)
  const second = new Int32Array(slots)
  const times = new Float64Array(slots).fill(Number.NEGATIVE_INFINITY)
  return {
    since(segment) {
      const { source, destination, sourcePort, destinationPort, time, flags, window } = segment
      const { sequence, acknowledgement, length, identification } = segment
      let a = Math.imul(sequence ^ Math.imul(acknowledgement, 0x9e3779b1), 0x85ebca6b)
      a ^= Math.imul(source + Math.imul(destination, 31), 0xc2b2ae35) ^ (sourcePort << 16)
      a = Math.imul(a ^ (a >>> 15) ^ destinationPort, 0x2c1b3c6d)
      let b = Math.imul(identification ^ (flags << 20) ^ window, 0x27d4eb2f) ^ sequence
      if (segment.hasTimestamps)
        b = Math.imul(b ^ segment.timestampValue, 0x165667b1) ^ segment.timestampEcho
      b = Math.imul(b ^ (b >>> 15) ^ Math.imul(length, 0x9e3779b1), 0x85ebca6b)
      const slot = (a ^ (a >>> 16) ^ b) & (slots - 1)
      if (first[slot] === a && second[slot] === b) {
        const since = Math.abs(time - (times[slot] ?? 0))
        if (since < limitOf(segment)) return since
      }
      first[slot] = a
      second[slot] = b
      times[slot] = time
      return -1
    },
  }
}

/** Of an ACK without an identification there may be many alike: duplicates, which are meant. */
function limitOf(segment: Segment): Nanoseconds {
  if (segment.identification > 0) return onTheWay
  const isOne = carriesData(segment) || (segment.flags & (Flag.syn | Flag.fin)) !== 0
  if (!isOne) return 0
  return segment.hasTimestamps ? onTheWay : withinMoment
}
