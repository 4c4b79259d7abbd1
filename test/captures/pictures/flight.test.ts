// P4 of documents: what is collected while a capture is analysed, and the picture of it.
import { expect, test } from 'vitest'
import { createAnalyser } from '../../../captures/analyse.ts'
import { createFlightWatch } from '../../../captures/command/flight-watch.ts'
import { flightPicture } from '../../../captures/report/pictures/flight.ts'
import type { Mark } from '../../../captures/report/pictures/picture.ts'
import { asPcap, uploadSegments } from '../../e2e/captures-scene.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { segments } from '../helpers/segments.ts'

function watched(file: Uint8Array) {
  const watch = createFlightWatch()
  const analyser = createAnalyser({ onSegment: watch.add })
  analyser.push(file)
  return { analysis: analyser.end(), flights: watch.flights() }
}

test('each segment and each ACK, with the window as it is meant, across the wrap of the numbers', () => {
  const { flights } = watched(
    writeCapture(
      packetsOf(
        segments(`
          isn 4294967290 17
          0.000 > S   0:0(0)        win 1000 <mss 1460,wscale 0>
          0.010 < S.  0:0(0)   ack 1 win 1000 <mss 1460,wscale 3>
          0.010 > .   1:1(0)   ack 1 win 1000
          0.020 > P.  1:21(20) ack 1 win 1000
          0.021 > P.  21:31(10) ack 1 win 1000
          0.030 < .   1:1(0)   ack 21 win 100
          0.031 < .   1:1(0)   ack 31 win 50`),
      ),
    ),
  )
  expect(flights).toHaveLength(1)
  const points = flights[0]?.points.map(({ packet, inFlight, window }) => [
    packet,
    inFlight,
    window,
  ])
  expect(points).toEqual([
    [2, 0, 1000],
    [4, 20, 1000],
    [5, 30, 1000],
    [6, 10, 800],
    [7, 0, 400],
  ])
})

test.each([
  [true, 1],
  [false, 6],
])('the most in flight is that of the analysis; kept: %s, first bursts: %i', (keeps, bursts) => {
  const { analysis, flights } = watched(
    asPcap(uploadSegments({ patches: 6, chunk: 60_000, keeps, lost: 0.005 })),
  )
  for (const { connection, points } of flights) {
    const most = analysis.connections[connection]?.maintenance.maxBytesInFlight.client
    expect(Math.max(0, ...points.map(({ inFlight }) => inFlight))).toBe(most)
    expect(points.at(-1)?.inFlight).toBe(0)
  }
  const { marks, description } = flightPicture(analysis, flights, { width: 800 })
  expect(description).toMatch(/^At most \d+\.\d.KiB of the client’s are on their way at once/)
  const titles = marks.flatMap((mark: Mark) => (mark.kind === 'group' ? [mark.title] : []))
  expect(titles.filter((title) => title.endsWith('before the first ACK'))).toHaveLength(bursts)
  const paths = marks.flatMap((mark) =>
    mark.kind === 'group' ? mark.marks.filter((one) => one.kind === 'path' && !one.isFilled) : [],
  )
  expect(paths).toHaveLength(
    flights.filter(({ points }) => points.some((p) => p.inFlight > 0)).length,
  )
  // Thinned, but no higher or lower than what was there.
  const drawn = paths.flatMap((path) =>
    path.kind === 'path' ? [...path.d.matchAll(/V([\d.]+)/g)].map(([, y]) => Number(y)) : [],
  )
  expect(Math.min(...drawn)).toBeGreaterThan(25)
  expect(Math.max(...drawn)).toBe(176)
})
