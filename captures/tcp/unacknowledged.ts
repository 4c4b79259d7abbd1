// The segments of one direction that are not acknowledged yet: for round-trip times and bytes in flight.
import { distance } from './sequence.ts'

/** Beyond so many a stream is taken to be seen from one side only. The number is Wireshark's. */
const limit = 10_000

export interface Unacknowledged {
  count: number
  /** A ring: the oldest stands at `head`, the capacity is a power of two. */
  head: number
  capacity: number
  /** First and next sequence number of each, in the order of sending, then when (ns) and in which packet it was sent. */
  ranges: Int32Array
  sent: Float64Array
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

/** Most connections of a large capture never have more on their way; the ring grows on need. */
const firstCapacity = 4
const noRanges = new Int32Array(0)
const noneSent = new Float64Array(0)

export function createUnacknowledged(): Unacknowledged {
  return { count: 0, head: 0, capacity: 0, ranges: noRanges, sent: noneSent, isSorted: true }
}

/** Takes the segment whole: a time that is handed on by itself would be boxed for each packet. */
export function add(
  list: Unacknowledged,
  { sequence: start, time, packet }: { sequence: number; time: number; packet: number },
  end: number,
): void {
  if (list.count >= limit) return
  if (list.count === list.capacity) makeRoom(list)
  const mask = list.capacity - 1
  const at = 2 * ((list.head + list.count) & mask)
  if (list.count > 0) {
    const before = 2 * ((list.head + list.count - 1) & mask)
    if (distance(list.ranges[before + 1] ?? 0, start) < 0) list.isSorted = false
  }
  list.ranges[at] = start
  list.ranges[at + 1] = end
  list.sent[at] = time
  list.sent[at + 1] = packet
  list.count += 1
}

function makeRoom(list: Unacknowledged): void {
  const { head, capacity } = list
  list.capacity = Math.max(firstCapacity, 2 * capacity)
  list.ranges = unrolled(list.ranges, new Int32Array(2 * list.capacity), 2 * head)
  list.sent = unrolled(list.sent, new Float64Array(2 * list.capacity), 2 * head)
  list.head = 0
}

function unrolled<T extends Int32Array | Float64Array>(from: T, to: T, head: number): T {
  to.set(from.subarray(head))
  to.set(from.subarray(0, head), from.length - head)
  return to
}

/** Gives the memory back: nothing more is awaited. */
export function clear(list: Unacknowledged): void {
  list.count = 0
  list.head = 0
  list.capacity = 0
  list.ranges = noRanges
  list.sent = noneSent
  list.isSorted = true
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
    const at = 2 * list.head
    const left = distance(ack, list.ranges[at + 1] ?? 0)
    if (left > 0) {
      if (distance(list.ranges[at] ?? 0, ack) > 0) list.ranges[at] = ack
      return
    }
    note(list, at, left === 0, found)
    list.head = (list.head + 1) & (list.capacity - 1)
    list.count -= 1
  }
}

function acknowledgeUnsorted(list: Unacknowledged, ack: number, found: Acknowledged): void {
  const { ranges, sent } = list
  const mask = list.capacity - 1
  let kept = 0
  let isSorted = true
  for (let index = 0; index < list.count; index++) {
    const from = 2 * ((list.head + index) & mask)
    const left = distance(ack, ranges[from + 1] ?? 0)
    if (left <= 0) {
      note(list, from, left === 0, found)
      continue
    }
    const to = 2 * ((list.head + kept) & mask)
    const start = ranges[from] ?? 0
    ranges[to] = distance(start, ack) > 0 ? ack : start
    ranges[to + 1] = ranges[from + 1] ?? 0
    sent[to] = sent[from] ?? 0
    sent[to + 1] = sent[from + 1] ?? 0
    const before = 2 * ((list.head + kept - 1) & mask)
    if (kept > 0 && distance(ranges[before + 1] ?? 0, ranges[to] ?? 0) < 0) isSorted = false
    kept += 1
  }
  list.count = kept
  list.isSorted = isSorted
}

/** `at` is the place of the segment in both arrays. */
function note(list: Unacknowledged, at: number, isExact: boolean, found: Acknowledged): void {
  if (isExact && found.packet === 0) {
    found.packet = list.sent[at + 1] ?? 0
    found.sentAt = list.sent[at] ?? 0
  }
  if (!found.covers || distance(found.coveredStart, list.ranges[at] ?? 0) >= 0) {
    found.covers = true
    found.coveredStart = list.ranges[at] ?? 0
    found.coveredSentAt = list.sent[at] ?? 0
  }
}

/** From the lowest unacknowledged byte to the highest; 0: none. */
export function span(list: Unacknowledged): number {
  const { head, count, ranges } = list
  if (count === 0) return 0
  const mask = list.capacity - 1
  if (list.isSorted) {
    const last = 2 * ((head + count - 1) & mask)
    return distance(ranges[2 * head] ?? 0, ranges[last + 1] ?? 0)
  }
  let first = ranges[2 * head] ?? 0
  let last = ranges[2 * head + 1] ?? 0
  for (let index = 1; index < count; index++) {
    const at = 2 * ((head + index) & mask)
    if (distance(first, ranges[at] ?? 0) < 0) first = ranges[at] ?? 0
    if (distance(last, ranges[at + 1] ?? 0) > 0) last = ranges[at + 1] ?? 0
  }
  return distance(first, last)
}
