// How a connection ended: every kind, form and cause has its sentence.
import { expect, test } from 'vitest'
import type { Termination } from '../../../captures/analysis.ts'
import { terminationLadder } from '../../../captures/report/ladder.ts'
import { plain } from '../../../captures/report/prose.ts'
import { causeSentences } from '../../../captures/report/sentences/cause.ts'
import { closedBy } from '../../../captures/report/sentences/ended.ts'
import { terminationSentences } from '../../../captures/report/sentences/termination.ts'
import {
  aConnection,
  aMaintenance,
  anExchange,
  anIdleGap,
  aSegment,
  aTermination,
} from './build-analysis.ts'

const told = (termination: Termination) =>
  terminationSentences(aConnection({ termination, exchanges: [anExchange()] })).map(plain)

test('three segments: the answer to the FIN carries the other one', () => {
  expect(told(aTermination())).toEqual([
    'The server closed first, 6.0 s after the last byte of the last exchange. Its FIN is frame 10: it has nothing more to send (ESTABLISHED → FIN-WAIT-1).',
    "The client's answer, frame 11, does two things at once: it acknowledges that FIN and carries the client's own (CLOSE-WAIT → LAST-ACK). Hence three segments instead of four.",
    'The ACK in frame 12 ends it: the client is CLOSED.',
    'From the first FIN to the last packet: 40.5 ms. The server stays in TIME-WAIT for a while, so that a late segment cannot disturb a new connection on the same ports.',
  ])
})

const fourSegments = (bytes = 0) =>
  aTermination({
    by: 'client',
    form: 'four-segment',
    bytesAfterFin: { client: 0, server: bytes },
    duration: 1.85,
    segments: [
      aSegment({
        packet: 20,
        time: 5,
        by: 'client',
        sequence: 900,
        acknowledgement: 480,
        clientState: 'FIN-WAIT-1',
        serverState: 'CLOSE-WAIT',
      }),
      aSegment({
        packet: 21,
        time: 5.04,
        what: 'ACK',
        sequence: 480,
        acknowledgement: 901,
        clientState: 'FIN-WAIT-2',
        serverState: 'CLOSE-WAIT',
      }),
      aSegment({
        packet: 22,
        time: 6.81,
        sequence: 480,
        acknowledgement: 901,
        clientState: 'TIME-WAIT',
        serverState: 'LAST-ACK',
      }),
      aSegment({
        packet: 23,
        time: 6.85,
        by: 'client',
        what: 'ACK',
        sequence: 901,
        acknowledgement: 481,
        clientState: 'TIME-WAIT',
        serverState: 'CLOSED',
      }),
    ],
  })

test('four segments: half-closed in between', () => {
  expect(told(fourSegments())[1]).toBe(
    'Frame 21 acknowledges it (client → FIN-WAIT-2, server → CLOSE-WAIT). For 1.8 s the connection was half-closed: the server could still send. Then the server closed too, with the FIN of frame 22 (CLOSE-WAIT → LAST-ACK): four segments.',
  )
  expect(told(fourSegments(300))[1]).toContain('the server could still send and still sent 300 B.')
  expect(told(fourSegments())[2]).toBe('The ACK in frame 23 ends it: the server is CLOSED.')
})

test('both may close at once', () => {
  const termination = aTermination({
    form: 'simultaneous',
    segments: [aSegment(), aSegment({ packet: 11, by: 'client', acknowledgement: 480 })],
  })
  expect(told(termination)[0]).toContain('The server sent the first FIN')
  expect(told(termination)[1]).toBe(
    "Before that FIN arrived the client had sent its own (frame 11): both closed at once. Each acknowledges the other's FIN (FIN-WAIT-1 → CLOSING → TIME-WAIT).",
  )
})

test('an ACK of the second FIN that is missing is said to be', () => {
  const { segments } = aTermination()
  expect(told(aTermination({ segments: segments.slice(0, 2) }))).toContain(
    'The ACK of the second FIN is not captured.',
  )
})

test('a half-closed connection names the side that stayed', () => {
  const termination = aTermination({
    kind: 'half-closed',
    by: 'client',
    form: null,
    segments: [aSegment({ by: 'client' })],
    bytesAfterFin: { client: 0, server: 2048 },
  })
  expect(told(termination)[1]).toBe(
    'The server never closed its side as far as the capture goes: the connection is half-closed, the server in CLOSE-WAIT. It sent 2.0 KiB more.',
  )
})

test('a reset tells what it left unacknowledged, and folds its burst', () => {
  const termination = aTermination({
    kind: 'reset',
    by: 'client',
    form: null,
    segments: [aSegment({ packet: 400, by: 'client', what: 'RST, ACK' })],
    unacknowledgedBytes: { client: 260640, server: 0 },
    resets: 3,
  })
  expect(told(termination)).toEqual([
    'The client reset the connection (frame 400): an RST ends it at once for both sides, no FIN, no TIME-WAIT. 3 RSTs came in a burst, one for each segment that was still on its way; the first is the one that counts. 255 KiB that the client had sent were not acknowledged: whether they arrived cannot be told from this capture.',
  ])
})

test('a reset behind a FIN does not deny it', () => {
  const reset = aSegment({ packet: 11, by: 'client', what: 'RST, ACK' })
  const termination = aTermination({
    kind: 'reset',
    by: 'client',
    form: null,
    segments: [aSegment(), reset],
    resets: 1,
  })
  expect(told(termination)).toEqual([
    'The client reset the connection (frame 11): an RST ends it at once for both sides, whatever became of the FIN that the server had sent before (frame 10), no TIME-WAIT.',
  ])
})

test('resets of both sides, or long after one another, are no burst', () => {
  const parts = { kind: 'reset', by: 'client', form: null, resets: 3 } as const
  const both = { resetsBy: { client: 2, server: 1 }, resetSpan: 0.5 }
  expect(told(aTermination({ ...parts, segments: [], ...both }))[0]).toContain(
    ' 3 RSTs came in all (client 2, server 1), the last one 500 ms after the first, which is the one that counts.',
  )
  expect(told(aTermination({ ...parts, segments: [], resetSpan: 5 }))[0]).toContain(
    ' 3 RSTs came in all, the last one 5.0 s after the first',
  )
})

test('an open connection was open, no more is said', () => {
  const termination = aTermination({
    kind: 'open',
    by: null,
    form: null,
    segments: [],
    cause: 'not-ended',
  })
  expect(told(termination)).toEqual([
    'The connection was still open when the capture ended, 6.9 s after its last exchange: no FIN and no RST is in the file.',
  ])
  expect(causeSentences(aConnection({ termination }))).toEqual([])
})

test('the ladder of the end shows numbers and states as Wireshark and RFC 9293 name them', () => {
  expect(terminationLadder(aConnection())[0]).toEqual({
    kind: 'segment',
    packet: 10,
    time: 7,
    by: 'server',
    label: 'FIN, ACK',
    numbers: 'seq 480 ack 1049089',
    states: { client: 'CLOSE-WAIT', server: 'FIN-WAIT-1' },
  })
})

const causes = {
  'server-idle-timeout':
    "Cause: the server's idle time-out. No request came for 6.0 s, and it gave the connection up. It had announced Keep-Alive: timeout=5.",
  'client-close':
    'Cause: the client had no more use for the connection, 6.0 s after the last exchange.',
  'server-close':
    'Cause: the server closed it on its own account, 6.0 s after the last exchange; no time-out and no Connection: close explains it.',
  'connection-close':
    'Cause: the last exchange said Connection: close. Neither side meant to keep the connection.',
  'client-pause':
    'Cause: the client stopped an upload in the middle of a request (a pause, or a lost page); what its system had already taken over was still sent.',
  'reset-in-exchange':
    'Cause: the reset came while an exchange was under way: its outcome is known to neither side until the offset is asked for.',
  'reset-idle':
    'Cause: the reset came when no exchange was under way, 6.0 s after the last one: no upload byte was at stake.',
  refused: 'Cause: the connection was refused before it came about.',
  'early-response':
    'Cause: the server answered before the request was whole and closed: the rest of the body was not wanted.',
  'not-ended': 'Cause: it did not end within the capture.',
  unknown: 'Cause: not to be seen in the capture.',
} satisfies Record<Termination['cause'], string>

test.each(Object.entries(causes))('the cause %s', (cause, sentence) => {
  const connection = aConnection({
    termination: { ...aTermination(), cause: known(cause) },
    maintenance: aMaintenance({ idleGaps: [anIdleGap({ announcedTimeout: 5 })] }),
    exchanges: [anExchange()],
  })
  expect(causeSentences(connection).map(plain)).toEqual([sentence])
})

const clauses = {
  'server-idle-timeout': 'closed by the server after 6.0 s idle',
  'client-close': 'closed by the server after 6.0 s idle',
  'server-close': 'closed by the server after 6.0 s idle',
  'connection-close': 'closed by the server (Connection: close)',
  'client-pause': 'closed by the server in a pause of the upload',
  'reset-in-exchange': 'closed by the server in the middle of an exchange',
  'reset-idle': 'closed by the server after 6.0 s idle',
  refused: 'closed by the server after 6.0 s idle',
  'early-response': 'closed by the server after an answer that came before the request was whole',
  'not-ended': 'closed by the server after 6.0 s idle',
  unknown: 'closed by the server after 6.0 s idle',
} satisfies Record<Termination['cause'], string>

test.each(Object.entries(clauses))('in the verdict, %s', (cause, clause) => {
  const connection = aConnection({ termination: { ...aTermination(), cause: known(cause) } })
  expect(plain(closedBy(connection, true))).toBe(clause)
})

test('a client that closes with a request unanswered has not simply finished', () => {
  const connection = aConnection({
    termination: aTermination({ by: 'client', cause: 'client-close' }),
    exchanges: [anExchange({ status: null })],
  })
  expect(causeSentences(connection).map(plain)).toEqual([
    'Cause: the client closed while its last request was still unanswered (a pause, a lost page, or a client that gave up).',
  ])
})

test.each([
  [
    413,
    0.1,
    'answered 413 before the request was whole and closed: the rest of the body was not wanted.',
  ],
  [
    500,
    0.1,
    'answered 500 before the request was whole and closed: it could not take the rest of the body.',
  ],
  [
    503,
    0.1,
    'answered 503 before the request was whole and closed: it could not take the rest of the body.',
  ],
  [
    503,
    1.2,
    'gave up waiting for the rest of the request: it answered 503, 1.2 s after the last byte that had come, and closed.',
  ],
  [
    408,
    300,
    'gave up waiting for the rest of the request: it answered 408, 300 s after the last byte that had come, and closed.',
  ],
])('an early %s, after %s s of silence', (status, silence, sentence) => {
  const connection = aConnection({
    termination: aTermination({ cause: 'early-response' }),
    exchanges: [
      anExchange({ status, isRequestComplete: false, requestEnd: 1, responseStart: 1 + silence }),
    ],
  })
  expect(causeSentences(connection).map(plain)).toEqual([`Cause: the server ${sentence}`])
})

test('without HTTP there is no exchange to speak of', () => {
  const connection = aConnection({
    protocol: 'tls',
    termination: aTermination({ cause: 'client-close' }),
  })
  expect(causeSentences(connection).map(plain)).toEqual([
    'Cause: the client had no more use for the connection, 6.0 s after the last byte.',
  ])
  expect(plain(terminationSentences(connection)[0] ?? [])).toMatch(
    /^The server closed first, 6.0 s after the last byte\. /,
  )
})

test('a FIN may come with the last byte', () => {
  expect(told(aTermination({ idleBefore: 0 }))[0]).toMatch(
    /^The server closed first, together with the last byte of the last exchange\./,
  )
})

const kinds = {
  fin: 'closed by the client after 6.0 s idle',
  'half-closed': 'half-closed: only the client closed',
  reset: 'reset by the client after 6.0 s idle',
  open: 'still open when the capture ended',
} satisfies Record<Termination['kind'], string>

test.each(Object.entries(kinds))('the verdict of a connection that ended as %s', (kind, clause) => {
  const found = (['fin', 'half-closed', 'reset', 'open'] as const).find((one) => one === kind)
  const connection = aConnection({
    termination: aTermination({ kind: found ?? 'fin', by: 'client', cause: 'client-close' }),
  })
  expect(plain(closedBy(connection, true))).toBe(clause)
})

test('of many connections the verdict gives no single idle time', () => {
  expect(plain(closedBy(aConnection(), false))).toBe('closed by the server when idle too long')
})

/** Keys of an object come as strings. */
function known(cause: string): Termination['cause'] {
  const all: readonly Termination['cause'][] = [
    'server-idle-timeout',
    'client-close',
    'server-close',
    'connection-close',
    'client-pause',
    'reset-in-exchange',
    'reset-idle',
    'refused',
    'early-response',
    'not-ended',
    'unknown',
  ]
  const found = all.find((one) => one === cause)
  if (found === undefined) throw new Error(`no such cause: ${cause}`)
  return found
}
