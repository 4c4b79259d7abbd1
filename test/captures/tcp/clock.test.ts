// A clock that goes back while it records: said, since times across that place mean nothing.
import { expect, test } from 'vitest'
import type { QualityNote } from '../../../captures/analysis.ts'
import { plain } from '../../../captures/report/prose.ts'
import { captureClause, uncertainties } from '../../../captures/report/sentences/quality.ts'
import { blocksIn, concat, u8 } from '../format/build.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { explain } from '../helpers/explain.ts'
import { segments } from '../helpers/segments.ts'

const text = `
  0.000 > S  0:0(0)         <mss 1460>
  0.020 < S. 0:0(0)   ack 1 <mss 1460>
  0.021 > .  1:1(0)   ack 1
  0.030 > P.          1:101(100) ack 1
  0.050 < .  1:1(0)   ack 101
  0.060 > P.          101:201(100) ack 1
  0.080 < .  1:1(0)   ack 201`

/** The same packets, with each one's time moved. */
const moved = (by: readonly number[]) =>
  packetsOf(segments(text)).map((packet, n) => ({
    ...packet,
    time: packet.time + Math.round((by[n] ?? 0) * 1e9),
  }))

const clockNotes = ({ quality }: { readonly quality: readonly QualityNote[] }) =>
  quality.filter(({ kind }) => kind === 'clock')

test('each step back counts, the furthest and the first are told', () => {
  const { analysis } = explain(writeCapture(moved([0, 0, 0, 3, 1, 1, 0.99])))
  expect(clockNotes(analysis)).toEqual([
    {
      kind: 'clock',
      weight: 'limits',
      text: "The recorder's clock goes back once, by up to 1.980000 s, the first time at packet 5: times across such a place are too short, or negative. A clock that was set forward cannot be told from silence.",
      connections: [],
    },
  ])
  expect(plain(captureClause(analysis))).toBe('capture limited: the clock jumped')
  expect(uncertainties(analysis, 0, ['times']).map(plain)).toEqual([
    'Times are uncertain because the recorder’s clock jumped while it recorded.',
  ])
  const twice = explain(writeCapture(moved([0, 0, 5, 3, 2, 2, 0])))
  expect(clockNotes(twice.analysis)[0]?.text).toMatch(
    /goes back 3 times, by up to 1\.991000 s, the first time at packet 4:/,
  )
})

test.each([
  ['goes on', [0, 0, 0, 0, 0, 0, 0]],
  ['is set forward', [0, 0, 0, 9, 9, 9, 9]],
  ['is that of two processors, less than a millisecond apart', [0, 0, -0.0015, 0, 0, -0.0105, 0]],
])('nothing is said of one that %s', (_, by) => {
  expect(clockNotes(explain(writeCapture(moved(by))).analysis)).toEqual([])
})

test('two interfaces have two clocks', () => {
  const make = blocksIn('little')
  const nanoseconds = { options: [{ code: 9, value: u8(9) }] }
  const onTwo = (isApart: boolean) =>
    concat(
      make.section(),
      make.interface(nanoseconds),
      make.interface(nanoseconds),
      ...moved([0, -4, 0, -4, 0, -4, 0]).map(({ time, bytes }, n) =>
        make.enhanced({
          ticks: 1_790_000_000_000_000_000n + BigInt(time),
          bytes,
          interface: isApart ? n % 2 : 0,
        }),
      ),
    )
  expect(clockNotes(explain(onTwo(true)).analysis)).toEqual([])
  expect(clockNotes(explain(onTwo(false)).analysis)).toHaveLength(1)
})

test('a clock that was set back is no second queue of the recorder', () => {
  const back = moved([0, 0, 0, 0, 0, 0, 0])
  const [first, second] = [back[3], back[5]]
  if (first === undefined || second === undefined) throw new Error('too few packets')
  // Two segments the other way round, the later one 153 s before the first, or by the queues of one machine.
  const swapped = (seconds: number) => {
    const late = { ...first, time: second.time - seconds * 1e9 }
    const { quality } = explain(writeCapture([...back.slice(0, 3), second, late])).analysis
    return quality.map(({ kind }) => kind)
  }
  expect(swapped(153)).not.toContain('reordered-by-tap')
  expect(swapped(20e-6)).toContain('reordered-by-tap')
})
