// What is left out of a capture that has grown too large: first what lies between the landmarks, then whole old connections. Pure.
import type { Analysis, ConnectionAnalysis } from '../../captures/analysis.ts'
import { endsOf, landmarksOf } from './landmarks.ts'
import { filtered, readStore, type Store } from './store.ts'

/** What was left out so far to stay within the bound; moments in ms since 1970, `null`: nothing was. */
export interface LeftOut {
  /** Packets between the landmarks of a connection, file data and bare ACKs, up to the moment. */
  readonly thinned: number
  readonly thinnedUntil: number | null
  /** Landmarks, the oldest. What was opened before the moment may be gone, or lack its older exchanges. */
  readonly forgotten: number
  readonly forgottenUntil: number | null
}

export const nothingLeftOut: LeftOut = {
  thinned: 0,
  thinnedUntil: null,
  forgotten: 0,
  forgottenUntil: null,
}

/** Share of the bound that may be in use afterwards. */
const goal = 0.7

/** The store that is left, and what is left out by now. */
export function leaveOut(
  store: Store,
  analysis: Analysis,
  limit: number,
  before: LeftOut,
): { readonly store: Store; readonly leftOut: LeftOut } {
  const middle = Math.floor(store.packets / 2)
  const landmarks = landmarksOf(analysis)
  const thin = filtered(store, (packet) => packet > middle || landmarks.has(packet))
  const thinner = {
    ...before,
    thinned: before.thinned + store.packets - thin.packets,
    thinnedUntil: momentOf(store, middle),
  }
  if (thin.bytes <= goal * limit) return { store: thin, leftOut: thinner }
  const { left, until } = forget(store, analysis, landmarks, middle, goal * limit)
  return {
    store: left,
    leftOut: {
      ...thinner,
      forgotten: before.forgotten + thin.packets - left.packets,
      forgottenUntil: momentOf(store, until),
    },
  }
}

type Landmarks = ReadonlyMap<number, ConnectionAnalysis>

/** The older half of the connections that are over; where that is not enough, all but the ends of what is old. */
function forget(
  store: Store,
  { connections }: Analysis,
  landmarks: Landmarks,
  middle: number,
  most: number,
): { readonly left: Store; readonly until: number } {
  const over = connections
    .filter(({ termination, lastPacket }) => termination.kind !== 'open' && lastPacket <= middle)
    .sort((a, b) => a.lastPacket - b.lastPacket)
  const gone = new Set(over.slice(0, Math.ceil(over.length / 2)))
  const isLandmark = (packet: number) => {
    const connection = landmarks.get(packet)
    return connection !== undefined && !gone.has(connection)
  }
  const left = filtered(store, (packet) => packet > middle || isLandmark(packet))
  if (left.bytes <= most) return { left, until: [...gone].at(-1)?.lastPacket ?? 0 }
  const until = Math.floor(store.packets * 0.6)
  const open = connections.filter(
    (one) => one.termination.kind === 'open' || one.lastPacket > until,
  )
  const ends = new Set(open.flatMap(endsOf))
  return { left: filtered(store, (packet) => packet > until || ends.has(packet)), until }
}

/** When a packet of the store came, ms since 1970. */
function momentOf(store: Store, number: number): number {
  let time = 0
  readStore(store, (packet) => {
    if (packet.number === number) time = packet.time
  })
  return inMilliseconds(store.head.start + BigInt(time))
}

export const inMilliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1000n) / 1000
