// What makes a recording one that is kept.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Analysis } from '../../../captures/analysis.ts'
import { complaintsAbout } from '../../../captures/lab/check.ts'
import { analyseFile } from '../../../captures/lab/recorder.ts'
import type { Expectation } from '../../../captures/lab/scenario.ts'
import { scenarios } from '../../../captures/lab/scenarios.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

describe('a recording', () => {
  let analysis: Analysis
  let expected: Expectation
  beforeAll(async () => {
    analysis = await analyseFile(path.join(root, 'captures/recordings/keep-alive.pcapng'))
    const scenario = scenarios['keep-alive']
    if (scenario === undefined) throw new Error('no such scenario')
    expected = scenario.expected
  })

  test('that shows what it should is kept', () => {
    expect(complaintsAbout(analysis, expected)).toEqual([])
  })

  test.each<[string, Partial<Expectation>, string]>([
    ['a PATCH is missing', { patches: 21 }, 'PATCHes: 20 in the capture, 21 expected'],
    [
      'a range is missed',
      { connections: [2, 4] },
      'connections: 1 in the capture, 2 to 4 expected',
    ],
    [
      'an end is of another kind',
      { terminations: { reset: 1 } },
      'terminations "fin": 1 in the capture, 0 expected',
    ],
    [
      'a handshake is missing',
      { initiations: { handshake: 2 } },
      'initiations "handshake": 1 in the capture, 2 expected',
    ],
  ])('is refused when %s', (_what, change, complaint) => {
    expect(complaintsAbout(analysis, { ...expected, ...change })).toContain(complaint)
  })

  test('is refused when packets were dropped', () => {
    const file = { ...analysis.file, dropped: 3 }
    expect(complaintsAbout({ ...analysis, file }, expected)).toEqual(['dumpcap dropped 3 packets'])
  })

  test('is refused when the capture itself leaves doubts', () => {
    const note = {
      kind: 'late-start',
      weight: 'limits',
      text: 'it began late',
      connections: [],
    } as const
    expect(complaintsAbout({ ...analysis, quality: [note] }, expected)).toEqual([
      'the capture is not whole: it began late',
    ])
  })
})
