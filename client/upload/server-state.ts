// What the page knows of the server: uploads and connections, from lists and events. Pure updates on plain maps.
import type { Connection, ServerConfig, ServerUpload } from './api.ts'
import { type CaptureState, emptyCapture } from './capture.ts'

export interface ServerState {
  readonly uploads: Map<string, ServerUpload>
  readonly connections: Map<number, SeenConnection>
  /** The TCP connections that carried this page's own requests, with the moment (ms) that was last heard. */
  readonly own: Map<number, number>
  /** Names of uploads that no list shows: the parts of files. */
  readonly partNames: Map<string, string>
  /** How many connections of earlier lives of the server are kept, under negative numbers. */
  buried: number
  config: ServerConfig | null
  readonly capture: CaptureState
  /** `up` once events arrive, `down` while they don't. */
  link: 'starting' | 'up' | 'down'
  /** When the link went down, ms since the epoch. */
  downSince: number
  /** What to add to the server's times (ms) to get this machine's; clocks differ. */
  clockOffset: number
  /** The server wants a sign-in. */
  isSignedOut: boolean
  /** More finished uploads can be asked for with this. */
  finishedCursor: string | null
}

/** A connection with the moments the page saw PATCHes on it. */
export interface SeenConnection {
  readonly connection: Connection
  /** When that was said, ms since the epoch on this machine's clock. */
  readonly at: number
  /** The ids of the uploads that it was seen to carry. */
  readonly uploads: ReadonlySet<string>
  /** Spans of PATCHes [from, to] in ms since the epoch, oldest first; `to` is null while one runs. */
  readonly spans: Span[]
}

export interface Span {
  readonly from: number
  to: number | null
  /** PATCHes of before this page looked: somewhere in here. */
  readonly isUnseen?: true
}

/** Enough to draw; what is older is folded into one span. */
const maxSpans = 1500
/** Closed connections that are remembered. */
export const maxClosed = 60

export function emptyServerState(): ServerState {
  return {
    uploads: new Map(),
    connections: new Map(),
    own: new Map(),
    partNames: new Map(),
    buried: 0,
    config: null,
    capture: emptyCapture(),
    link: 'starting',
    downSince: 0,
    clockOffset: 0,
    isSignedOut: false,
    finishedCursor: null,
  }
}

/**
 * Takes in what the server says about one connection at `now` (ms). A restarted server counts anew: `since` (ms) is when
 * this page began to listen to it, and numbers heard before may be of an earlier life.
 */
export function seeConnection(
  state: ServerState,
  connection: Connection,
  now: number,
  since = 0,
): void {
  const former = state.connections.get(connection.id)
  const isOther = former !== undefined && former.connection.opened !== connection.opened
  if (isOther) endLife(state, former, since, now)
  const before = isOther ? undefined : former
  const spans = before?.spans ?? []
  const isOwn = state.own.has(connection.id)
  if (!before) addUnseenPatches(spans, connection, now, state.clockOffset)
  addSeenPatches(spans, before, connection, now, isOwn)
  if (connection.closed) closeSpan(spans, Date.parse(connection.closed) + state.clockOffset)
  const carried = connection.upload === null ? [] : [connection.upload]
  const uploads = new Set([...(before?.uploads ?? []), ...carried])
  state.connections.set(connection.id, { connection, at: now, uploads, spans })
  if (connection.closed) forgetOldest(state)
}

function addUnseenPatches(
  spans: Span[],
  connection: Connection,
  now: number,
  clockOffset: number,
): void {
  if (connection.patches === 0) return
  const until = connection.closed ? Date.parse(connection.closed) + clockOffset : now
  spans.push({
    from: Date.parse(connection.opened) + clockOffset,
    to: until - connection.idle * 1000,
    isUnseen: true,
  })
}

function addSeenPatches(
  spans: Span[],
  before: SeenConnection | undefined,
  connection: Connection,
  now: number,
  isOwn: boolean,
): void {
  const isBusy = connection.current?.method === 'PATCH'
  // Own PATCHes that ended are timed by the requests themselves; of others only the events tell.
  const hasUnseen = before !== undefined && connection.patches > before.connection.patches
  if (!isOwn && hasUnseen && !openSpan(spans)) spans.push({ from: before.at, to: now })
  if (isBusy && !openSpan(spans)) spans.push({ from: now, to: null })
  if (!isBusy) closeSpan(spans, now)
  fold(spans)
}

/** Notes a PATCH of this page on a connection, from and to in ms since the epoch. */
export function seeOwnPatch(state: ServerState, id: number, from: number, to: number): void {
  state.own.set(id, to)
  const seen = state.connections.get(id)
  if (!seen) return
  // What the events had seen of it is replaced by what the request knows.
  while (seen.spans.length > 0 && (seen.spans.at(-1)?.to ?? to) > from) seen.spans.pop()
  seen.spans.push({ from, to })
  fold(seen.spans)
}

/**
 * Takes in the whole ledger as the server lists it. A restarted server counts its connections anew, so what it doesn't
 * list, or lists with another opening time, is of an earlier life: this page's own are kept as ended, the others dropped.
 * `since` (ms): numbers heard after it are of the new life.
 */
export function replaceConnections(
  state: ServerState,
  listed: readonly Connection[],
  since: number,
  now: number,
): void {
  const opened = new Map(listed.map((connection) => [connection.id, connection.opened]))
  for (const [id, seen] of [...state.connections]) {
    if (id < 0 || opened.get(id) === seen.connection.opened) continue
    endLife(state, seen, since, now)
  }
  for (const connection of listed) seeConnection(state, connection, now, since)
}

/** A connection of an earlier life of the server: this page's own is kept as ended, if it carried anything. */
function endLife(state: ServerState, seen: SeenConnection, since: number, now: number): void {
  const { id, patches } = seen.connection
  state.connections.delete(id)
  const heard = state.own.get(id)
  if (heard === undefined) return
  if (heard < since) state.own.delete(id)
  if (patches > 0) bury(state, seen, now)
}

function bury(state: ServerState, seen: SeenConnection, now: number): void {
  state.buried += 1
  closeSpan(seen.spans, now)
  const closed = seen.connection.closed ?? new Date(seen.at).toISOString()
  const connection = { ...seen.connection, id: -state.buried, closed, current: null }
  state.connections.set(connection.id, { ...seen, connection })
  state.own.set(connection.id, now)
}

const openSpan = (spans: readonly Span[]) => {
  const last = spans.at(-1)
  return last?.to === null ? last : null
}

function closeSpan(spans: Span[], now: number): void {
  const open = openSpan(spans)
  if (open) open.to = now
}

function fold(spans: Span[]): void {
  if (spans.length <= maxSpans) return
  const old = spans.splice(0, maxSpans / 2)
  const [first, last] = [old[0], old.at(-1)]
  if (first && last) spans.unshift({ from: first.from, to: last.to })
}

function forgetOldest(state: ServerState): void {
  const closed = [...state.connections.values()].filter((seen) => seen.connection.closed)
  // Those that carried PATCHes are the point of the page, so the others go first.
  closed.sort(
    (a, b) =>
      Number(a.connection.patches > 0) - Number(b.connection.patches > 0) ||
      a.connection.id - b.connection.id,
  )
  for (const seen of closed.slice(0, Math.max(0, closed.length - maxClosed))) {
    state.connections.delete(seen.connection.id)
  }
}

/** Seconds a connection has been idle at `now` (ms); 0 while a request runs. */
export function idleSeconds(seen: SeenConnection, now: number): number {
  if (seen.connection.current || seen.connection.closed) return seen.connection.idle
  return seen.connection.idle + Math.max(0, now - seen.at) / 1000
}

/** The PATCHes of this page's connections and over how many of them they went. */
export function ownPatches(state: ServerState): {
  readonly patches: number
  readonly connections: number
} {
  let patches = 0
  let connections = 0
  for (const id of state.own.keys()) {
    const count = state.connections.get(id)?.connection.patches ?? 0
    patches += count
    if (count > 0) connections += 1
  }
  return { patches, connections }
}

/** Uploads in one state, newest first. */
export function uploadsIn(
  state: ServerState,
  wanted: readonly ServerUpload['state'][],
  orderBy: 'created' | 'modified',
): ServerUpload[] {
  return [...state.uploads.values()]
    .filter((upload) => wanted.includes(upload.state))
    .sort((a, b) => Date.parse(b[orderBy]) - Date.parse(a[orderBy]))
}
