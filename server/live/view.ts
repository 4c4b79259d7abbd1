// The analysis of a growing capture as small JSON for the page: figures, ladders, and the words that `explain` has. Pure.
import type { ConnectionAnalysis, ExchangeAnalysis, PerRole } from '../../captures/analysis.ts'
import {
  initiationLadder,
  type LadderRow,
  terminationLadder,
} from '../../captures/report/ladder.ts'
import { plain, type Sentence } from '../../captures/report/prose.ts'
import { causeSentences } from '../../captures/report/sentences/cause.ts'
import { closedBy } from '../../captures/report/sentences/ended.ts'
import { initiationSentences } from '../../captures/report/sentences/initiation.ts'
import { lossSentences } from '../../captures/report/sentences/losses.ts'
import { purposeSentence } from '../../captures/report/sentences/purpose.ts'
import { terminationSentences } from '../../captures/report/sentences/termination.ts'
import { isPatch } from '../../captures/rules/patch.ts'

import type { Endpoint, Role } from '../../captures/units.ts'
import type { LeftOut } from './bounds.ts'
import type { Recorded } from './recorder.ts'

/** What is told of the whole; times in ms since 1970. */
export interface CaptureTotals {
  /** Time 0 of all seconds below. */
  readonly start: number | null
  readonly packets: number
  /** Bytes of them that are kept. */
  readonly bytes: number
  readonly leftOut: LeftOut
}

/** One arrow of a ladder, or a word on what is left out (`packet` null). */
export interface Arrow {
  readonly packet: number | null
  /** Seconds since `start`. */
  readonly time: number | null
  readonly by: Role | null
  readonly label: string
  readonly numbers: string
  readonly states: PerRole<string> | null
}

/** One PATCH on the wire. Seconds since `start`; `end` is null while it goes on. */
export interface PatchBar {
  readonly from: number
  readonly end: number | null
  readonly packets: readonly [first: number, last: number]
  readonly status: number | null
  /** Of the file. */
  readonly bytes: number
}

/** A TCP connection as its packets show it. Seconds since `start`. */
export interface CapturedConnection {
  /** Wireshark's `tcp.stream` in the saved capture. */
  readonly number: number
  readonly client: Endpoint
  readonly server: Endpoint
  readonly from: number
  readonly firstPacket: number
  readonly purpose: string
  readonly handshake: {
    readonly kind: ConnectionAnalysis['initiation']['kind']
    readonly duration: number | null
    readonly arrows: readonly Arrow[]
    readonly words: readonly string[]
  }
  readonly requests: number
  readonly patches: number
  /** The PATCHes, oldest first; of many the latest, `earlier` says how many came before. */
  readonly bars: readonly PatchBar[]
  readonly earlier: { readonly patches: number; readonly from: number; readonly to: number } | null
  /** Its other requests, the latest, from and to. */
  readonly others: readonly (readonly [from: number, to: number])[]
  /** What is told of a connection that carries uploads only: of others it changes with each event that this page gets. */
  readonly traffic: Traffic | null
  readonly ending: {
    readonly kind: ConnectionAnalysis['termination']['kind']
    readonly by: Role | null
    /** `closed by the client after 5.0 s idle`; empty while it is open. */
    readonly short: string
    /** Of its first FIN or RST. */
    readonly at: number | null
    readonly arrows: readonly Arrow[]
    readonly words: readonly string[]
  }
}

export interface Traffic {
  readonly packets: number
  readonly lastPacket: number
  /** Of its latest packet. */
  readonly to: number
  /** Bytes of each stream, each counted once. */
  readonly bytes: PerRole<number>
  /** Of the PATCH that is under way, as far as its bytes came. */
  readonly current: number | null
  readonly retransmissions: number
  /** Losses, order, windows, round trips. */
  readonly words: readonly string[]
}

/** Beyond these a page could not tell one from the other. */
const mostBars = 400
const mostOthers = 100
/** The latest connections without a PATCH, and with: more than the page's ledger remembers. */
const mostPlain = 12
const mostCarrying = 200
/** Of so many the ladders and words are told too: more than the page shows. */
const mostDetailed = 40

export function totalsOf({ start, packets, bytes, leftOut }: Recorded): CaptureTotals {
  return { start, packets, bytes, leftOut }
}

export function connectionsOf({ analysis }: Recorded): CapturedConnection[] {
  const { connections } = analysis
  const isPlain = ({ maintenance }: ConnectionAnalysis) => maintenance.patches === 0
  const carrying = connections.filter((one) => !isPlain(one)).slice(-mostCarrying)
  const told = new Set([...connections.filter(isPlain).slice(-mostPlain), ...carrying])
  const inShort = new Set(carrying.slice(0, -mostDetailed))
  return connections
    .filter((one) => told.has(one))
    .map((one) => (inShort.has(one) ? shortened(viewOf(one)) : viewOf(one)))
}

/** What is compared with the ledger, and no more. */
function shortened(view: CapturedConnection): CapturedConnection {
  return {
    ...view,
    bars: [],
    others: [],
    handshake: { ...view.handshake, arrows: [], words: [] },
    ending: { ...view.ending, words: [] },
    traffic: view.traffic && { ...view.traffic, words: [] },
  }
}

function viewOf(connection: ConnectionAnalysis): CapturedConnection {
  const { initiation, maintenance, exchanges } = connection
  const patches = exchanges.filter(isPatch)
  const latest = patches.slice(-mostBars)
  return {
    number: connection.number,
    client: connection.client,
    server: connection.server,
    from: connection.start,
    firstPacket: connection.firstPacket,
    purpose: plain(purposeSentence(connection)),
    handshake: {
      kind: initiation.kind,
      duration: initiation.duration,
      arrows: arrows(initiationLadder(connection)),
      words: words(initiationSentences(connection)),
    },
    requests: maintenance.exchanges,
    patches: maintenance.patches,
    bars: latest.map((exchange) => barOf(exchange, connection)),
    earlier: earlierThan(patches.slice(0, -mostBars), connection),
    others: patches.length === 0 ? [] : othersOf(exchanges),
    traffic: maintenance.patches === 0 ? null : trafficOf(connection),
    ending: endingOf(connection),
  }
}

function barOf(exchange: ExchangeAnalysis, connection: ConnectionAnalysis): PatchBar {
  const { start, end, responseStart, requestPacket, lastRequestPacket, status, upload } = exchange
  const isOver = exchange.isResponseComplete || connection.termination.kind === 'reset'
  const first = requestPacket ?? exchange.responsePacket ?? 0
  const carried =
    upload?.from !== null && upload?.to !== null && upload !== null ? upload.to - upload.from : 0
  return {
    from: start ?? responseStart ?? connection.start,
    end: isOver ? (end ?? exchange.requestEnd) : null,
    packets: [first, exchange.lastResponsePacket ?? lastRequestPacket ?? first],
    status,
    bytes: exchange.isRequestComplete ? carried : 0,
  }
}

function earlierThan(patches: readonly ExchangeAnalysis[], connection: ConnectionAnalysis) {
  const [first] = patches
  const last = patches.at(-1)
  if (first === undefined || last === undefined) return null
  const from = first.start ?? connection.start
  return { patches: patches.length, from, to: last.end ?? last.requestEnd ?? from }
}

function othersOf(exchanges: readonly ExchangeAnalysis[]) {
  return exchanges
    .filter((exchange) => !isPatch(exchange))
    .slice(-mostOthers)
    .flatMap(({ start, end, requestEnd }): (readonly [number, number])[] =>
      start === null ? [] : [[start, end ?? requestEnd ?? start]],
    )
}

function trafficOf(connection: ConnectionAnalysis): Traffic {
  const { packets, lastPacket, end, payloadBytes, maintenance } = connection
  return {
    packets,
    lastPacket,
    to: end,
    bytes: payloadBytes,
    current: currentBytes(connection),
    retransmissions: maintenance.retransmissions,
    words: words(lossSentences(connection)),
  }
}

/** The body of an open request is not measured before it ends: its bytes are what no other request accounts for. */
function currentBytes({ exchanges, payloadBytes }: ConnectionAnalysis): number | null {
  const last = exchanges.at(-1)
  if (last === undefined || !isPatch(last) || last.isRequestComplete) return null
  const begin = last.requestSequence?.from ?? null
  return begin === null
    ? null
    : Math.max(0, payloadBytes.client + 1 - begin - last.requestHeadBytes)
}

function endingOf(connection: ConnectionAnalysis): CapturedConnection['ending'] {
  const { termination } = connection
  const { kind, by, segments } = termination
  if (kind === 'open') return { kind, by, short: '', at: null, arrows: [], words: [] }
  const told = [...terminationSentences(connection), ...causeSentences(connection)]
  return {
    kind,
    by,
    short: plain(closedBy(connection, true)),
    at: segments[0]?.time ?? null,
    arrows: arrows(terminationLadder(connection)),
    words: words(told),
  }
}

const words = (sentences: readonly Sentence[]) => sentences.map(plain)

function arrows(rows: readonly LadderRow[]): Arrow[] {
  return rows.map((row) =>
    row.kind === 'segment'
      ? {
          packet: row.packet,
          time: row.time,
          by: row.by,
          label: row.label,
          numbers: row.numbers,
          states: row.states,
        }
      : { packet: null, time: null, by: null, label: plain(row.text), numbers: '', states: null },
  )
}
