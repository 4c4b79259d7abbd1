// The short way of the usual segment and the full judgement come to the same. Whoever watches segments gets the full one, so that one
// analysis with a watcher and one without are held against each other.
import { expect, test } from 'vitest'
import { createAnalyser } from '../../../captures/analyse.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { joinedTraces } from '../helpers/trace/trace.ts'

test.for([1000, 1010, 1020, 1030])(
  'analysis with and without a watcher, traces from %d',
  (first) => {
    const capture = writeCapture(packetsOf(joinedTraces(first, 10)))
    let watched = 0
    const [withWatcher, without] = [
      {
        onSegment: () => {
          watched += 1
        },
      },
      {},
    ].map((options) => {
      const analyser = createAnalyser(options)
      analyser.push(capture)
      return analyser.end()
    })
    expect(watched).toBeGreaterThan(500)
    expect(without).toEqual(withWatcher)
  },
)
