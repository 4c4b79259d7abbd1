// The rows of the frame list: which pass the filter, and how each reads.
import type { Labels } from '../../../captures/report/labels.ts'
import { inSeconds } from '../../../captures/units.ts'
import { Flag, flagsOf, isIn, wordsOf } from './classes.ts'
import type { FrameStore } from './frame-store.ts'
import type { FoundFrame, FrameFilter, FrameRow } from './protocol.ts'
import type { Roles } from './roles.ts'

export interface FrameList {
  /** Gives how many pass. */
  choose(filter: FrameFilter): number
  rows(first: number, count: number): FrameRow[]
  find(packet: number): FoundFrame | null
}

export function createFrameList(store: FrameStore, roles: Roles, labels: Labels): FrameList {
  const { columns, count } = store
  /** Places that pass, in order; `null`: all. */
  let chosen: Uint32Array | null = null

  function rowAt(index: number): FrameRow {
    const packet = columns.packet[index] ?? 0
    const connection = columns.connection[index] ?? 0
    const flags = columns.flags[index] ?? 0
    const inFlight = columns.bytesInFlight[index] ?? -1
    return {
      packet,
      time: inSeconds(columns.time[index] ?? 0),
      connection,
      by: columns.direction[index] === roles.clientDirection(connection) ? 'client' : 'server',
      flags: flagsOf(flags),
      sequence: (columns.offset[index] ?? 0) + 1,
      acknowledgement: flags & Flag.ack ? roles.relativeAck(index) : null,
      rawSequence: columns.rawSequence[index] ?? 0,
      length: columns.length[index] ?? 0,
      window: columns.window[index] ?? 0,
      bytesInFlight: inFlight < 0 ? null : inFlight,
      marks: wordsOf(columns.marks[index] ?? 0),
      labels: labels.get(packet) ?? [],
    }
  }

  /** Words are looked for in what the row shows. */
  function textAt(index: number): string {
    const { packet, by, flags, marks, labels: told } = rowAt(index)
    return `${packet} ${by} ${flags} ${marks.join(' ')} ${told.join(' ')}`.toLowerCase()
  }

  function passes(index: number, filter: FrameFilter, words: readonly string[]): boolean {
    if (filter.connection !== null && columns.connection[index] !== filter.connection) return false
    const judged = {
      flags: columns.flags[index] ?? 0,
      marks: columns.marks[index] ?? 0,
      length: columns.length[index] ?? 0,
      isLabelled: labels.has(columns.packet[index] ?? 0),
    }
    if (!isIn[filter.show](judged)) return false
    if (words.length === 0) return true
    const text = textAt(index)
    return words.every((word) => text.includes(word))
  }

  return {
    choose(filter) {
      const words = filter.text
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '')
      if (filter.connection === null && filter.show === 'all' && words.length === 0) {
        chosen = null
        return count
      }
      const found = new Uint32Array(count)
      let passing = 0
      for (let index = 0; index < count; index++) {
        if (passes(index, filter, words)) found[passing++] = index
      }
      chosen = found.slice(0, passing)
      return passing
    },
    rows(first, wanted) {
      const total = chosen?.length ?? count
      const last = Math.min(total, first + wanted)
      const rows: FrameRow[] = []
      for (let place = Math.max(0, first); place < last; place++)
        rows.push(rowAt(chosen === null ? place : (chosen[place] ?? 0)))
      return rows
    },
    find(packet) {
      const index = store.indexOf(packet)
      if (index < 0) return null
      return { row: rowAt(index), index: chosen === null ? index : placeOf(chosen, index) }
    },
  }
}

function placeOf(list: Uint32Array, wanted: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return list[low] === wanted ? low : -1
}
