// Ledger and packets joined by ports: which belong together, what they say differently, and when that is nobody's fault.
import { expect, test } from 'vitest'
import type { Connection } from '../../client/upload/api.ts'
import {
  beginCapture,
  type CapturedConnection,
  emptyCapture,
  endCapture,
  takeCapture,
} from '../../client/upload/capture.ts'
import {
  createSettling,
  excuseOf,
  joinByPorts,
  type Pair,
  rememberedFrom,
  stateOf,
  verdictOn,
} from '../../client/upload/ledger-join.ts'

const start = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString()
const client = { address: '127.0.0.1', port: 50_001 }
const server = { address: '127.0.0.1', port: 8080 }

const inLedger = (more: Partial<Connection> = {}): Connection => ({
  ...{ id: 1, client, server, opened: at(1), closed: null, requests: 13, patches: 12 },
  ...{ bytesReceived: 12_000, bytesSent: 100, idle: 0, longestIdle: 0, current: null },
  ...{ upload: 'x', ended: null },
  ...more,
})

const open: CapturedConnection['ending'] = {
  kind: 'open',
  by: null,
  short: '',
  at: null,
  arrows: [],
  words: [],
}
const closedBy = (by: 'client' | 'server', kind: 'fin' | 'reset' | 'half-closed' = 'fin') => ({
  ...open,
  kind,
  by,
  short: `closed by the ${by}`,
  at: 9,
})
const traffic = {
  ...{ packets: 300, lastPacket: 400, to: 8, bytes: { client: 12_000, server: 100 } },
  ...{ current: null, retransmissions: 0, words: [] },
}

const inPackets = (more: Partial<CapturedConnection> = {}): CapturedConnection => ({
  ...{ number: 0, client, server, from: 1, firstPacket: 1, purpose: '' },
  handshake: { kind: 'handshake', duration: 0.00003, arrows: [], words: [] },
  ...{ requests: 13, patches: 12, bars: [], earlier: null, others: [], traffic, ending: open },
  ...more,
})

const judge = (
  ledger: Partial<Connection> | null,
  packets: Partial<CapturedConnection> | null,
  isSettled = true,
) =>
  verdictOn(
    { ledger: ledger && inLedger(ledger), packets: packets && inPackets(packets) },
    null,
    isSettled,
  )

test('what agrees is said, with what was counted', () => {
  expect(judge({}, {})).toEqual({
    kind: 'agree',
    sentences: ['Ledger and packets agree: 12 PATCHes, 12,000 bytes of the client.'],
  })
  const ended = { closed: at(9), ended: { by: 'server', how: 'idle-timeout' } } as const
  expect(judge(ended, { ending: closedBy('server') }).sentences).toEqual([
    'Ledger and packets agree: 12 PATCHes, 12,000 bytes of the client, ended by the server.',
  ])
})

test('each difference is a sentence, all of them at once', () => {
  expect(judge({}, { patches: 11, requests: 12 })).toEqual({
    kind: 'differ',
    sentences: [
      'The ledger counted 12 PATCHes, the packets show 11.',
      'The ledger counted 13 requests, the packets show 12.',
    ],
  })
  expect(judge({ bytesReceived: 11_000 }, {}).sentences).toEqual([
    'The service read 11,000 bytes of the client, its packets carried 12,000.',
  ])
})

test.each([
  ['fin', 'client', open, /^The ledger says that the client ended it; no FIN and no RST/],
  ['fin', 'server', closedBy('client'), /server ended it; the first FIN came from the client/],
  ['reset', 'client', closedBy('client'), /^The ledger says reset; .* FIN/],
  ['fin', 'client', closedBy('client', 'reset'), /closed in order; the packets show a reset/],
  ['read-timeout', 'server', closedBy('client', 'reset'), /the RST came from the client/],
] as const)('an end told differently: %s by the %s', (how, by, ending, sentence) => {
  const { kind, sentences } = judge({ closed: at(9), ended: { by, how } }, { ending })
  expect(kind).toBe('differ')
  expect(sentences[0]).toMatch(sentence)
})

test.each([
  ['idle-timeout', 'server', closedBy('server')],
  ['drain', 'server', closedBy('server')],
  ['read-timeout', 'server', closedBy('server', 'reset')],
  ['reset', 'client', closedBy('client', 'reset')],
  ['fin', 'client', closedBy('client', 'half-closed')],
] as const)('an end told alike: %s by the %s', (how, by, ending) => {
  expect(judge({ closed: at(9), ended: { by, how } }, { ending }).kind).toBe('agree')
})

test('a side that closes and answers what still comes with a RST has closed, as the ledger says', () => {
  const arrow = { packet: 1, time: 1, by: 'client', numbers: '', states: null } as const
  const arrows = ['FIN, ACK', 'ACK', 'RST'].map((label) => ({ ...arrow, label }))
  const ended = { closed: at(9), ended: { by: 'client', how: 'fin' } } as const
  const ending = { ...closedBy('client', 'reset'), arrows }
  expect(judge(ended, { ending })).toEqual({
    kind: 'agree',
    sentences: [
      'Ledger and packets agree: 12 PATCHes, 12,000 bytes of the client, ended by the client with a RST behind its FIN.',
    ],
  })
  expect(judge(ended, { ending: { ...ending, arrows: arrows.slice(2) } }).kind).toBe('differ')
})

test('bytes that a closing service had not read are no riddle', () => {
  const ended = { closed: at(9), ended: { by: 'server', how: 'read-timeout' } } as const
  const ending = closedBy('server', 'reset')
  expect(judge({ ...ended, bytesReceived: 11_000 }, { ending }).sentences).toEqual([
    'The service read 11,000 bytes of the client, its packets carried 12,000: the rest was unread when the connection ended.',
  ])
})

test('an end that only the packets show is told', () => {
  expect(judge({}, { ending: closedBy('client') }).sentences).toEqual([
    'The ledger has it open, the packets show it closed by the client.',
  ])
})

test('a connection that one of them has alone is told, and while a PATCH runs nothing is', () => {
  expect(judge({}, null).sentences).toEqual(['The ledger has this connection, the packets do not.'])
  expect(judge(null, {}).sentences).toEqual([
    'The packets show this connection, the ledger does not have it.',
  ])
  expect(judge({}, { patches: 11 }, false).kind).toBe('counting')
  const current = { method: 'PATCH', target: '/files/x', received: 9 }
  expect(judge({ current }, { patches: 11 }).kind).toBe('counting')
  expect(judge({}, { patches: 11, traffic: { ...traffic, current: 5 } }).kind).toBe('counting')
})

test('ports that were used twice are told apart by time, whatever order they come in', () => {
  const ledger = [inLedger({ id: 2, opened: at(100) }), inLedger({ id: 1 })]
  const captured = [inPackets(), inPackets({ number: 5, from: 100.01 })]
  const numbers = joinByPorts(ledger, captured, start).map((pair) => [
    pair.ledger?.id,
    pair.packets?.number,
  ])
  expect(numbers).toEqual([
    [2, 5],
    [1, 0],
  ])
})

test('the same ports at another time are another connection', () => {
  const pairs = joinByPorts([inLedger()], [inPackets({ from: 60 })], start)
  expect(pairs.map((pair) => [pair.ledger?.id, pair.packets?.number])).toEqual([
    [1, undefined],
    [undefined, 0],
  ])
})

test('one that was open when the capture met it is joined all the same', () => {
  const handshake = { kind: 'unseen', duration: null, arrows: [], words: [] } as const
  const [pair] = joinByPorts([inLedger()], [inPackets({ from: 60, handshake })], start)
  expect(pair?.packets?.number).toBe(0)
})

const capturing = () => {
  const state = emptyCapture()
  beginCapture(state, { port: 8080, limit: 64 << 20, ended: null })
  return state
}
/** Time 0 of the packets is known. */
const told = () => {
  const state = capturing()
  const leftOut = { thinned: 0, thinnedUntil: null, forgotten: 0, forgottenUntil: null }
  takeCapture(state, {
    totals: { start, packets: 1, bytes: 1, leftOut },
    connections: [],
    isAll: true,
  })
  return state
}
const excuse = (pair: Partial<Pair>, state = capturing(), from = start) =>
  excuseOf({ ledger: null, packets: null, ...pair }, state, from)

test('nobody is blamed for what was left out, ended before, never came about or is long ago', () => {
  const state = capturing()
  expect(excuse({ ledger: inLedger() }, state)).toBeNull()
  const leftOut = { thinned: 5, thinnedUntil: start, forgotten: 5, forgottenUntil: start + 2000 }
  const totals = { start, packets: 1, bytes: 1, leftOut }
  takeCapture(state, { totals, connections: [], isAll: true })
  expect(excuse({ ledger: inLedger() }, state)).toMatch(/packets were left out/)
  expect(excuse({ ledger: inLedger(), packets: inPackets() }, state)).toMatch(/older PATCHes/)
  expect(excuse({ ledger: inLedger({ opened: at(3) }) }, state)).toBeNull()
  expect(excuse({ packets: inPackets() }, state)).toBeNull()
  expect(excuse({ packets: inPackets() }, state, start + 5000)).toMatch(/older than/)
  endCapture(state, 'dumpcap was ended')
  expect(excuse({ ledger: inLedger({ opened: at(3) }) }, state)).toMatch(/capture has ended/)
  const handshake = { kind: 'refused', duration: null, arrows: [], words: [] } as const
  expect(excuse({ packets: inPackets({ handshake }) })).toMatch(/never came about/)
})

test('the ledger forgets the oldest that are over, once there are many', () => {
  const closed = [3, 1, 2].map((n) => inLedger({ id: n, opened: at(n), closed: at(n + 1) }))
  const all = [inLedger({ id: 9, opened: at(0) }), ...closed]
  expect(rememberedFrom(all, 3)).toBe(start + 1000)
  expect(rememberedFrom(all, 4)).toBe(Number.NEGATIVE_INFINITY)
  expect(excuse({ packets: inPackets({ from: 0.5 }) }, told(), rememberedFrom(all, 3))).toMatch(
    /older than/,
  )
  expect(excuse({ packets: inPackets({ from: 0.5 }) }, told(), rememberedFrom(all, 4))).toBeNull()
})

test('an excuse explains a difference, it does not hide that both agree', () => {
  const pair = { ledger: inLedger(), packets: inPackets() }
  expect(verdictOn(pair, 'gone', true).kind).toBe('agree')
  const other = { ...pair, packets: inPackets({ patches: 3 }) }
  expect(verdictOn(other, 'gone', true)).toEqual({ kind: 'silent', sentences: ['gone'] })
})

test('it counts as settled once nothing has moved for a while', () => {
  const isSettled = createSettling(2000)
  const before = stateOf({ ledger: inLedger(), packets: inPackets() })
  const after = stateOf({ ledger: inLedger({ bytesReceived: 12_001 }), packets: inPackets() })
  expect(isSettled('a', before, 0)).toBe(false)
  expect(isSettled('a', before, 1999)).toBe(false)
  expect(isSettled('a', after, 2000)).toBe(false)
  expect(isSettled('b', after, 3999)).toBe(false)
  expect(isSettled('a', after, 4000)).toBe(true)
})

test('an update brings changes, one of all takes the place of everything', () => {
  const state = capturing()
  const totals = {
    ...{ start, packets: 1, bytes: 1 },
    leftOut: { thinned: 0, thinnedUntil: null, forgotten: 0, forgottenUntil: null },
  }
  takeCapture(state, { totals, connections: [inPackets(), inPackets({ number: 1 })], isAll: true })
  takeCapture(state, { totals, connections: [inPackets({ patches: 13 })], isAll: false })
  expect([...state.connections.values()].map(({ patches }) => patches)).toEqual([13, 12])
  takeCapture(state, { totals, connections: [inPackets({ number: 7 })], isAll: true })
  expect([...state.connections.keys()]).toEqual([7])
  beginCapture(state, null)
  expect(state).toEqual(emptyCapture())
})
