// What each connection was opened for, case by case.
import { describe, expect, test } from 'vitest'
import type { ConnectionPurpose, ExchangeUpload, Termination } from '../../../captures/analysis.ts'
import {
  type ConnectionFacts,
  type ExchangeFacts,
  purposesOf,
} from '../../../captures/tus/purpose.ts'

function exchange(
  start: number,
  end: number | null,
  parts: Partial<ExchangeFacts> = {},
): ExchangeFacts {
  return {
    start,
    end,
    status: end === null ? null : 204,
    connectionClose: false,
    upload: null,
    ...parts,
  }
}

const upload = (
  action: ExchangeUpload['action'],
  url = '/files/1',
): Pick<ExchangeFacts, 'upload'> => ({
  upload: {
    url,
    protocol: 'tus',
    action,
    from: null,
    to: null,
    answeredOffset: null,
    isConsistent: null,
    sequence: null,
    version: null,
    checksum: null,
    isDamaged: false,
    progress: [],
  },
})

type Ending = readonly [kind: Termination['kind'], by: Termination['by'], time: number]

interface Sketch {
  readonly start: number
  readonly exchanges?: readonly ExchangeFacts[]
  readonly ended?: Ending
  readonly opening?: ConnectionFacts['initiation']['kind']
  readonly bytes?: number
  readonly client?: string
  readonly port?: number
}

function factsOf(sketch: Sketch, number: number): ConnectionFacts {
  const { start, exchanges = [exchange(start + 0.02, start + 1)], ended, opening, bytes } = sketch
  const [kind, by, time] = ended ?? ['open', null, null]
  const segment = {
    packet: 9,
    what: 'FIN, ACK',
    sequence: 1,
    acknowledgement: 1,
    length: 0,
  } as const
  const states = { clientState: 'FIN-WAIT-1', serverState: 'ESTABLISHED' } as const
  return {
    number,
    start,
    end: 100,
    client: { address: sketch.client ?? '10.0.0.1', port: 40_000 + number },
    server: { address: '10.0.0.2', port: sketch.port ?? 8080 },
    payloadBytes: { client: bytes ?? 100, server: bytes ?? 100 },
    exchanges,
    initiation: {
      kind: opening ?? 'handshake',
      packets: [],
      segments: [],
      duration: 0.01,
      rtt: 0.01,
      rttToServer: 0.01,
      synRetransmissions: 0,
      synAckRetransmissions: 0,
      fastOpenBytes: 0,
      isOtherSynUnseen: false,
      client: null,
      server: null,
    },
    termination: {
      kind,
      by,
      packets: [],
      duration: 0,
      segments: time === null || by === null ? [] : [{ ...segment, ...states, time, by }],
      form: null,
      cause: 'unknown',
      idleBefore: null,
      bytesAfterFin: { client: 0, server: 0 },
      unacknowledgedBytes: { client: 0, server: 0 },
      resets: 0,
      resetsBy: { client: 0, server: 0 },
      resetSpan: 0,
    },
  }
}

/** `first`, `after-fin 0` … for each. */
const purposes = (...sketches: readonly Sketch[]): string[] => purposesIn(sketches)

const purposesIn = (sketches: readonly Sketch[]): string[] =>
  purposesOf(sketches.map(factsOf)).map(({ reason, connection }: ConnectionPurpose) =>
    connection === null ? reason : `${reason} ${connection}`,
  )

test('the first one between the two', () => {
  expect(purposes({ start: 0 })).toEqual(['first'])
})

test('to another port, or from another client, is a first one too', () => {
  expect(
    purposes({ start: 0 }, { start: 1, port: 9090 }, { start: 2, client: '10.0.0.3' }),
  ).toEqual(['first', 'first', 'first'])
})

test('one that the capture did not see begin has an unknown purpose', () => {
  expect(purposes({ start: 0, opening: 'unseen' }, { start: 0.5, opening: 'unseen' })).toEqual([
    'unknown',
    'unknown',
  ])
})

describe('parallel', () => {
  test('beside one with an exchange under way', () => {
    expect(purposes({ start: 0, exchanges: [exchange(0.02, 8)] }, { start: 3 })).toEqual([
      'first',
      'parallel 0',
    ])
  })

  test('beside one with an exchange that is never answered', () => {
    expect(purposes({ start: 0, exchanges: [exchange(0.02, null)] }, { start: 3 })).toEqual([
      'first',
      'parallel 0',
    ])
  })

  test('beside one that was opened at the same moment for a request of its own', () => {
    expect(purposes({ start: 0 }, { start: 0.001 })).toEqual(['first', 'parallel 0'])
  })

  test('not beside one that rests', () => {
    expect(purposes({ start: 0, exchanges: [exchange(0.02, 1)] }, { start: 3 })).toEqual([
      'first',
      'unknown',
    ])
  })

  test('the parts of a file in two uploads at once', () => {
    expect(
      purposes(
        { start: 0, exchanges: [exchange(0.02, 8, upload('append', '/files/1'))] },
        { start: 1, exchanges: [exchange(1.02, 8, upload('append', '/files/2'))] },
      ),
    ).toEqual(['first', 'parallel 0'])
  })
})

describe('after a connection that had ended', () => {
  test.each([
    ['a FIN', ['fin', 'server', 6], 'after-fin 0'],
    ['a FIN of one side only', ['half-closed', 'server', 6], 'after-fin 0'],
    ['a reset', ['reset', 'server', 6], 'after-reset 0'],
  ] as const)('%s', (_name, ended, purpose) => {
    expect(purposes({ start: 0, ended }, { start: 7 })).toEqual(['first', purpose])
  })

  test('the last one that ended is the one that it follows', () => {
    expect(
      purposes(
        { start: 0, ended: ['fin', 'server', 9] },
        { start: 0.001, ended: ['reset', 'server', 6] },
        { start: 10 },
      ),
    ).toEqual(['first', 'parallel 0', 'after-fin 0'])
  })

  test('one that another one has replaced, which rests now, is not what it follows', () => {
    expect(
      purposes({ start: 0, ended: ['fin', 'server', 6] }, { start: 7 }, { start: 12 }),
    ).toEqual(['first', 'after-fin 0', 'unknown'])
  })

  test('one that was never used is not what it follows', () => {
    expect(
      purposes(
        { start: 0, ended: ['fin', 'server', 6] },
        { start: 0.1, bytes: 0, exchanges: [], ended: ['fin', 'client', 8] },
        { start: 10 },
      ),
    ).toEqual(['first', 'preconnect', 'after-fin 0'])
  })
})

describe('Connection: close', () => {
  const closing = [exchange(0.02, 1, { connectionClose: true })]

  test('is the reason, not the FIN that it brings', () => {
    expect(
      purposes({ start: 0, exchanges: closing, ended: ['fin', 'server', 1.1] }, { start: 1.2 }),
    ).toEqual(['first', 'connection-close 0'])
  })

  test('is the reason before the FIN comes', () => {
    expect(
      purposes({ start: 0, exchanges: closing, ended: ['fin', 'server', 3] }, { start: 1.2 }),
    ).toEqual(['first', 'connection-close 0'])
  })
})

describe('after a pause', () => {
  const left = (end: number | null) => [exchange(0.02, end, upload('append'))]
  const goesOn = (action: ExchangeUpload['action'], url?: string) => ({
    start: 5,
    exchanges: [exchange(5.1, 5.2), exchange(5.3, 6, upload(action, url))],
  })

  test.each(['offset', 'append'] as const)('the client goes on with %s', (action) => {
    expect(
      purposes({ start: 0, exchanges: left(null), ended: ['fin', 'client', 2] }, goesOn(action)),
    ).toEqual(['first', 'after-pause 0'])
  })

  test('the rest in the socket’s buffer completed the request after all', () => {
    expect(
      purposes({ start: 0, exchanges: left(2.5), ended: ['fin', 'client', 2] }, goesOn('offset')),
    ).toEqual(['first', 'after-pause 0'])
  })

  test('the connection that was left has not ended yet', () => {
    expect(
      purposes(
        { start: 0, exchanges: left(null), ended: ['reset', 'client', 60] },
        goesOn('offset'),
      ),
    ).toEqual(['first', 'after-pause 0'])
  })

  test('not where the server ended it', () => {
    expect(
      purposes(
        { start: 0, exchanges: left(null), ended: ['reset', 'server', 2] },
        goesOn('offset'),
      ),
    ).toEqual(['first', 'after-reset 0'])
  })

  test('not where the append was answered', () => {
    expect(
      purposes({ start: 0, exchanges: left(1.5), ended: ['fin', 'client', 2] }, goesOn('offset')),
    ).toEqual(['first', 'after-fin 0'])
  })

  test('only for the first connection on which it goes on', () => {
    expect(
      purposes(
        { start: 0, exchanges: left(null), ended: ['fin', 'client', 2] },
        {
          start: 5,
          exchanges: [
            exchange(5.1, 5.2, upload('offset')),
            exchange(5.3, 6, upload('append')),
            exchange(9, 9.5, upload('append')),
          ],
        },
        { start: 7, exchanges: [exchange(7.1, 8, upload('append'))] },
      ),
    ).toEqual(['first', 'after-pause 0', 'unknown'])
  })

  test('not where another upload goes on', () => {
    expect(
      purposes(
        { start: 0, exchanges: left(null), ended: ['fin', 'client', 2] },
        goesOn('append', '/files/2'),
      ),
    ).toEqual(['first', 'after-fin 0'])
  })
})

test('in advance, and never used', () => {
  expect(purposes({ start: 0 }, { start: 0.1, bytes: 0, exchanges: [] })).toEqual([
    'first',
    'preconnect',
  ])
})

describe('retry', () => {
  const nothing = { bytes: 0, exchanges: [] } as const

  test.each(['refused', 'unanswered'] as const)('after one that was %s', (opening) => {
    expect(
      purposes({ start: 0, opening, ...nothing }, { start: 1, opening, ...nothing }, { start: 2 }),
    ).toEqual(['first', 'retry 0', 'retry 1'])
  })
})

test('of 200,000 connections between the same two each has its reason in little time', () => {
  const sketches = Array.from({ length: 200_000 }, (_, number): Sketch => ({ start: number }))
  const began = performance.now()
  const reasons = purposesIn(sketches)
  expect(performance.now() - began).toBeLessThan(20_000)
  expect(reasons.at(-1)).toBe('unknown')
})
