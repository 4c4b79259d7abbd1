// What is kept of every TCP segment: columns of numbers, about 45 bytes a segment. Sixty million of them would fit.
import type { SegmentView } from '../../../captures/tcp/observer.ts'

/** The columns; entry `n` of each belongs to the n-th TCP segment. */
export interface Columns {
  readonly packet: Uint32Array
  /** ns since the first packet. */
  readonly time: Float64Array
  readonly connection: Uint32Array
  readonly direction: Uint8Array
  readonly flags: Uint16Array
  readonly marks: Uint16Array
  readonly rawSequence: Uint32Array
  readonly rawAcknowledgement: Uint32Array
  /** See `SegmentView.offset`. */
  readonly offset: Float64Array
  readonly length: Uint32Array
  readonly window: Uint32Array
  readonly bytesInFlight: Int32Array
}

export interface FrameStore {
  add(segment: SegmentView): void
  readonly count: number
  readonly columns: Columns
  /** Its place; −1: no TCP segment is in that packet. */
  indexOf(packet: number): number
}

const firstCapacity = 4096

function columnsOf(capacity: number): Columns {
  return {
    packet: new Uint32Array(capacity),
    time: new Float64Array(capacity),
    connection: new Uint32Array(capacity),
    direction: new Uint8Array(capacity),
    flags: new Uint16Array(capacity),
    marks: new Uint16Array(capacity),
    rawSequence: new Uint32Array(capacity),
    rawAcknowledgement: new Uint32Array(capacity),
    offset: new Float64Array(capacity),
    length: new Uint32Array(capacity),
    window: new Uint32Array(capacity),
    bytesInFlight: new Int32Array(capacity),
  }
}

/** Half as much again: doubling would leave half of it empty. */
function grown(old: Columns): Columns {
  const more = columnsOf(Math.ceil(old.packet.length * 1.5))
  more.packet.set(old.packet)
  more.time.set(old.time)
  more.connection.set(old.connection)
  more.direction.set(old.direction)
  more.flags.set(old.flags)
  more.marks.set(old.marks)
  more.rawSequence.set(old.rawSequence)
  more.rawAcknowledgement.set(old.rawAcknowledgement)
  more.offset.set(old.offset)
  more.length.set(old.length)
  more.window.set(old.window)
  more.bytesInFlight.set(old.bytesInFlight)
  return more
}

export function createFrameStore(): FrameStore {
  let columns = columnsOf(firstCapacity)
  let count = 0
  return {
    add(segment) {
      if (count === columns.packet.length) columns = grown(columns)
      columns.packet[count] = segment.packet
      columns.time[count] = segment.time
      columns.connection[count] = segment.connection
      columns.direction[count] = segment.direction
      columns.flags[count] = segment.flags
      columns.marks[count] = segment.marks
      columns.rawSequence[count] = segment.rawSequence
      columns.rawAcknowledgement[count] = segment.rawAcknowledgement
      columns.offset[count] = segment.offset
      columns.length[count] = segment.length
      columns.window[count] = segment.window
      columns.bytesInFlight[count] = segment.bytesInFlight
      count += 1
    },
    get count() {
      return count
    },
    get columns() {
      return columns
    },
    indexOf(packet) {
      let low = 0
      let high = count
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((columns.packet[middle] ?? 0) < packet) low = middle + 1
        else high = middle
      }
      return low < count && columns.packet[low] === packet ? low : -1
    },
  }
}
