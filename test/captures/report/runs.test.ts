// Several runs a side: the median one is compared, the spread is told, and whether both overlap.
import { expect, test } from 'vitest'
import { compare } from '../../../captures/report/compare.ts'
import { compareText } from '../../../captures/report/compare-text.ts'
import { compareRuns, type Run } from '../../../captures/report/runs.ts'
import { anAnalysis, MiB } from './build-analysis.ts'
import { simulateUpload } from './simulate-upload.ts'

/** So many milliseconds to send each of the eight PATCHes, twice as many for the first on a connection. */
const run = (name: string, send: number, perConnection = 8, chunk = MiB): Run => ({
  name: `runs/${name}.pcapng`,
  analysis: simulateUpload({
    ...{ patches: 8, chunk, perConnection, rtt: 0.04, serverTime: 0.002, idle: 5 },
    firstSend: send / 500,
    send: send / 1000,
  }),
})
const kept = [run('k1', 104), run('k2', 90), run('k3', 100)]
const closed = [run('c1', 101, 1), run('c2', 95, 1), run('c3', 120, 1)]

test('the run with the median time stands for its side', () => {
  const comparison = compareRuns(kept, closed)
  const { runs, verdict, ...rest } = comparison
  const [, , third] = kept
  const [first] = closed
  if (third === undefined || first === undefined) throw new Error('no runs')
  const { verdict: plain, ...alone } = compare(third.analysis, first.analysis, {
    a: third.name,
    b: first.name,
  })
  expect({ ...rest, runs: null }).toEqual(alone)
  expect(runs?.a).toMatchObject({
    captures: ['k1.pcapng', 'k2.pcapng', 'k3.pcapng'],
    counted: 3,
    chosen: 'k3.pcapng',
  })
  expect(verdict.startsWith(plain)).toBe(true)
  expect(verdict.slice(plain.length)).toMatch(
    /^ Median of 3 runs each \(A \d\.\d\d s to \d\.\d\d s, B \d\.\d\d s to \d\.\d\d s\): the times of both do not overlap\.$/,
  )
  const total = runs?.a.figures.find(({ name }) => name === 'total')
  expect(total?.median).toBeCloseTo(alone.figures.find(({ name }) => name === 'total')?.a ?? 0, 9)
  expect(total?.least).toBeLessThan(total?.median ?? 0)
  expect(total?.most).toBeGreaterThan(total?.median ?? 0)
  expect(runs?.a.figures.find(({ name }) => name === 'patches')).toEqual({
    name: 'patches',
    median: 8,
    least: 8,
    most: 8,
  })
})

test('the text shows the spread of what differs, and of nothing else', () => {
  const text = compareText(compareRuns(kept, closed), { width: 100, colour: false })
  const [, table = ''] = /Spread of the runs, 3 of A and 3 of B\n([\s\S]*?)\n\n/.exec(text) ?? []
  expect(table).toMatch(
    /time, first SYN to last answer +1\.\d\d.s – 1\.\d\d.s +\d\.\d\d.s – \d\.\d\d.s/,
  )
  expect(table).not.toContain('PATCHes')
})

test('where the times of both overlap, that is said', () => {
  const { verdict } = compareRuns(
    [run('a1', 100), run('a2', 130)],
    [run('b1', 110), run('b2', 90), run('b3', 111)],
  )
  expect(verdict).toMatch(
    /Median of 2 and 3 runs \(.*\): the times of both overlap, so the difference may be chance\.$/,
  )
})

test('runs of the same name in several folders are told apart', () => {
  const [first, second] = [run('monday/kept', 100), run('tuesday/kept', 130)]
  const { names, runs } = compareRuns([first, second], [run('monday/closed', 100, 1)])
  expect(names.a).toBe('monday/kept.pcapng')
  expect(runs?.a).toMatchObject({
    captures: ['monday/kept.pcapng', 'tuesday/kept.pcapng'],
    chosen: 'monday/kept.pcapng',
  })
  expect(runs?.b.captures).toEqual(['closed.pcapng'])
})

test('of an even number the median is a run that was recorded, the faster one in the middle', () => {
  const four = [run('a', 100), run('b', 140), run('c', 120), run('d', 110)]
  expect(compareRuns(four, closed).runs?.a.chosen).toBe('d.pcapng')
})

test('one run each is the plain comparison', () => {
  const [a, b] = [kept[0], closed[0]]
  if (a === undefined || b === undefined) throw new Error('no runs')
  expect(compareRuns([a], [b])).toEqual(compare(a.analysis, b.analysis, { a: a.name, b: b.name }))
})

test('runs without an upload are left out, runs of other amounts are told', () => {
  const empty: Run = { name: 'empty.pcap', analysis: anAnalysis() }
  const { limits, comparability, runs } = compareRuns(
    [...kept, empty],
    [...closed, run('c4', 101, 1, 2 * MiB)],
  )
  expect(runs?.a.counted).toBe(3)
  expect(limits).toContain('1 run of A without an upload: left out')
  expect(comparability.reasons).toContain(
    'the runs of B carry different amounts, 8.0 MiB to 16.0 MiB',
  )
  const none = compareRuns([empty, empty], closed)
  expect(none.comparability.kind).toBe('refused')
  expect(none.verdict).toMatch(/^Not compared: empty\.pcap shows no upload/)
  expect(none.runs?.a).toMatchObject({ counted: 0 })
})
