// What the page's worker keeps and answers: frames as the analysis counts them, points that a plot can show, links there and back.
import { expect, test } from 'vitest'
import { createAnalyser } from '../../../captures/analyse.ts'
import { labelsOf } from '../../../captures/report/labels.ts'
import type { Capture } from '../../../client/captures/capture.ts'
import { linkedTime, ownSpan } from '../../../client/captures/linked-time.ts'
import { hashOfView, viewOfHash } from '../../../client/captures/permalink.ts'
import { beyondWords, plotBytes } from '../../../client/captures/plot-bytes.ts'
import { firstView, type Side, type View } from '../../../client/captures/state.ts'
import { createFrameList } from '../../../client/captures/worker/frame-list.ts'
import { createFrameStore } from '../../../client/captures/worker/frame-store.ts'
import { plotOf } from '../../../client/captures/worker/offset-points.ts'
import { createAssembly, partsOf, restOf } from '../../../client/captures/worker/parts.ts'
import type { PlotData, Value } from '../../../client/captures/worker/protocol.ts'
import { rolesOf } from '../../../client/captures/worker/roles.ts'
import { asPcap, uploadSegments } from '../../e2e/captures-scene.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { segments } from '../helpers/segments.ts'
import { randomTrace } from '../helpers/trace/trace.ts'
import { aConnection, anAnalysis, anExchange, anUpload } from '../report/build-analysis.ts'

function opened(file: Uint8Array) {
  const store = createFrameStore()
  const analyser = createAnalyser({ onSegment: store.add })
  analyser.push(file)
  const analysis = analyser.end()
  const roles = rolesOf(analysis, store)
  const frames = createFrameList(store, roles, labelsOf(analysis))
  return { analysis, store, roles, frames }
}

const lossy = opened(
  asPcap(uploadSegments({ patches: 10, chunk: 60_000, keeps: true, lost: 0.02 })),
)
const whole = { connection: null, show: 'all', text: '' } as const

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'trace %i: each side sent what the analysis says it did',
  (seed) => {
    const { analysis, frames } = opened(asPcap(randomTrace(seed).segments))
    for (const { number, packetsBy } of analysis.connections) {
      const count = frames.choose({ ...whole, connection: number })
      const rows = frames.rows(0, count)
      const sent = rows.filter(({ by }) => by === 'client')
      expect({ client: sent.length, server: count - sent.length }).toEqual(packetsBy)
    }
  },
)

test('relative numbers are those of Wireshark, across the wrap too', () => {
  const { frames } = opened(
    writeCapture(
      packetsOf(
        segments(`
          isn 4294967290 4294967295
          0.000 > S   0:0(0)   <mss 1460>
          0.010 < S.  0:0(0)   ack 1 <mss 1460>
          0.010 > .   1:1(0)   ack 1
          0.020 > P.  1:21(20) ack 1
          0.030 < .   1:1(0)   ack 21
        `),
      ),
    ),
  )
  expect(frames.choose(whole)).toBe(5)
  const told = frames
    .rows(0, 5)
    .map(({ flags, by, sequence, acknowledgement }) => [flags, by, sequence, acknowledgement])
  expect(told).toEqual([
    ['SYN', 'client', 0, null],
    ['SYN, ACK', 'server', 0, 1],
    ['ACK', 'client', 1, 1],
    ['PSH, ACK', 'client', 1, 1],
    ['ACK', 'server', 1, 21],
  ])
})

test('filters pass what they name, and find a frame among the rest', () => {
  const { frames, analysis } = lossy
  const retransmissions = analysis.connections[0]?.maintenance.retransmissions ?? 0
  expect(retransmissions).toBeGreaterThan(3)
  frames.choose({ ...whole, show: 'losses' })
  const resent = frames
    .rows(0, 10_000)
    .filter(({ marks }) => marks.some((mark) => /retransmission/.test(mark)))
  expect(resent).toHaveLength(retransmissions)
  expect(frames.choose({ ...whole, text: 'PATCH begins EXCHANGE' })).toBe(10)
  const [first] = frames.rows(0, 1)
  expect(frames.find(first?.packet ?? 0)?.index).toBe(0)
  expect(frames.find(1)?.index).toBe(-1)
  expect(frames.find(1_000_000)).toBeNull()
})

test('the points of an upload rise to its length, and keep every segment that was sent again', () => {
  const { analysis, store, roles } = lossy
  const [upload] = analysis.uploads
  if (upload === undefined) throw new Error('no upload')
  const all = { upload: upload.url, from: 0, to: analysis.file.duration }
  const fine = plotOf(analysis, store, roles, { ...all, columns: 100_000 })
  const coarse = plotOf(analysis, store, roles, { ...all, columns: 12 })
  expect(coarse.segments).toBe(fine.segments)
  expect(coarse.times.length).toBeLessThan(fine.times.length / 1.5)
  expect(there(coarse.flagged)).toEqual(there(fine.flagged))
  for (const { lines, answered, times } of [fine, coarse]) {
    const offsets = there(lines[0] ?? [])
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
    expect(Math.max(...offsets, ...there(answered))).toBe(600_000)
    expect(there(answered)).toHaveLength(10)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  }
  // All that was out has been acknowledged in the end.
  expect(there(fine.inFlight[0] ?? []).at(-1)).toBe(0)
})

test('a connection for each PATCH gives lines by turns, broken between connections', () => {
  const { analysis, store, roles } = opened(
    asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: false })),
  )
  const [upload] = analysis.uploads
  const plot = plotOf(analysis, store, roles, {
    upload: upload?.url ?? '',
    from: 0,
    to: analysis.file.duration,
    columns: 500,
  })
  expect(plot.connections.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(plot.lines.length).toBeGreaterThan(1)
  for (const numbers of plot.connections)
    for (const number of numbers) expect(numbers).not.toContain(number + 1)
  for (const lists of [plot.lines, plot.acknowledged, plot.inFlight, plot.window]) {
    // Broken until the next connection says something of its own, so that no line leads from one to the other.
    const breaks = lists.flatMap((list) =>
      list.filter((value, index) => value === null && list[index + 1] !== null),
    )
    expect(breaks.length).toBeGreaterThanOrEqual(3)
    for (const list of lists)
      list.forEach((value, index) => {
        if (value === null && index + 1 < list.length) expect(list[index + 1]).not.toBeUndefined()
      })
  }
})

const there = (values: readonly Value[] = []) => values.flatMap((value) => value ?? [])

test('what is acknowledged follows what is sent, the window and the first burst are those of the segments', () => {
  const { analysis, store, roles } = opened(
    asPcap(uploadSegments({ patches: 5, chunk: 60_000, keeps: true })),
  )
  const [upload] = analysis.uploads
  const question = { upload: upload?.url ?? '', from: 0, to: analysis.file.duration }
  const fine = plotOf(analysis, store, roles, { ...question, columns: 100_000 })
  const [sent, acknowledged, window] = [fine.lines[0], fine.acknowledged[0], fine.window[0]]
  const acked = there(acknowledged)
  expect(acked.length).toBeGreaterThan(20)
  expect(acked).toEqual([...acked].sort((a, b) => a - b))
  expect(acked.at(-1)).toBe(300_000)
  // Never before it was sent, and a round trip behind it.
  let reached = 0
  const behind: number[] = []
  fine.times.forEach((time, index) => {
    reached = Math.max(reached, sent?.[index] ?? 0)
    const ack = acknowledged?.[index]
    if (ack == null || ack === 0) return
    expect(ack).toBeLessThanOrEqual(reached)
    const first = fine.times.find((_, at) => (sent?.[at] ?? 0) >= ack)
    behind.push(time - (first ?? 0))
  })
  expect(Math.min(...behind)).toBeGreaterThan(0.039)
  // The window as the server's segments say it, scaled.
  const says = new Set<number>()
  for (let index = 0; index < store.count; index++) {
    if (store.columns.direction[index] !== roles.clientDirection(0))
      says.add(store.columns.window[index] ?? 0)
  }
  const windows = there(window)
  expect(windows.length).toBeGreaterThan(0)
  for (const value of windows) expect(says).toContain(value)
  // One burst, before the first ACK came.
  const bursts = fine.bursts.flatMap((value, index) => (value == null ? [] : [{ value, index }]))
  expect(bursts).toHaveLength(1)
  const { value = 0, index = 0 } = bursts[0] ?? {}
  const [before, after] = [
    there(fine.inFlight[0]?.slice(0, index + 2)),
    there(fine.inFlight[0]?.slice(index + 2)),
  ]
  expect(before.at(-1)).toBe(value)
  expect(before).toEqual([...before].sort((a, b) => a - b))
  expect(after[0]).toBeLessThan(value)
  const coarse = plotOf(analysis, store, roles, { ...question, columns: 12 })
  expect(there(coarse.bursts)).toEqual([value])
  expect(Math.min(...there(coarse.window[0]))).toBe(Math.min(...windows))
})

test('each connection has its first burst; a part of the time has those in it', () => {
  const { analysis, store, roles } = opened(
    asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: false })),
  )
  const question = { upload: analysis.uploads[0]?.url ?? '', columns: 500 }
  const all = plotOf(analysis, store, roles, { ...question, from: 0, to: analysis.file.duration })
  expect(there(all.bursts)).toHaveLength(6)
  const from = analysis.connections[3]?.start ?? 0
  const some = plotOf(analysis, store, roles, { ...question, from, to: analysis.file.duration })
  expect(there(some.bursts)).toEqual(there(all.bursts).slice(2))
})

test('two captures on one time: since the SYN, or since the earlier of both began', () => {
  const early = { start: '2026-03-01T10:00:00.000000000Z', duration: 9 }
  const late = { start: '2026-03-01T10:00:05.000000000Z', duration: 9 }
  const capture = (file: typeof early, start: number, end: number): Capture => {
    const analysis = anAnalysis({ file, connections: [aConnection({ start, end })] })
    const refuse = () => Promise.reject(new Error('not here'))
    return {
      name: 'x',
      analysis,
      chooseFrames: refuse,
      frameRows: refuse,
      findFrame: refuse,
      plot: refuse,
      trim: refuse,
      close: () => undefined,
    }
  }
  const [a, b] = [capture(early, 1, 4), capture(late, 2, 9)]
  const timeOf = (captures: Readonly<Record<Side, Capture | null>>, change: Partial<View>) => {
    const time = linkedTime({ captures, view: { ...firstView, ...change } })
    if (time === null) throw new Error('no time')
    const own = (one: Capture | null) => (one === null ? null : ownSpan(time, one.analysis))
    return { whole: time.whole, a: own(captures.a), b: own(captures.b) }
  }
  expect(linkedTime({ captures: { a: null, b: null }, view: firstView })).toBeNull()
  expect(timeOf({ a, b: null }, {})).toEqual({
    whole: { from: 1, to: 4 },
    a: { from: 1, to: 4 },
    b: null,
  })
  const sinceSyn = { whole: { from: 0, to: 7 }, a: { from: 1, to: 8 }, b: { from: 2, to: 9 } }
  expect(timeOf({ a, b }, { axis: 'syn' })).toEqual(sinceSyn)
  expect(timeOf({ a, b }, { axis: 'patch' })).toEqual(sinceSyn)
  expect(timeOf({ a, b }, { axis: 'clock' })).toEqual({
    whole: { from: 1, to: 14 },
    a: { from: 1, to: 14 },
    b: { from: -4, to: 9 },
  })
  expect(timeOf({ a, b }, { axis: 'syn', span: { from: 2, to: 3 } })).toMatchObject({
    a: { from: 3, to: 4 },
    b: { from: 4, to: 5 },
  })
})

test('of bytes both captures show the same; a window far beyond is left out, and told', () => {
  const points = (most: number, flight: number, window: readonly number[]): PlotData => ({
    times: window.map((_, index) => index),
    packets: window.map(() => 1),
    lines: [[most / 2, most]],
    flagged: [],
    answered: [most],
    acknowledged: [[most]],
    inFlight: [[0, flight]],
    window: [window],
    bursts: [undefined],
    connections: [[0]],
    segments: 2,
  })
  const near = points(1000, 600, [900, 1000])
  const far = points(3000, 700, [65_536, 131_072])
  expect(plotBytes([near, far], 4000)).toEqual({ offsets: [0, 4121], flight: [0, 756] })
  expect(plotBytes([near], null).offsets).toEqual([475, 1026])
  expect(plotBytes([near], 1000).flight).toEqual([0, 1080])
  expect(beyondWords(near, plotBytes([near], 1000))).toBe('')
  expect(beyondWords(far, plotBytes([near, far], 4000)).replaceAll('\u00a0', ' ')).toBe(
    'The receive window of the server lies above this picture: 64.0 KiB to 128 KiB.',
  )
  expect(
    beyondWords(points(9, 1000, [900, 4096]), plotBytes([points(9, 1000, [900, 4096])], 9)),
  ).toMatch(/reaches up to 4\.0.KiB/)
})

test('an analysis arrives in parts, none of them large, and is whole again', () => {
  const exchanges = (count: number) =>
    Array.from({ length: count }, (_, n) => anExchange({ number: n + 1 }))
  const counts = [0, 1, 999, 1000, 1001, 2500, 0, 3, ...Array.from({ length: 1200 }, () => 1), 4000]
  const analysis = anAnalysis({
    connections: counts.map((count, number) =>
      aConnection({ number, exchanges: exchanges(count) }),
    ),
    uploads: Array.from({ length: 2100 }, (_, n) => anUpload({ url: `/files/${n}` })),
  })
  const parts = [...partsOf(analysis)]
  for (const { connections, exchanges: more, uploads } of parts) {
    const own = connections.reduce((sum, one) => sum + 1 + one.exchanges.length, 0)
    expect(own + more.length + uploads.length).toBeLessThanOrEqual(251)
    expect(own + more.length + uploads.length).toBeGreaterThan(0)
  }
  expect(parts.length).toBeLessThan(70)
  const assembly = createAssembly()
  for (const part of structuredClone(parts)) assembly.add(part)
  expect(assembly.whole(structuredClone(restOf(analysis)))).toEqual(analysis)
  const none = createAssembly()
  expect([...partsOf(anAnalysis())]).toEqual([])
  expect(none.whole(restOf(anAnalysis()))).toEqual(anAnalysis())
})

test('a link leads to the place that it was made of; what makes no sense in it is left out', () => {
  const view: View = {
    ...firstView,
    file: 'a b&c#.pcap',
    other: '三月.pcapng',
    side: 'b',
    connection: 3,
    frame: 90,
    span: { from: 0.1, to: 0.25 },
    upload: '/files/x?y',
    show: 'losses',
    text: 'fin = &',
    isOnlyConnection: true,
    axis: 'patch',
  }
  expect(viewOfHash(hashOfView(view))).toEqual(view)
  expect(hashOfView(firstView)).toBe('')
  expect(viewOfHash('#connection=-1&frame=1e9&time=5-2&show=everything&side=c&axis=%%')).toEqual(
    firstView,
  )
})
