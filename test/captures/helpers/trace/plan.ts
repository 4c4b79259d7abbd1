// What happens in a trace, drawn by lot: connections, what they carry, how the network treats them, how they end.
import type { Chance } from '../chance.ts'
import { milliseconds } from './clock.ts'
import type { EndSettings } from './end-settings.ts'
import { creation, offsetQuestion, page, patch, type TestExchange } from './messages.ts'
import type { Leg, Way } from './path.ts'

export interface PlannedExchange extends TestExchange {
  /** ns: before the request, between head and body, and until the answer. */
  readonly idleBefore: number
  readonly pauseInBody: number
  readonly serverTime: number
  /** Goes right behind the one before it, unasked. */
  readonly isPipelined: boolean
}

export type Ending =
  | 'client-close'
  | 'server-close'
  | 'both-close'
  | 'half-close'
  | 'client-abort'
  | 'server-abort'
  | 'abort-in-body'
  | 'open'

export interface ConnectionPlan {
  readonly start: number
  readonly opening: 'handshake' | 'simultaneous' | 'refused' | 'unanswered'
  readonly client: EndSettings
  readonly server: EndSettings
  readonly toServer: Way
  readonly toClient: Way
  readonly exchanges: readonly PlannedExchange[]
  /** When the server's application stops reading, and for how long. */
  readonly serverPause: { readonly after: number; readonly lasts: number } | null
  readonly ending: Ending
}

/** As often as each stands here. */
const openings: readonly ConnectionPlan['opening'][] = [
  ...Array<'handshake'>(12).fill('handshake'),
  ...(['simultaneous', 'refused', 'unanswered'] as const),
]
const endings: readonly Ending[] = [
  ...(['client-close', 'client-close', 'server-close', 'server-close', 'both-close'] as const),
  ...(['half-close', 'client-abort', 'server-abort', 'abort-in-body', 'open'] as const),
]

const server = { address: '10.77.0.2', port: 8080 }

export function planConnections(chance: Chance, number: number): ConnectionPlan[] {
  const plans: ConnectionPlan[] = []
  const isns = new Set<number>()
  let start = 0
  let lastPort = 40_000 + 100 * number
  const count = chance.between(1, 5)
  for (let n = 0; n < count; n++) {
    const reuses = n > 0 && chance.of(0.2)
    if (!reuses) lastPort += 1
    // Ports that are used again: when the last connection on them is long gone.
    start += reuses ? milliseconds(20_000) : milliseconds(chance.skewed(1, 800))
    plans.push(planConnection(chance, start, lastPort, isns, `${number}-${n}`))
  }
  return plans
}

function planConnection(
  chance: Chance,
  start: number,
  port: number,
  isns: Set<number>,
  name: string,
): ConnectionPlan {
  const client = { address: '10.77.0.1', port }
  const isn = { client: planIsn(chance, isns), server: planIsn(chance, isns) }
  const offers = chance.of(0.85)
  const delay = milliseconds(chance.skewed(1, 40)) / 2
  const trouble = chance.one([0, 0, 0.003, 0.01, 0.03, 0.08])
  const tap = chance.one([0.02, 0.02, 0.5, 0.98])
  return {
    start,
    opening: chance.one(openings),
    client: planEnd(chance, offers, {
      own: client,
      peer: server,
      isn: isn.client,
      peerIsn: isn.server,
    }),
    server: planEnd(chance, offers, {
      own: server,
      peer: client,
      isn: isn.server,
      peerIsn: isn.client,
    }),
    toServer: planWay(chance, delay, tap, trouble),
    toClient: planWay(chance, delay, 1 - tap, trouble),
    exchanges: planExchanges(chance, name),
    serverPause: chance.of(0.35)
      ? { after: chance.skewed(500, 60_000), lasts: milliseconds(chance.skewed(100, 4000)) }
      : null,
    ending: chance.one(endings),
  }
}

/** Often so near to 2³² that the numbers wrap; never one that was used, which would be a retransmission. */
function planIsn(chance: Chance, used: Set<number>): number {
  const isn = chance.of(0.3) ? 2 ** 32 - chance.skewed(1, 60_000) : chance.between(0, 2 ** 32 - 1)
  if (used.has(isn)) return planIsn(chance, used)
  used.add(isn)
  return isn
}

function planEnd(
  chance: Chance,
  offers: boolean,
  ends: Pick<EndSettings, 'own' | 'peer' | 'isn' | 'peerIsn'>,
): EndSettings {
  return {
    ...ends,
    mss: chance.one([1460, 1460, 1448, 1400, 536, 8960]),
    windowScale: offers && chance.of(0.9) ? chance.one([0, 2, 7, 7, 8]) : null,
    sack: offers && chance.of(0.9),
    timestamps: offers && chance.of(0.7),
    buffer: chance.one([4096, 16_384, 65_535, 65_535, 262_144]),
    joined: chance.one([1, 1, 1, 4, 16]),
    ackEvery: chance.one([1, 2, 2, 2, 8]),
    probeBytes: chance.one([0, 0, 1]),
    keepAlive: chance.of(0.2) ? milliseconds(chance.skewed(300, 2000)) : null,
    finWithData: chance.of(0.5),
  }
}

/** `share` of the delay lies before the tap. */
function planWay(chance: Chance, delay: number, share: number, trouble: number): Way {
  const leg = (part: number): Leg => ({
    delay: Math.round(delay * part),
    lost: chance.of(0.7) ? trouble : 0,
    late: chance.of(0.4) ? trouble : 0,
    doubled: chance.of(0.2) ? trouble : 0,
  })
  return { before: leg(share), behind: leg(1 - share) }
}

function planExchanges(chance: Chance, name: string): PlannedExchange[] {
  const target = `/files/${name}`
  const list: TestExchange[] = []
  let offset = 0
  if (chance.of(0.5)) list.push(creation(target, 1_000_000))
  const count = chance.skewed(1, 16)
  for (let n = 0; n < count; n++) {
    if (chance.of(0.15)) list.push(offsetQuestion(target, offset))
    if (chance.of(0.15)) list.push(page(chance, `/page/${name}/${n}`))
    const length = chance.skewed(1, 60_000)
    list.push(patch(chance, target, offset, length))
    offset += length
  }
  const pipelines = chance.of(0.08)
  return list.map((exchange, n) => ({
    ...exchange,
    idleBefore: chance.of(0.2) ? milliseconds(chance.skewed(10, 3000)) : chance.between(0, 300_000),
    pauseInBody: chance.of(0.1) ? milliseconds(chance.skewed(10, 1000)) : chance.between(0, 20_000),
    serverTime: milliseconds(chance.skewed(1, 300)) / 10,
    isPipelined: pipelines && n > 0 && chance.of(0.5),
  }))
}
