// What the page's worker keeps and answers: frames as the analysis counts them, points that a plot can show, links there and back.
import { expect, test } from 'vitest'
import { createAnalyser } from '../../../captures/analyse.ts'
import { labelsOf } from '../../../captures/report/labels.ts'
import { hashOfView, viewOfHash } from '../../../client/captures/permalink.ts'
import { firstView, type View } from '../../../client/captures/state.ts'
import { createFrameList } from '../../../client/captures/worker/frame-list.ts'
import { createFrameStore } from '../../../client/captures/worker/frame-store.ts'
import { plotOf } from '../../../client/captures/worker/offset-points.ts'
import type { Value } from '../../../client/captures/worker/protocol.ts'
import { rolesOf } from '../../../client/captures/worker/roles.ts'
import { asPcap, uploadSegments } from '../../e2e/captures-scene.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { segments } from '../helpers/segments.ts'
import { randomTrace } from '../helpers/trace/trace.ts'

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
  const there = (values: readonly Value[]) => values.flatMap((value) => value ?? [])
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
  const breaks = plot.lines.flatMap((line) => line.filter((value) => value === null)).length
  expect(breaks).toBeGreaterThanOrEqual(3)
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
