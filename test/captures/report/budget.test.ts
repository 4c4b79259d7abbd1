// Where the time of an upload went: each instant has one cause, and the causes add up to the nanosecond.
import { expect, test } from 'vitest'
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../../captures/analysis.ts'
import { apportion, roundToSum } from '../../../captures/report/budget/apportion.ts'
import { budgetOf } from '../../../captures/report/budget/budget.ts'
import type { Ledger } from '../../../captures/report/budget/causes.ts'
import { pacesOf } from '../../../captures/report/budget/pace.ts'
import { workOf } from '../../../captures/report/budget/work.ts'
import {
  aConnection,
  aMaintenance,
  anAnalysis,
  anExchange,
  anIdleGap,
  anInitiation,
  anUploadPart,
  aSegment,
  aTermination,
  MiB,
  unseenInitiation,
  waits,
} from './build-analysis.ts'

const ms = 1_000_000

/** What is not nothing, in milliseconds. */
function spent(analysis: Analysis): Partial<Ledger> & { total: number } {
  const work = workOf(analysis)
  if (work === null) throw new Error('no upload')
  const { total, ledger } = budgetOf(work)
  expect(sum(ledger)).toBe(total)
  const found = Object.entries(ledger).filter(([, nanoseconds]) => nanoseconds !== 0)
  return Object.fromEntries([
    ...found.map(([cause, nanoseconds]) => [cause, nanoseconds / ms]),
    ['total', total / ms],
  ])
}

const sum = (ledger: Readonly<Ledger>) => Object.values(ledger).reduce((all, one) => all + one, 0)

const one = (connection: Partial<ConnectionAnalysis>, ...exchanges: ExchangeAnalysis[]) =>
  anAnalysis({ connections: [aConnection({ ...connection, exchanges })] })

/** 40 ms of handshake; a PATCH from 40 to 227: 100 ms to send, 41 until its ACK, 6 more until the answer, 40 to receive it. */
const patch = (parts: Partial<ExchangeAnalysis> = {}) =>
  anExchange({
    start: 0.04,
    requestEnd: 0.14,
    requestAcknowledged: 0.181,
    responseStart: 0.187,
    end: 0.227,
    ...parts,
  })
const at = (rttToServer: number): Partial<ConnectionAnalysis> => ({
  initiation: anInitiation({ duration: 0.04, rtt: 0.04, rttToServer }),
})
const atClient = at(0.04)

test('one PATCH, captured at the client', () => {
  expect(spent(one(atClient, patch()))).toEqual({
    handshake: 40,
    sending: 100,
    'round-trip': 40,
    'on-the-way': 1,
    server: 6,
    receiving: 40,
    total: 227,
  })
})

test('at the server the wait for the answer holds no round trip, but the pause between two PATCHes does', () => {
  const second = patch({
    number: 2,
    start: 0.277,
    requestEnd: 0.377,
    requestAcknowledged: 0.377,
    responseStart: 0.383,
    end: 0.383,
  })
  const first = patch({ requestAcknowledged: 0.14, responseStart: 0.146, end: 0.227 })
  expect(spent(one(at(0), first, second))).toEqual({
    handshake: 40,
    sending: 200,
    server: 12,
    receiving: 81,
    'round-trip': 40,
    between: 10,
    total: 383,
  })
})

test('without an ACK of its own the wait is round trip and server', () => {
  expect(spent(one(atClient, patch({ requestAcknowledged: null })))).toMatchObject({
    'round-trip': 40,
    server: 7,
  })
})

test('waits for ACKs are slow start in the first PATCH of a connection, the congestion window later, a restart after idle', () => {
  const waiting = (parts: Partial<ExchangeAnalysis>, afterIdle = false) =>
    patch({
      waits: waits({ acknowledgement: 0.06, acknowledgementRounds: 2, afterIdle }),
      ...parts,
    })
  const later = {
    number: 2,
    start: 0.227,
    requestEnd: 0.327,
    requestAcknowledged: 0.368,
    responseStart: 0.374,
    end: 0.374,
  }
  const head = anExchange({
    number: 1,
    method: 'HEAD',
    requestBodyBytes: 0,
    start: 0.04,
    requestEnd: 0.04,
    requestAcknowledged: 0.08,
    responseStart: 0.08,
    end: 0.08,
    upload: anUploadPart({ action: 'offset', from: null, to: null }),
  })
  expect(spent(one(atClient, waiting({})))).toMatchObject({ 'slow-start': 60, sending: 40 })
  expect(spent(one(atClient, patch(), waiting(later)))).toMatchObject({ 'congestion-window': 60 })
  expect(spent(one(atClient, patch(), waiting(later, true)))).toMatchObject({ 'idle-restart': 60 })
  expect(spent(one(atClient, head, waiting(later)))).toMatchObject({ 'slow-start': 60 })
  expect(spent(one({ initiation: unseenInitiation() }, waiting({})))).toMatchObject({
    'congestion-window': 60,
  })
})

test('retransmission, closed window and a client that paused are told apart', () => {
  expect(
    spent(
      one(atClient, patch({ waits: waits({ retransmission: 0.03, window: 0.02, sender: 0.01 }) })),
    ),
  ).toMatchObject({
    retransmission: 30,
    'closed-window': 20,
    'client-pause': 10,
    sending: 40,
  })
})

test('a retransmission that is longer than the sending ran on after it', () => {
  const late = patch({
    waits: waits({ retransmission: 0.12 }),
    requestAcknowledged: 0.18 + 0.03,
    responseStart: 0.216,
  })
  expect(spent(one(atClient, late))).toMatchObject({
    retransmission: 120,
    'on-the-way': 10,
    'round-trip': 40,
    server: 6,
  })
})

test('waits longer than the request are cut to it', () => {
  expect(
    spent(one(atClient, patch({ waits: waits({ acknowledgement: 0.3, window: 0.1 }) }))),
  ).toMatchObject({
    'slow-start': 75,
    'closed-window': 25,
  })
})

test('a lost SYN is retransmission, only the last round trip is the handshake', () => {
  const initiation = anInitiation({
    duration: 1.04,
    rtt: 0.04,
    rttToServer: 0.04,
    synRetransmissions: 1,
  })
  const later = patch({
    start: 1.04,
    requestEnd: 1.14,
    requestAcknowledged: 1.18,
    responseStart: 1.18,
    end: 1.18,
  })
  expect(spent(one({ initiation }, later))).toMatchObject({
    handshake: 40,
    retransmission: 1000,
    total: 1180,
  })
})

test('a handshake beside a running exchange costs nothing', () => {
  const analysis = anAnalysis({
    connections: [
      aConnection({ ...atClient, exchanges: [patch()] }),
      aConnection({
        ...atClient,
        number: 1,
        start: 0.1,
        exchanges: [
          patch({
            start: 0.227,
            requestEnd: 0.327,
            requestAcknowledged: 0.367,
            responseStart: 0.367,
            end: 0.367,
          }),
        ],
      }),
    ],
  })
  expect(spent(analysis)).toMatchObject({ handshake: 40, sending: 200, total: 367 })
})

test('of two exchanges at once the earlier has the time, the rest of the later one is shared in proportion', () => {
  const analysis = anAnalysis({
    connections: [
      aConnection({ ...atClient, exchanges: [patch()] }),
      aConnection({
        ...atClient,
        number: 1,
        exchanges: [
          patch({
            start: 0.127,
            requestEnd: 0.327,
            requestAcknowledged: 0.367,
            responseStart: 0.367,
            end: 0.367,
            waits: waits({ acknowledgement: 0.1 }),
          }),
        ],
      }),
    ],
  })
  expect(spent(analysis)).toEqual({
    handshake: 40,
    sending: 150,
    'slow-start': 50,
    'round-trip': 80,
    'on-the-way': 1,
    server: 6,
    receiving: 40,
    total: 367,
  })
})

test('a request that was never answered is unexplained after its end', () => {
  const analysis = one(
    { ...atClient, termination: aTermination({ segments: [aSegment({ time: 0.5 })] }), end: 9 },
    patch({ requestAcknowledged: null, responseStart: null, end: null, status: null }),
  )
  expect(spent(analysis)).toMatchObject({ sending: 100, unexplained: 360, total: 500 })
})

test('an answer that came before the request had ended', () => {
  expect(spent(one(atClient, patch({ requestEnd: 0.3, requestAcknowledged: null })))).toMatchObject(
    { sending: 260, total: 300 },
  )
})

test('a connection that was used for something else before gives the upload no handshake', () => {
  const page = anExchange({
    number: 1,
    method: 'GET',
    requestBodyBytes: 0,
    start: 0.04,
    requestEnd: 0.04,
    requestAcknowledged: 0.08,
    responseStart: 0.08,
    end: 0.08,
    upload: null,
  })
  const later = patch({
    number: 2,
    start: 9,
    requestEnd: 9.1,
    requestAcknowledged: 9.141,
    responseStart: 9.147,
    end: 9.147,
  })
  expect(spent(one(atClient, page, later))).toEqual({
    sending: 100,
    'round-trip': 40,
    'on-the-way': 1,
    server: 6,
    total: 147,
  })
})

test('a timer that ran after the last byte is retransmission, not a slow server', () => {
  const tail = patch({ requestAcknowledged: 0.481, responseStart: 0.487, end: 0.487 })
  const maintenance = aMaintenance({
    idleGaps: [anIdleGap({ kind: 'retransmission', from: 0.14, to: 0.44 })],
  })
  expect(spent(one({ ...atClient, maintenance }, tail))).toMatchObject({
    retransmission: 300,
    'round-trip': 40,
    'on-the-way': 1,
    server: 6,
  })
})

test('with the pace of the line, what a PATCH took beyond it is its window’s doing', () => {
  const work = workOf(one(atClient, patch({ requestBodyBytes: MiB })))
  if (work === null) throw new Error('no upload')
  // 60 ms for the body: 1 ms of it while the last bytes stood in the queue, 59 of 100 while it was sent.
  const { total, ledger } = budgetOf(work, (60 * ms) / MiB)
  expect(ledger).toMatchObject({ sending: 60 * ms, 'slow-start': 41 * ms, 'on-the-way': 0 })
  expect(sum(ledger)).toBe(total)
})

/** So many PATCHes of 1 MiB on one connection, each at this pace, the first one slower. */
const paced = (sendings: readonly number[], retransmissions = 0) => {
  const exchanges = sendings.map((sending, index) =>
    patch({
      number: index + 1,
      start: index,
      requestEnd: index + sending,
      requestAcknowledged: index + sending + 0.04,
      responseStart: index + sending + 0.04,
      end: index + sending + 0.04,
    }),
  )
  const work = workOf(
    one({ ...atClient, maintenance: aMaintenance({ retransmissions }) }, ...exchanges),
  )
  if (work === null) throw new Error('no upload')
  return work
}
const milliseconds = (pace: number | null) => (pace === null ? null : Math.round((pace * MiB) / ms))

test('a clean kept connection shows the pace of its own line, any other borrows the better one', () => {
  const fast = paced([0.3, 0.1, 0.1, 0.1, 0.1, 0.1])
  const slow = paced([0.6, 0.2, 0.2, 0.2, 0.2, 0.2])
  const lossy = paced([0.6, 0.2, 0.2, 0.2, 0.2, 0.2], 5)
  const few = paced([0.3])
  const of = (a: typeof fast, b: typeof fast) => {
    const paces = pacesOf(a, b)
    return [milliseconds(paces.a), milliseconds(paces.b)]
  }
  expect(of(fast, slow)).toEqual([100, 200])
  expect(of(fast, lossy)).toEqual([100, 100])
  expect(of(few, fast)).toEqual([100, 100])
  expect(of(few, few)).toEqual([null, null])
})

test('a capture without an upload has no budget', () => {
  expect(workOf(one(atClient, patch({ upload: null })))).toBeNull()
})

test('shares are whole and add up', () => {
  expect(apportion(10, [1, 1, 1])).toEqual([4, 3, 3])
  expect(apportion(7, [0, 0])).toEqual([0, 7])
  expect(apportion(6, [1, 2, 3])).toEqual([1, 2, 3])
  expect(roundToSum([0.4, 0.4, 0.2], 1)).toEqual([1, 0, 0])
  expect(roundToSum([1.6, 1.6], 3)).toEqual([2, 1])
})

test('budgets add up exactly, whatever the capture says', () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const work = workOf(randomUpload(seed))
    if (work === null) continue
    const { total, ledger } = budgetOf(work, seed % 2 === 0 ? null : seed * 1000)
    expect(sum(ledger), `seed ${seed}`).toBe(total)
    expect(Math.min(...Object.values(ledger)), `seed ${seed}`).toBeGreaterThanOrEqual(0)
    expect(total, `seed ${seed}`).toBe(Math.round(work.to * 1e9) - Math.round(work.from * 1e9))
  }
})

/** Anything that the types allow, sense or not: missing times, times out of order, waits longer than what waited. */
function randomUpload(seed: number): Analysis {
  const random = mulberry(seed)
  const time = () => Math.round(random() * 3e9) / 1e9
  const maybe = <T>(value: T): T | null => (random() < 0.15 ? null : value)
  const exchange = (number: number): ExchangeAnalysis => {
    const start = time()
    const [a, b, c] = [time(), time(), time()].sort()
    return anExchange({
      number,
      start: maybe(start),
      requestEnd: maybe(random() < 0.2 ? time() : start + (a ?? 0)),
      requestAcknowledged: maybe(random() < 0.2 ? time() : start + (b ?? 0)),
      responseStart: maybe(random() < 0.2 ? time() : start + (b ?? 0)),
      end: maybe(random() < 0.2 ? time() : start + (c ?? 0)),
      requestBodyBytes: random() < 0.2 ? 0 : 1000,
      waits: waits({
        acknowledgement: time() * random(),
        retransmission: time() * random(),
        window: time() * random(),
        sender: time() * random(),
        afterIdle: random() < 0.3,
      }),
      upload: random() < 0.2 ? null : anUploadPart(),
    })
  }
  const connection = (number: number): ConnectionAnalysis =>
    aConnection({
      number,
      start: time(),
      end: 3 + time(),
      initiation:
        random() < 0.2
          ? unseenInitiation()
          : anInitiation({
              duration: maybe(time()),
              rtt: maybe(time()),
              rttToServer: maybe(time()),
            }),
      maintenance: aMaintenance({
        rtt: { client: maybe({ samples: 3, min: time(), mean: 1, max: 2 }), server: null },
      }),
      exchanges: Array.from({ length: 1 + Math.floor(random() * 5) }, (_, index) =>
        exchange(index + 1),
      ),
    })
  return anAnalysis({
    connections: Array.from({ length: 1 + Math.floor(random() * 4) }, (_, number) =>
      connection(number),
    ),
  })
}

/** Seeded random numbers from 0 to 1. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
