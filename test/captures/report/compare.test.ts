// Two captures held against each other: what is said first, what adds up, and what is refused.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Analysis } from '../../../captures/analysis.ts'
import { compare } from '../../../captures/report/compare.ts'
import { compareText } from '../../../captures/report/compare-text.ts'
import type { Comparison } from '../../../captures/report/comparison.ts'
import { columnsOf } from '../../../captures/report/layout.ts'
import { rounded } from '../../../captures/report/rounded.ts'
import { anAnalysis, KiB, MiB } from './build-analysis.ts'
import {
  closed40,
  closed200,
  closedLossy,
  kept40,
  keptAlive,
  keptLossy,
  refused,
} from './scenarios.ts'
import { type Plan, simulateUpload } from './simulate-upload.ts'

const expected = (name: string) =>
  fileURLToPath(new URL(`../../expected/captures/${name}.txt`, import.meta.url))
const names = { a: 'kept.pcapng', b: 'closed.pcapng' }
const plan: Plan = {
  patches: 8,
  chunk: MiB,
  perConnection: 8,
  rtt: 0.04,
  firstSend: 0.2,
  send: 0.1,
  serverTime: 0.002,
  idle: 5,
}
const upload = (parts: Partial<Plan> = {}) => simulateUpload({ ...plan, ...parts })
const verdict = (a: Analysis, b: Analysis) => compare(a, b, names).verdict
const whole = (seconds: number) => Math.round(seconds * 1e9)

test('closing after each PATCH is priced', () => {
  expect(verdict(kept40(), closed40())).toBe(
    'Closing after each PATCH cost 39 more handshakes (1.57 s) and slow start (4.91 s): 6.48 s of the 6.49 s difference; 0.00 s unexplained.',
  )
})

test('the order of the captures doesn’t change who was slower', () => {
  expect(verdict(closed40(), kept40())).toBe(verdict(kept40(), closed40()))
})

test('on a lossy link keeping can be slower, and the cause is named', () => {
  expect(verdict(keptLossy(), closedLossy())).toBe(
    'Keeping the connection was slower here, by 2.02 s: waiting for the congestion window took 9.22 s more. The 39 handshakes that it saved (1.57 s) and the slow starts (5.07 s) did not make up for that; 0.00 s unexplained.',
  )
})

test('equal captures differ in nothing', () => {
  const {
    verdict: said,
    comparability,
    difference,
  } = compare(kept40(), kept40(), { a: 'x.pcap', b: 'x.pcap' })
  expect(said).toBe('No difference to speak of: 3.53 s and 3.53 s.')
  expect(comparability).toEqual({ kind: 'same-work', reasons: [] })
  expect(difference?.total.difference).toBe(0)
})

test('where handshakes cost nothing, closing makes no difference, and that is said', () => {
  const plain = { rtt: 20e-6, firstSend: 0.1 }
  expect(verdict(upload(plain), upload({ ...plain, perConnection: 1 }))).toBe(
    'No difference to speak of: 817.0 ms and 818.5 ms, although one made 7 more handshakes.',
  )
})

test('more connections are not blamed for what something else cost', () => {
  expect(verdict(upload(), upload({ perConnection: 1, firstSend: 0.2, serverTime: 0.4 }))).toBe(
    'closed.pcapng took 4.16 s longer than kept.pcapng: server time took 3.18 s more, slow start took 0.70 s more and handshakes took 0.28 s more; 0.00 s unexplained.',
  )
})

test('handshakes that weigh little are told at the end', () => {
  expect(verdict(upload(), upload({ perConnection: 4, serverTime: 0.4 }))).toBe(
    'closed.pcapng took 3.32 s longer than kept.pcapng: server time took 3.18 s more; 0.00 s unexplained. 1 handshake more took 0.04 s of that.',
  )
})

test('another chunk size is a comparison, not an obstacle', () => {
  const { comparability, verdict: said } = compare(
    upload(),
    upload({ patches: 32, perConnection: 32, chunk: 256 * KiB, send: 0.025, firstSend: 0.125 }),
    names,
  )
  expect(comparability).toEqual({
    kind: 'same-work',
    reasons: ['kept.pcapng sends the file in 8 PATCHes, closed.pcapng in 32 PATCHes'],
  })
  expect(said).toBe(
    'closed.pcapng took 1.01 s longer than kept.pcapng (PATCHes of 256 KiB, not 1.0 MiB): round trips to the answers took 0.96 s more; 0.00 s unexplained.',
  )
})

test('some connections instead of one', () => {
  const slowStart = { firstWaits: { acknowledgement: 0.1, acknowledgementRounds: 3 } }
  expect(verdict(upload(slowStart), upload({ ...slowStart, perConnection: 2 }))).toBe(
    'Using 4 connections instead of 1 cost 3 more handshakes (0.12 s) and slow start (0.30 s): 0.42 s of the 0.42 s difference; 0.00 s unexplained.',
  )
})

test('another amount of the file is scaled, and that is said', () => {
  const {
    comparability,
    verdict: said,
    difference,
    budgets,
  } = compare(upload(), upload({ patches: 4, perConnection: 1 }), names)
  expect(comparability).toEqual({
    kind: 'normalised',
    reasons: [
      'kept.pcapng carries 8.0 MiB of the file, closed.pcapng 4.0 MiB: the times of closed.pcapng are scaled by 2.000',
      'kept.pcapng sends the file in 8 PATCHes, closed.pcapng in 4 PATCHes',
    ],
  })
  expect(said).toMatch(/The times of closed\.pcapng are scaled to the same work\.$/)
  expect(difference?.total.b).toBeCloseTo(2 * (budgets.b?.total ?? 0), 8)
})

test('another round trip scales what consists of round trips, nothing else', () => {
  const { comparability, difference, budgets } = compare(upload(), upload({ rtt: 0.08 }), names)
  expect(comparability.kind).toBe('normalised')
  expect(comparability.reasons[0]).toBe(
    'the round trip is 40.0 ms in kept.pcapng, 80.0 ms in closed.pcapng: what consists of round trips is scaled by 0.500 in closed.pcapng',
  )
  const of = (cause: string) => ({
    measured: budgets.b?.causes.find((one) => one.cause === cause)?.seconds ?? 0,
    scaled: difference?.terms.find((one) => one.cause === cause)?.b ?? 0,
  })
  expect(of('handshake').scaled).toBeCloseTo(of('handshake').measured / 2, 8)
  expect(of('sending').scaled).toBe(of('sending').measured)
})

test('round trips that differ by less than a millisecond are alike', () => {
  expect(compare(upload({ rtt: 20e-6 }), upload({ rtt: 200e-6 }), names).comparability.kind).toBe(
    'same-work',
  )
})

test.each([
  ['no upload', upload(), refused(), 'Not compared: closed.pcapng shows no upload.'],
  [
    'no upload on either side',
    anAnalysis(),
    refused(),
    'Not compared: kept.pcapng shows no upload; closed.pcapng shows no upload.',
  ],
  [
    'another order of amount',
    keptAlive(),
    closed200(),
    'Not compared: kept.pcapng carries 20.0 MiB of the file, closed.pcapng 200 MiB: too different to be scaled to one another.',
  ],
  [
    'another path',
    upload({ rtt: 0.01 }),
    upload({ rtt: 0.1 }),
    'Not compared: the round trip is 10.0 ms in kept.pcapng, 100 ms in closed.pcapng: the paths are too different.',
  ],
])('%s is refused', (_why, a, b, said) => {
  const comparison = compare(a, b, names)
  expect(comparison.verdict).toBe(said)
  expect(comparison.comparability.kind).toBe('refused')
  expect(comparison.difference).toBeNull()
  expect(compareText(comparison, { colour: false, width: 80 })).toContain(
    'The times are not held against each other.',
  )
})

test('an upload that is not complete is named, and compared by what arrived', () => {
  const half = upload()
  const { comparability } = compare(
    upload(),
    {
      ...half,
      uploads: half.uploads.map((one) => ({ ...one, length: 64 * MiB, complete: false })),
    },
    names,
  )
  expect(comparability.reasons).toEqual([
    'the upload of closed.pcapng is not complete: 8.0 MiB of 64.0 MiB',
  ])
})

test('limits of a capture make the verdict uncertain', () => {
  const doubtful: Analysis = {
    ...closed40(),
    quality: [
      { kind: 'dropped', weight: 'limits', text: '17 packets were dropped.', connections: [] },
    ],
  }
  const comparison = compare(kept40(), doubtful, names)
  expect(comparison.limits).toEqual(['closed.pcapng: 17 packets were dropped.'])
  expect(comparison.verdict).toMatch(/Uncertain, because of limits of the captures\.$/)
})

test('paths are cut to what tells them apart', () => {
  const called = (a: string, b: string) => compare(kept40(), closed40(), { a, b }).names
  expect(called('/tmp/x/a.pcap', '/tmp/y/b.pcap')).toEqual({ a: 'a.pcap', b: 'b.pcap' })
  expect(called('/tmp/x/a.pcap', '/tmp/y/a.pcap')).toEqual({ a: 'x/a.pcap', b: 'y/a.pcap' })
  expect(called('a.pcap', 'a.pcap')).toEqual({ a: 'a.pcap (first)', b: 'a.pcap (second)' })
})

test('the document survives JSON', () => {
  const comparison = compare(kept40(), closed40(), names)
  const again: Comparison = JSON.parse(JSON.stringify(comparison))
  expect(again).toEqual(comparison)
  expect(JSON.stringify(comparison)).not.toContain('\u00a0')
})

const pairs: [string, Analysis, Analysis][] = [
  ['kept against closed', kept40(), closed40()],
  ['lossy', keptLossy(), closedLossy()],
  [
    'scaled amount',
    upload(),
    upload({ patches: 3, perConnection: 1, rtt: 0.031, send: 0.0777777 }),
  ],
  ['scaled round trip', upload({ rtt: 0.0333 }), upload({ rtt: 0.0777, perConnection: 3 })],
]

test.each(pairs)('every column adds up exactly: %s', (_name, a, b) => {
  const { difference, budgets } = compare(a, b, names)
  if (difference === null || budgets.a === null || budgets.b === null) throw new Error('refused')
  for (const column of ['a', 'b', 'difference'] as const) {
    const sum = difference.terms.reduce((all, term) => all + whole(term[column]), 0)
    expect(sum).toBe(whole(difference.total[column]))
  }
  for (const { total, causes } of [budgets.a, budgets.b]) {
    expect(causes.reduce((all, one) => all + whole(one.seconds), 0)).toBe(whole(total))
  }
})

test.each(pairs)('the figures shown add up as well: %s', (_name, a, b) => {
  const { difference } = compare(a, b, names)
  if (difference === null) throw new Error('refused')
  const { terms, total } = rounded(difference)
  for (const column of ['a', 'b', 'difference'] as const) {
    expect(terms.reduce((all, term) => all + term[column], 0)).toBe(total[column])
  }
})

test.each([
  ['compare-kept-closed', kept40(), closed40(), 80],
  ['compare-kept-closed-120', kept40(), closed40(), 120],
  ['compare-lossy', keptLossy(), closedLossy(), 80],
  ['compare-refused', kept40(), refused(), 80],
  ['compare-scaled', kept40(), keptAlive(), 80],
])('%s', async (name, a, b, width) => {
  const comparison = compare(a, b, { a: 'recordings/a.pcapng', b: 'recordings/b.pcapng' })
  const text = compareText(comparison, { colour: false, width })
  expect(text.split('\n').filter((line) => columnsOf([line]) > width)).toEqual([])
  await expect(text).toMatchFileSnapshot(expected(name))
})

test('colour adds nothing but colour', () => {
  const comparison = compare(kept40(), closed40(), names)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours.
  const bare = compareText(comparison, { colour: true, width: 80 }).replace(/\x1b\[[0-9;]*m/g, '')
  expect(bare).toBe(compareText(comparison, { colour: false, width: 80 }))
})
