// The segments of one direction that are not acknowledged yet: for round-trip times and bytes in flight.
import { distance } from './sequence.ts'

/** Beyond so many a stream is taken to be seen from one side only. The number is Wireshark's. */
const limit = 10_000

export interface Unacknowledged {
  count: number
  /** A ring: the oldest stands at `head`, the length is a power of two. */
  head: number
  /** First and next sequence number, time (ns) and packet of each, in the order of sending. */
  starts: Int32Array
  ends: Int32Array
  times: Float64Array
  packets: Int32Array
  /** In ascending order without overlap: the usual case, in which only the ends are looked at. */
  isSorted: boolean
}

/** What an acknowledgement matched. */
export interface Acknowledged {
  /** 0: none. */
  packet: number
  sentAt: number
  /** Of the newest segment that it covers whole. */
  coveredStart: number
  coveredSentAt: number
  covers: boolean
}

const firstRoom = 16

export function createUnacknowledged(): Unacknowledged {
  return {
    count: 0,
    head: 0,
    starts: new Int32Array(firstRoom),
    ends: new Int32Array(firstRoom),
    times: new Float64Array(firstRoom),
    packets: new Int32Array(firstRoom),
    isSorted: true,
  }
}

/** Takes the segment whole: a time that is handed on by itself would be boxed for each packet. */
export function add(
  list: Unacknowledged,
  { sequence: start, time, packet }: { sequence: number; time: number; packet: number },
  end: number,
): void {
  if (list.count >= limit) return
  if (list.count === list.starts.length) makeRoom(list)
  const mask = list.starts.length - 1
  const at = (list.head + list.count) & mask
  if (list.count > 0 && distance(list.ends[(at - 1) & mask] ?? 0, start) < 0) list.isSorted = false
  list.starts[at] = start
  list.ends[at] = end
  list.times[at] = time
  list.packets[at] = packet
  list.count += 1
}

function makeRoom(list: Unacknowledged): void {
  const { head } = list
  list.starts = unrolled(list.starts, new Int32Array(list.starts.length * 2), head)
  list.ends = unrolled(list.ends, new Int32Array(list.ends.length * 2), head)
  list.times = unrolled(list.times, new Float64Array(list.times.length * 2), head)
  list.packets = unrolled(list.packets, new Int32Array(list.packets.length * 2), head)
  list.head = 0
}

function unrolled<T extends Int32Array | Float64Array>(from: T, to: T, head: number): T {
  to.set(from.subarray(head))
  to.set(from.subarray(0, head), from.length - head)
  return to
}

/**
 * Removes what `ack` acknowledges. Of copies of the same segment the first one sent is the match, as in Wireshark
 * (RFC 9293 §3.10.7.4: a segment in part acknowledged stays, with its rest).
 */
export function acknowledge(list: Unacknowledged, ack: number, found: Acknowledged): void {
  found.packet = 0
  found.covers = false
  if (!list.isSorted) {
    acknowledgeUnsorted(list, ack, found)
    return
  }
  while (list.count > 0) {
    const { head } = list
    const left = distance(ack, list.ends[head] ?? 0)
    if (left > 0) {
      if (distance(list.starts[head] ?? 0, ack) > 0) list.starts[head] = ack
      return
    }
    note(list, head, left === 0, found)
    list.head = (head + 1) & (list.starts.length - 1)
    list.count -= 1
  }
}

function acknowledgeUnsorted(list: Unacknowledged, ack: number, found: Acknowledged): void {
  const mask = list.starts.length - 1
  let kept = 0
  let isSorted = true
  for (let index = 0; index < list.count; index++) {
    const from = (list.head + index) & mask
    const left = distance(ack, list.ends[from] ?? 0)
    if (left <= 0) {
      note(list, from, left === 0, found)
      continue
    }
    const to = (list.head + kept) & mask
    const start = list.starts[from] ?? 0
    list.starts[to] = distance(start, ack) > 0 ? ack : start
    list.ends[to] = list.ends[from] ?? 0
    list.times[to] = list.times[from] ?? 0
    list.packets[to] = list.packets[from] ?? 0
    const before = (to - 1) & mask
    if (kept > 0 && distance(list.ends[before] ?? 0, list.starts[to] ?? 0) < 0) isSorted = false
    kept += 1
  }
  list.count = kept
  list.isSorted = isSorted
}

function note(list: Unacknowledged, at: number, isExact: boolean, found: Acknowledged): void {
  if (isExact && found.packet === 0) {
    found.packet = list.packets[at] ?? 0
    found.sentAt = list.times[at] ?? 0
  }
  if (!found.covers || distance(found.coveredStart, list.starts[at] ?? 0) >= 0) {
    found.covers = true
    found.coveredStart = list.starts[at] ?? 0
    found.coveredSentAt = list.times[at] ?? 0
  }
}

/** From the lowest unacknowledged byte to the highest; 0: none. */
export function span(list: Unacknowledged): number {
  const { head, count } = list
  if (count === 0) return 0
  const mask = list.starts.length - 1
  if (list.isSorted)
    return distance(list.starts[head] ?? 0, list.ends[(head + count - 1) & mask] ?? 0)
  let first = list.starts[head] ?? 0
  let last = list.ends[head] ?? 0
  for (let index = 1; index < count; index++) {
    const at = (head + index) & mask
    if (distance(first, list.starts[at] ?? 0) < 0) first = list.starts[at] ?? 0
    if (distance(last, list.ends[at] ?? 0) > 0) last = list.ends[at] ?? 0
  }
  return distance(first, last)
}
