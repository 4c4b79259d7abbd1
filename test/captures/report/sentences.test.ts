// The other sentences: purposes, keep-alives, idle times, losses, quality, exchanges, uploads.
import { expect, test } from 'vitest'
import type {
  ConnectionAnalysis,
  ConnectionPurpose,
  ExchangeUpload,
  IdleGap,
  QualityNote,
  UploadProtocol,
} from '../../../captures/analysis.ts'
import { explainText } from '../../../captures/report/explain-text.ts'
import { plain } from '../../../captures/report/prose.ts'
import { answer, exchangeSentences, matter } from '../../../captures/report/sentences/exchange.ts'
import {
  idleGapSentence,
  keepAliveSentences,
} from '../../../captures/report/sentences/keep-alive.ts'
import { lossSentences } from '../../../captures/report/sentences/losses.ts'
import { purposeInShort, purposeSentence } from '../../../captures/report/sentences/purpose.ts'
import {
  captureClause,
  qualitySentences,
  uncertainties,
} from '../../../captures/report/sentences/quality.ts'
import { savingSentence } from '../../../captures/report/sentences/saving.ts'
import { uploadSentences } from '../../../captures/report/sentences/upload.ts'
import { verdict } from '../../../captures/report/sentences/verdict.ts'
import {
  aConnection,
  aMaintenance,
  anAnalysis,
  anExchange,
  anIdleGap,
  anInitiation,
  anUpload,
  anUploadPart,
  aTermination,
  MiB,
  unseenInitiation,
  waits,
} from './build-analysis.ts'

/** Rows of a table that misses no kind: the compiler asks for each. */
const rows = <K extends string, T>(table: Record<K, T>): [K, T][] => {
  const found: [K, T][] = []
  for (const key in table) found.push([key, table[key]])
  return found
}

test.each(
  rows<ConnectionPurpose['reason'], [string, string]>({
    first: ['first', 'The first connection between the two.'],
    parallel: ['beside 3', 'Opened beside connection 3, which was busy with a request.'],
    'after-fin': ['FIN of 3', 'Opened because connection 3 had been closed.'],
    'after-reset': ['RST of 3', 'Opened because connection 3 had been reset.'],
    'after-pause': [
      'pause on 3',
      'Opened after a pause: the client had given up connection 3 with a request under way.',
    ],
    'connection-close': [
      'close on 3',
      'Opened because connection 3 could not be used again: it was to be closed after its exchange.',
    ],
    preconnect: [
      'unused',
      'Never used: no byte was sent on it. Browsers open connections in advance (preconnect); whoever looks whether a port is open does the same.',
    ],
    retry: ['retry of 3', 'Opened to try again after connection 3, which was not established.'],
    unknown: ['–', ''],
  }),
)('a connection opened for %s', (reason, [short, sentence]) => {
  const purpose = { reason, connection: 3 }
  expect(purposeInShort(purpose)).toBe(short)
  expect(plain(purposeSentence(aConnection({ purpose })))).toBe(sentence)
})

test('a connection opened in advance and used later', () => {
  const connection = aConnection({
    purpose: { reason: 'preconnect', connection: null },
    exchanges: [anExchange()],
  })
  expect(plain(purposeSentence(connection))).toBe(
    'Opened in advance by the client (preconnect), before it had a request to send.',
  )
})

test.each(
  rows<IdleGap['kind'], string>({
    'http-idle': '6.0 s between frames 9 and 10: no exchange under way, the connection kept.',
    server: '6.0 s between frames 9 and 10: a request waited for the server’s answer.',
    'zero-window': '6.0 s between frames 9 and 10: the receiver had closed its window.',
    retransmission:
      '6.0 s between frames 9 and 10: a segment was lost and the retransmission timer ran.',
    'sender-paused':
      '6.0 s between frames 9 and 10: a message stopped in its middle, with nothing on its way.',
  }),
)('an idle time of kind %s', (kind, sentence) => {
  expect(plain(idleGapSentence(anIdleGap({ kind })))).toBe(sentence)
})

test('an idle time tells its probes, what the server had announced, and an open end', () => {
  const gap = anIdleGap({ toPacket: null, probes: 3, announcedTimeout: 5 })
  expect(plain(idleGapSentence(gap))).toBe(
    '6.0 s after frame 9: no exchange under way until the capture ended; the server had announced timeout=5 s; 3 TCP keep-alive probes in it.',
  )
})

test('where requests cannot be read, nothing is said of exchanges', () => {
  expect(plain(idleGapSentence(anIdleGap(), 'tls'))).toBe(
    '6.0 s between frames 9 and 10: no data either way.',
  )
  expect(plain(keepAliveSentences(aConnection({ protocol: 'h2' }))[0] ?? [])).toBe(
    'HTTP persistence: cannot be told, as no HTTP/1.1 is to be read on it.',
  )
})

const keepAlive = (parts: Parameters<typeof aMaintenance>[0]) =>
  keepAliveSentences(aConnection({ maintenance: aMaintenance(parts) })).map(plain)

test('three things look alike and are told apart, none of them left out', () => {
  expect(keepAlive({ exchanges: 22 })).toEqual([
    'HTTP persistence: 22 requests used this one connection; 21 handshakes saved, about 848 ms (21 × 40.4 ms).',
    'TCP keep-alive probes (SO_KEEPALIVE): none.',
    'Zero-window probes (the third thing, which Wireshark may label Keep-Alive): none.',
  ])
  expect(
    keepAlive({
      exchanges: 1,
      keepAliveProbes: 3,
      keepAliveAnswers: 2,
      zeroWindowProbes: 4,
      idleGaps: [anIdleGap({ probes: 3 })],
    }),
  ).toEqual([
    'HTTP persistence: not used. One request, and no second one on this connection.',
    'TCP keep-alive probes (SO_KEEPALIVE): 3 probes, 2 answered, between frames 9 and 10. They carry nothing; they ask whether the other end is still there.',
    'Zero-window probes: 4 probes. The receiver had closed its window and the sender asked whether it had opened again. Wireshark labels those of Linux "TCP Keep-Alive"; they are none.',
  ])
})

test('without a round trip the saving has no price, without a request no persistence', () => {
  const unseen = aConnection({
    initiation: unseenInitiation(),
    maintenance: aMaintenance({ exchanges: 2 }),
  })
  expect(plain(keepAliveSentences(unseen)[0] ?? [])).toBe(
    'HTTP persistence: 2 requests used this one connection; 1 handshake saved.',
  )
  expect(keepAlive({})[0]).toBe('HTTP persistence: no request was sent.')
})

test('losses are told by how they were found', () => {
  const connection = aConnection({
    retransmittedBytes: { client: 3 * 1448, server: 0 },
    missingBytes: { client: 0, server: 100 },
    maintenance: aMaintenance({
      retransmissions: 6,
      fastRetransmissions: 3,
      spuriousRetransmissions: 1,
      dsacks: 1,
      outOfOrder: 2,
      duplicateAcks: 9,
      zeroWindows: 1,
      windowFull: 1,
      windowUpdates: 1,
      maxBytesInFlight: { client: 65536, server: 0 },
      rtt: {
        client: { samples: 9, min: 0.04, mean: 0.045, max: 0.06 },
        server: { samples: 1, min: 1e-4, mean: 1e-4, max: 1e-4 },
      },
    }),
  })
  expect(lossSentences(connection).map(plain)).toEqual([
    'Losses: 6 retransmissions (3 fast, after duplicate ACKs; 1 spurious, of what had already arrived; 2 by the timer or after SACK), 4.2 KiB (client) sent again. 1 D-SACK of the receiver proves copies that were not needed.',
    'Not captured: 100 B (server) that the other side acknowledged.',
    'Order: 2 segments out of order and 9 duplicate ACKs.',
    "Window: 1 zero window announced; the sender filled the window once; 1 window update; at most 64.0 KiB of the client's in flight.",
    "Data to ACK, of the client's segments: 40.0 ms to 60.0 ms, mean 45.0 ms (9 samples).",
    "Data to ACK, of the server's segments: 100 µs (1 sample).",
  ])
})

const doubts = rows<QualityNote['kind'], [clause: string, because: string]>({
  damaged: ['the file is damaged', 'the file is damaged'],
  dropped: ['17 packets dropped by the recorder', 'the recorder dropped packets'],
  'missing-segments': ['segments missing', 'segments that the other side acknowledged'],
  'late-start': ['the capture began late', 'the capture began when'],
  'missing-end': ['the capture ended early', 'the capture ended before'],
  'one-sided': ['one direction only', 'the capture holds only one direction'],
  'truncated-heads': ['HTTP heads cut', 'HTTP heads are cut'],
  duplicates: ['packets recorded twice', 'packets were recorded twice'],
  'reordered-by-tap': ['reordered by the recorder', 'the recorder, not the network'],
  offload: ['segments joined by the network card', 'the network card joined'],
  'no-times': ['packets without a time', 'packets have no time'],
  fragments: ['IP fragments', 'IP fragments could not'],
  clock: ['the clock jumped', 'the recorder’s clock jumped'],
})
const everyTopic = [
  'initiation',
  'exchanges',
  'losses',
  'segments',
  'termination',
  'times',
] as const
const note = (kind: QualityNote['kind'], parts: Partial<QualityNote> = {}): QualityNote => ({
  kind,
  weight: 'limits',
  text: 'As the file tells.',
  connections: [],
  ...parts,
})

test.each(doubts)(
  'a fault of kind %s limits the verdict and some conclusion',
  (kind, [clause, because]) => {
    const analysis = anAnalysis({ file: { dropped: 17 }, quality: [note(kind)] })
    expect(plain(captureClause(analysis))).toBe(`capture limited: ${clause}`)
    const [first] = uncertainties(analysis, 0, everyTopic)
    expect(plain(first ?? [])).toMatch(/ uncertain because /)
    expect(plain(first ?? [])).toContain(because)
  },
)

test.each(doubts)('as a note, %s limits nothing', (kind) => {
  const analysis = anAnalysis({ quality: [note(kind, { weight: 'note' })] })
  expect(plain(captureClause(analysis))).toBe('capture complete, no drops')
  expect(uncertainties(analysis, 0, everyTopic)).toEqual([])
})

test('only the connections that a fault touches are uncertain', () => {
  const analysis = anAnalysis({ quality: [note('late-start', { connections: [2] })] })
  expect(uncertainties(analysis, 1, everyTopic)).toEqual([])
  expect(uncertainties(analysis, 2, everyTopic).map(plain)).toEqual([
    'The exchanges are uncertain because the capture began when the connection was already under way.',
  ])
  expect(uncertainties(analysis, 2, ['termination'])).toEqual([])
})

test.each([
  [0, 'capture complete, no drops', 'the recorder dropped nothing'],
  [null, 'capture complete as far as the file can tell', 'the file does not say'],
] as const)('a capture with %s drops and no fault', (dropped, clause, sentence) => {
  const analysis = anAnalysis({ file: { dropped } })
  expect(plain(captureClause(analysis))).toBe(clause)
  expect(qualitySentences(analysis).map(plain).join()).toContain(sentence)
})

test('limits are told before notes', () => {
  const quality = [
    note('offload', { weight: 'note', text: 'Large.' }),
    note('clock', { text: 'Jumped.' }),
  ]
  expect(qualitySentences(anAnalysis({ quality })).map(plain)).toEqual(['Jumped.', 'Large.'])
})

test.each(
  rows<ExchangeUpload['action'], [string, Partial<ExchangeUpload>]>({
    append: ['0 → 1048576', {}],
    creation: ['creation', { from: null, to: null }],
    offset: ['asks the offset', {}],
    cancellation: ['cancellation', {}],
    download: ['download', {}],
  }),
)('an exchange that is a %s', (action, [text, parts]) => {
  expect(matter(anExchange({ upload: anUploadPart({ action, ...parts }) }))).toBe(text)
})

test('an exchange that is no upload is told by its target', () => {
  expect(matter(anExchange({ upload: null, target: '/page' }))).toBe('/page')
  expect(matter(anExchange({ upload: null, target: null }))).toBe('not captured')
  expect(matter(anExchange({ upload: anUploadPart({ from: null }) }))).toBe('offset not captured')
  expect(matter(anExchange({ upload: anUploadPart({ action: 'creation', to: 100 }) }))).toBe(
    'creation, → 100',
  )
})

test.each([
  [{}, '204 → 1048576'],
  [{ interim: [100] }, '100, 204 → 1048576'],
  [{ status: null }, 'none'],
  [{ status: null, interim: [100] }, '100, then none'],
  [{ status: 409, upload: anUploadPart({ answeredOffset: null }) }, '409'],
  [{ upload: anUploadPart({ answeredOffset: 7, isConsistent: false }) }, '204 → 7 ✗'],
  [{ isResponseComplete: false }, '204 → 1048576, cut'],
])('the answer %j', (parts, text) => {
  expect(plain(answer(anExchange(parts)))).toBe(text)
})

const exchangeTold = (parts: Parameters<typeof anExchange>[0]) =>
  exchangeSentences(anExchange(parts), 'The first PATCH', aConnection()).map(plain)

test('a PATCH is told with frames, sequence ranges, offsets and time', () => {
  expect(exchangeTold({})).toEqual([
    'The first PATCH (exchange 1): request in frames 4–8 (head 512 B, body 1.0 MiB, seq 1–1049088); its body is the file from offset 0 up to 1048576, seq 513–1049088 of the stream.',
    'Response 204 in frame 9 (479 B, seq 1–479): Upload-Offset 1048576, which fits.',
    '127 ms in all: 85.0 ms to send it and 42.0 ms until the answer began (one round trip: 40.4 ms).',
  ])
})

test('what a PATCH waited for is told', () => {
  const told = exchangeTold({
    waits: waits({
      acknowledgement: 0.05,
      acknowledgementRounds: 3,
      afterIdle: true,
      retransmission: 0.01,
      window: 0.002,
      sender: 0.003,
    }),
  })
  expect(told[2]).toContain(
    '85.0 ms to send it (50.0 ms waiting for ACKs in 3 rounds after the idle time; 10.0 ms lost to retransmission; 2.00 ms before a closed window; 3.00 ms in which the client sent nothing)',
  )
})

test('what is cut, missing or early is said to be', () => {
  expect(
    exchangeTold({
      isRequestComplete: false,
      isHeadCut: true,
      headCutBy: 'snapshot',
      headPacket: 5,
    })[0],
  ).toMatch(
    /; the head ends in frame 5; .* It was never sent to its end\. Its head is cut by the snapshot length\.$/,
  )
  expect(exchangeTold({ requestPacket: null })[0]).toBe(
    'The first PATCH (exchange 1): its request is not captured.',
  )
  expect(exchangeTold({ status: null, responsePacket: null, interim: [100] })[1]).toBe(
    'Before the answer came 100. No answer to it is in the capture.',
  )
  expect(
    exchangeTold({ upload: anUploadPart({ answeredOffset: 7, isConsistent: false }) })[1],
  ).toContain(': Upload-Offset 7, which does not fit.')
  expect(exchangeTold({ upload: anUploadPart({ isConsistent: null }) })[1]).toMatch(
    /Upload-Offset 1048576\.$/,
  )
  expect(exchangeTold({ responseStart: 0.1 })[2]).toContain(
    'The answer began before the request had ended.',
  )
})

const uploadTold = (parts: Parameters<typeof anUpload>[0], exchanges = [anExchange()]) =>
  uploadSentences(anAnalysis({ connections: [aConnection({ exchanges })] }), anUpload(parts)).map(
    plain,
  )

test('an upload is told with length, connections, resumptions and offsets', () => {
  expect(uploadTold({})).toEqual([
    '1.0 MiB (1 048 576 bytes), complete (tus 1.0.0).',
    '1 PATCH on connection 0; no resumption.',
    'Every answered offset fits what was sent.',
  ])
  expect(uploadTold({ resumptions: 2, connections: [0, 3, 5] })[1]).toBe(
    '1 PATCH on connection 0, other requests of it on connections 3 and 5; 2 resumptions. No byte was sent again.',
  )
  expect(uploadTold({ resumptions: 1, bytesSentAgain: 2048 })[1]).toContain(
    '2.0 KiB had to be sent again.',
  )
})

test('connections that carried only other requests of an upload are told apart', () => {
  const asks = anExchange({ upload: anUploadPart({ action: 'offset', from: null, to: null }) })
  const connections = [
    aConnection({ exchanges: [anExchange()] }),
    aConnection({ number: 1, exchanges: [asks] }),
  ]
  expect(
    plain(uploadSentences(anAnalysis({ connections }), anUpload({ connections: [0, 1] }))[1] ?? []),
  ).toBe('1 PATCH on connection 0, other requests of it on connection 1; no resumption.')
})

test('what is not whole is not called whole', () => {
  expect(uploadTold({ complete: false, length: 8 * MiB })[0]).toBe(
    'incomplete: 1.0 MiB of 8.0 MiB (12 %), offset 1 048 576 of 8 388 608 (tus 1.0.0).',
  )
  expect(uploadTold({ complete: false, cancelled: true })[0]).toBe(
    'incomplete: 1.0 MiB of 1.0 MiB (100 %), offset 1 048 576 of 1 048 576 (tus 1.0.0; the client gave it up: DELETE).',
  )
  expect(uploadTold({ length: null, complete: false })[0]).toBe(
    '1.0 MiB arrived (offset 1 048 576); the length is not in the capture (tus 1.0.0).',
  )
})

const ietf = { protocol: 'ietf', version: '8' } as const
const tus = { protocol: 'tus', version: null } as const

test('an upload is told with the protocols that carried it', () => {
  const told = (...protocols: UploadProtocol[]) => uploadTold({ protocols })[0]
  expect(told(ietf)).toContain('complete (IETF resumable upload, interop version 8).')
  expect(told(tus)).toContain('complete (tus).')
  expect(told(tus, ietf)).toContain(
    'complete (begun with tus, continued with IETF resumable upload, interop version 8).',
  )
})

test('what came with the creation is told, and its connection carried the upload', () => {
  const creation = anExchange({
    method: 'POST',
    upload: anUploadPart({ action: 'creation', to: MiB / 2 }),
  })
  const connections = [
    aConnection({ exchanges: [creation] }),
    aConnection({ number: 1, exchanges: [anExchange()] }),
  ]
  expect(
    plain(uploadSentences(anAnalysis({ connections }), anUpload({ connections: [0, 1] }))[1] ?? []),
  ).toBe('512 KiB with its creation, 1 PATCH on connections 0 and 1; no resumption.')
})

test('a creation that brings bytes counts among what connections carried', () => {
  const creation = anExchange({ method: 'POST', upload: anUploadPart({ action: 'creation' }) })
  const first = carrier(0, { exchanges: [creation] })
  const told = (...connections: ConnectionAnalysis[]) => plain(verdict(anAnalysis({ connections })))
  expect(told(first)).toMatch(/^1 creation with content on 1 connection · /)
  expect(told(first, carrier(2, { number: 1 }))).toMatch(
    /^1 creation with content and 2 PATCHes on 2 connections · /,
  )
  const connections = [first, carrier(2, { number: 1 })]
  expect(plain(savingSentence(anAnalysis({ connections })))).toContain('saved 1 handshake')
})

test('parts and what is joined of them name one another', () => {
  const part = (url: string, connection: number) =>
    anUpload({
      url,
      connections: [connection],
      concatenation: { kind: 'partial', final: '/files/3' },
    })
  const final = anUpload({
    url: '/files/3',
    patches: 0,
    concatenation: { kind: 'final', parts: ['/files/1', '/files/2'] },
  })
  const analysis = anAnalysis({ uploads: [part('/files/1', 0), part('/files/2', 1), final] })
  expect(uploadSentences(analysis, final).map(plain)).toEqual([
    '1.0 MiB (1 048 576 bytes), complete (tus 1.0.0).',
    'Joined of 2 parts (tus concatenation: /files/1 and /files/2), which came on connections 0 and 1; nothing was sent again for that.',
  ])
  expect(plain(uploadSentences(analysis, part('/files/1', 0))[1] ?? [])).toMatch(
    /no resumption\. It is a part of \/files\/3\.$/,
  )
  expect(uploadTold({ concatenation: { kind: 'partial', final: null } })[1]).toContain(
    'which one, the capture does not show.',
  )
})

test('what arrived damaged is told, with the request and of the upload', () => {
  const damaged = anExchange({
    status: 460,
    upload: anUploadPart({
      answeredOffset: null,
      isConsistent: null,
      checksum: 'sha1',
      isDamaged: true,
    }),
  })
  const [asked, answered] = exchangeTold(damaged)
  expect(asked).toContain('of the stream, with a sha1 checksum.')
  expect(answered).toContain(
    ': the bytes arrived damaged, their sha1 checksum is not the one that was sent; they do not count.',
  )
  expect(plain(answer(damaged))).toBe('460 damaged')
  expect(uploadTold({ damaged: 1, bytesSentAgain: MiB }, [damaged, anExchange()])).toEqual([
    '1.0 MiB (1 048 576 bytes), complete (tus 1.0.0).',
    '1 PATCH on connection 0; no resumption. 1.0 MiB had to be sent again. 1 request arrived damaged (460): its bytes did not count.',
    'Every answered offset fits what was sent.',
  ])
})

test('interim answers are told with the last offset of them, a conflict with both offsets', () => {
  const [, answered] = exchangeTold({
    interim: [104, 104],
    upload: anUploadPart({ progress: [{ packet: 7, time: 0.1, offset: 524288 }] }),
  })
  expect(answered).toMatch(
    /^Before the answer came 104 and 104; the last that told an offset, frame 7, told 524288\. /,
  )
  const conflict = exchangeTold({
    status: 409,
    upload: anUploadPart({ from: 2000, answeredOffset: 1000, isConsistent: false }),
  })
  expect(conflict[1]).toContain(': the server stands at Upload-Offset 1000, not at 2000.')
})

test('an offset that no answer told is not 0', () => {
  const unknown = { offset: 0, isOffsetKnown: false, complete: false }
  expect(uploadTold({ ...unknown, length: null }, [])[0]).toBe(
    'how much of it arrived is not in the capture, nor its length (tus 1.0.0).',
  )
  expect(uploadTold(unknown, [])[0]).toBe(
    'how much of it arrived is not in the capture; it has 1.0 MiB (tus 1.0.0).',
  )
})

test('offsets that do not fit are told with the place of the first', () => {
  const wrong = anExchange({ upload: anUploadPart({ answeredOffset: 7, isConsistent: false }) })
  expect(uploadTold({ isConsistent: false }, [wrong])[2]).toBe(
    'Inconsistent: 1 answer does not fit what was sent; the first (frame 9) answers offset 7 where 1 048 576 was due.',
  )
  const misplaced = anExchange({ upload: anUploadPart({ from: 524288, isConsistent: false }) })
  expect(uploadTold({ isConsistent: false }, [misplaced, misplaced])[2]).toBe(
    'Inconsistent: 2 exchanges do not fit what was known before; the first (frame 4) begins at offset 524 288, where the server was not.',
  )
  const refused = anExchange({
    status: 409,
    upload: anUploadPart({ from: 2000, answeredOffset: 1000 }),
  })
  expect(uploadTold({}, [refused, anExchange()])[2]).toBe(
    "Every answered offset fits what was sent. 1 request began at another offset than the server's (the first in frame 4): 409 refused it.",
  )
  expect(uploadTold({ isConsistent: false })[2]).toBe(
    'Inconsistent: the offsets do not fit one another.',
  )
  const unknown = anExchange({ upload: anUploadPart({ isConsistent: null }) })
  expect(uploadTold({}, [unknown])[2]).toBe(
    'Whether the offsets fit cannot be told: no answered offset is captured.',
  )
  expect(uploadTold({}, [anExchange(), unknown])[2]).toBe(
    'Every answered offset that is captured fits what was sent; 1 of 2 cannot be checked.',
  )
  expect(uploadTold({}, [])[2]).toBe('No PATCH, so no offset to check.')
})

const carrier = (patches: number, parts: Partial<ConnectionAnalysis> = {}) =>
  aConnection({ maintenance: aMaintenance({ exchanges: patches, patches }), ...parts })

test.each([
  ['no packet in this capture', anAnalysis()],
  ['no TCP connection in 4 packets', anAnalysis({ file: { packets: 4 } })],
  [
    'no connection came about: 2 attempts, 1 refused, 1 without an answer',
    anAnalysis({
      connections: [
        aConnection({ initiation: anInitiation({ kind: 'refused' }) }),
        aConnection({ initiation: anInitiation({ kind: 'unanswered' }) }),
      ],
    }),
  ],
  [
    '1 connection without readable HTTP/1.1: TLS on 1 · 1 handshake (40.4 ms) · closed by the server after 6.0 s idle',
    anAnalysis({ connections: [aConnection({ protocol: 'tls' })] }),
  ],
  [
    'no upload: 1 HTTP request on 1 connection · handshake not captured · closed by the server after 6.0 s idle',
    anAnalysis({
      connections: [
        aConnection({ initiation: unseenInitiation(), exchanges: [anExchange({ upload: null })] }),
      ],
    }),
  ],
  [
    '1 upload without a PATCH, 1 request on 1 connection · 1 handshake (40.4 ms) · closed by the server after 6.0 s idle',
    anAnalysis({
      uploads: [anUpload()],
      connections: [
        aConnection({
          exchanges: [
            anExchange({ upload: anUploadPart({ action: 'creation', from: null, to: null }) }),
          ],
        }),
      ],
    }),
  ],
  [
    '3 PATCHes on 2 connections · 1 handshake (40.4 ms), 1 not captured · 1 closed by the server when idle too long, 1 still open when the capture ended',
    anAnalysis({
      connections: [
        carrier(2),
        carrier(1, {
          initiation: unseenInitiation(),
          termination: aTermination({ kind: 'open', by: null, cause: 'not-ended' }),
        }),
        aConnection(),
      ],
    }),
  ],
  [
    '2 PATCHes on 2 connections · 2 handshakes (40.4 ms each, 80.8 ms together) · each closed by the server when idle too long',
    anAnalysis({ connections: [carrier(1), carrier(1)] }),
  ],
])('the verdict "%s"', (text, analysis) => {
  expect(plain(verdict(analysis))).toBe(`${text} · capture complete, no drops`)
})

test('keeping saves, closing costs, one PATCH says nothing', () => {
  const saving = (...carriers: ConnectionAnalysis[]) =>
    plain(savingSentence(anAnalysis({ connections: carriers })))
  expect(saving(carrier(1))).toBe('')
  expect(saving(carrier(2))).toBe(
    'Keeping the connection saved 1 handshake (40.4 ms), and a slow start after it.',
  )
  const next = (reason: ConnectionPurpose['reason']) =>
    carrier(1, { purpose: { reason, connection: 0 } })
  expect(saving(carrier(1), next('parallel'))).toBe('')
  expect(saving(carrier(1), next('connection-close'), next('after-fin'))).toBe(
    'No connection was used for a second PATCH. 2 handshakes (80.8 ms together), and a slow start after each, could have been saved by keeping the first.',
  )
  expect(saving(carrier(3, { initiation: unseenInitiation() }))).toBe(
    'Keeping the connection saved 2 handshakes, and a slow start after each.',
  )
})

test.each(
  rows<ConnectionAnalysis['protocol'], string>({
    http: 'on the wire with the heads of all layers.\n',
    tls: 'It is encrypted (TLS)',
    h2: 'It is HTTP/2',
    upgraded: 'It was upgraded to another',
    unknown: 'No HTTP/1.1 was recognised in it.',
  }),
)('a connection that carries %s', (protocol, text) => {
  const told = explainText(anAnalysis({ connections: [aConnection({ protocol })] }), {
    colour: false,
    width: 200,
  })
  expect(told.replaceAll('\n    ', ' ')).toContain(text)
})
