// The TCP options of a simulated end: those that it sends, and what it reads of the peer's.
import { Flag, wrapped } from '../segment.ts'
import type { TcpOption } from '../tcp-options.ts'
import type { EndState } from './end-state.ts'

/** Blocks of a SACK option that leave room for timestamps (RFC 2018 §3). */
const mostBlocks = 3

/** `now` in ns. */
export function optionsFor(state: EndState, flags: number, now: number): TcpOption[] {
  const time: TcpOption = {
    kind: 'timestamps',
    value: Math.floor(now / 1e6) + 1000,
    echo: state.peerClock,
  }
  return flags & Flag.syn ? ofSyn(state, flags, time) : ofOthers(state, flags, time)
}

function ofSyn(state: EndState, flags: number, time: TcpOption): TcpOption[] {
  // An answer takes up only what was offered.
  const isAnswer = (flags & Flag.ack) !== 0
  const { offered, windowScale } = state
  const list: TcpOption[] = [{ kind: 'mss', value: state.mss }]
  if (state.sack && (!isAnswer || offered.sack)) list.push({ kind: 'sackOK' })
  if (state.timestamps && (!isAnswer || offered.timestamps)) list.push(time)
  if (windowScale !== null && (!isAnswer || offered.windowScale)) {
    list.push({ kind: 'nop' }, { kind: 'wscale', shift: windowScale })
  }
  return list
}

function ofOthers(state: EndState, flags: number, time: TcpOption): TcpOption[] {
  const { offered, duplicate, behind, peerIsn } = state
  const list: TcpOption[] = []
  if (state.timestamps && offered.timestamps) list.push({ kind: 'nop' }, { kind: 'nop' }, time)
  if (!state.sack || !offered.sack || !(flags & Flag.ack)) return list
  const blocks = [...(duplicate ? [duplicate] : []), ...behind].slice(0, mostBlocks)
  if (blocks.length === 0) return list
  const edge = (at: number) => wrapped(peerIsn + at)
  list.push({ kind: 'nop' }, { kind: 'nop' })
  list.push({ kind: 'sack', blocks: blocks.map(([from, to]) => [edge(from), edge(to)]) })
  return list
}

/** Notes what the options of the peer's SYN offer. */
export function readOffers({ offered }: EndState, options: Uint8Array): void {
  for (const at of starts(options)) {
    if (options[at] === 3) {
      offered.windowScale = true
      offered.shift = options[at + 2] ?? 0
    }
    if (options[at] === 4) offered.sack = true
    if (options[at] === 8) offered.timestamps = true
  }
}

/** `null`: none. */
export function timestampOf(options: Uint8Array): number | null {
  const at = starts(options).find((start) => options[start] === 8)
  return at === undefined ? null : Buffer.from(options).readUInt32BE(at + 2)
}

/** Where each option begins. */
function starts(options: Uint8Array): number[] {
  const list: number[] = []
  for (let at = 0; at < options.length; at += options[at] === 1 ? 1 : (options[at + 1] ?? 40)) {
    list.push(at)
  }
  return list
}
