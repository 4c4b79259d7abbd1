// How a connection opened: every kind has its sentences, its ladder and its table.
import { expect, test } from 'vitest'
import type { Initiation } from '../../../captures/analysis.ts'
import { initiationLadder } from '../../../captures/report/ladder.ts'
import { plain } from '../../../captures/report/prose.ts'
import { initiationSentences } from '../../../captures/report/sentences/initiation.ts'
import { optionRows } from '../../../captures/report/sentences/options.ts'
import {
  aConnection,
  aMaintenance,
  anEnd,
  anInitiation,
  unseenInitiation,
} from './build-analysis.ts'

const told = (initiation: Initiation, parts: Parameters<typeof aConnection>[0] = {}) =>
  initiationSentences(aConnection({ ...parts, initiation })).map(plain)
const ladder = (initiation: Initiation) =>
  initiationLadder(aConnection({ initiation })).map((row) =>
    row.kind === 'fold'
      ? `… ${plain(row.text)}`
      : `${row.packet} ${row.time ?? '?'} ${row.by} ${[row.label, row.numbers].join(' ').trim()} [${row.states?.client}, ${row.states?.server}]`,
  )

test('a handshake is told segment by segment, with raw and relative numbers', () => {
  expect(told(anInitiation())).toEqual([
    "Frame 1, SYN: the client asks for a connection with the initial sequence number (ISN) 3131580208, shown as relative 0. A SYN takes one sequence number, so the client's first byte is number 1.",
    'Frame 2, SYN+ACK: the server agrees. It acknowledges the SYN (ack 3131580209, relative 1) and announces its own ISN 1204771920 (relative 0).',
    "Frame 3, ACK: the client acknowledges the server's SYN (ack 1204771921, relative 1). Both ends are ESTABLISHED and may send data.",
    'The handshake took one round trip: 40.4 ms.',
    'The capture was taken at the client (40.3 ms from SYN to SYN+ACK, 100 µs from there to the ACK).',
  ])
  expect(ladder(anInitiation())).toEqual([
    '1 0 client SYN seq 0 [SYN-SENT, SYN-RECEIVED]',
    '2 0.0403 server SYN, ACK seq 0 ack 1 [ESTABLISHED, SYN-RECEIVED]',
    '3 0.0404 client ACK seq 1 ack 1 [ESTABLISHED, ESTABLISHED]',
  ])
})

test('an ISN at the end of the number space wraps', () => {
  expect(told(anInitiation({ client: anEnd({ isn: 4294967295 }) }))[1]).toContain(
    '(ack 0, relative 1)',
  )
})

test('where the capture was taken follows from the parts of the round trip', () => {
  const at = (rttToServer: number) => told(anInitiation({ rttToServer })).at(-1)
  expect(at(0.0001)).toMatch(/^The capture was taken at the server \(100 µs from SYN to SYN\+ACK/)
  expect(at(0.02)).toMatch(/^The capture was taken on the way between the two/)
})

test('on loopback there is no telling ends apart', () => {
  expect(told(anInitiation({ duration: 25e-6, rtt: 25e-6, rttToServer: 12e-6 })).at(-1)).toBe(
    'The handshake took one round trip: 25 µs.',
  )
})

test('a SYN that was lost makes the handshake longer than its round trip', () => {
  const initiation = anInitiation({ synRetransmissions: 2, duration: 3.0404 })
  expect(told(initiation)).toContain(
    'The SYN had to be sent 3 times: the handshake took 3.0 s, of which the round trip was only 40.4 ms.',
  )
  expect(ladder(initiation)).toEqual([
    '1 0 client SYN seq 0 [SYN-SENT, SYN-RECEIVED]',
    '… the same SYN again, 2 times',
    expect.stringMatching(/^2 3\.0403\d* server SYN, ACK/),
    '3 3.0404 client ACK seq 1 ack 1 [ESTABLISHED, ESTABLISHED]',
  ])
})

test('data in the SYN is TCP Fast Open', () => {
  const initiation = anInitiation({ fastOpenBytes: 512 })
  expect(told(initiation).at(-1)).toBe(
    'The SYN carried 512 B of data (TCP Fast Open, RFC 7413): the first request began one round trip earlier than a plain handshake allows.',
  )
  expect(ladder(initiation)[1]).toContain('SYN, ACK seq 0 ack 513')
})

test('a handshake without its last ACK has no time', () => {
  expect(told(anInitiation({ packets: [1, 2], duration: null, rtt: null }))).toContain(
    'How long it took is not captured: its last ACK is missing.',
  )
})

test('a refusal names the port and both explanations', () => {
  const initiation = anInitiation({
    kind: 'refused',
    packets: [1, 2],
    duration: null,
    rtt: null,
    rttToServer: 0.04,
    server: null,
  })
  expect(told(initiation).slice(1)).toEqual([
    'Frame 2, RST: 40.0 ms later the server refuses. Nobody listens on port 8080, or a firewall refuses in its place.',
    'No connection came about: there is nothing to maintain or to close.',
  ])
  expect(ladder(initiation)).toEqual([
    '1 0 client SYN seq 0 [SYN-SENT, ]',
    '2 0.04 server RST [CLOSED, CLOSED]',
  ])
})

test('no answer is no proof that nobody is there', () => {
  const initiation = anInitiation({
    kind: 'unanswered',
    packets: [1],
    synRetransmissions: 3,
    duration: null,
    rtt: null,
    rttToServer: null,
    server: null,
  })
  expect(told(initiation, { end: 7 })).toEqual([
    'Frame 1, SYN: the client asks for a connection with the initial sequence number (ISN) 3131580208, shown as relative 0, and 3 more times within 7.0 s.',
    'No answer is in the capture: the SYN or its answer was lost, a firewall drops it without a word, or the answer took another way past the recorder.',
  ])
  expect(ladder(initiation)).toEqual([
    '1 0 client SYN seq 0 [SYN-SENT, ]',
    '… the same SYN again, 3 times',
    '… no answer',
  ])
})

test.each([
  ['http', 'the requests'],
  ['ports', 'the port numbers only'],
  ['handshake', 'its direction'],
] as const)('what was not captured is not guessed (roles from %s)', (rolesFrom, from) => {
  const sentences = told(unseenInitiation(), { rolesFrom, firstPacket: 17 })
  expect(sentences[0]).toBe(
    'The handshake is not captured: the connection was open when the capture met it, in frame 17.',
  )
  expect(sentences[1]).toContain(`Who is client and who is server is known from ${from}.`)
  expect(ladder(unseenInitiation())).toEqual([])
})

test('of an unseen handshake the SYN+ACK may be there', () => {
  expect(told({ ...unseenInitiation(), server: anEnd({ isn: 7 }) })[0]).toContain(
    "Only the server's SYN+ACK is (ISN 7).",
  )
})

test('both may open at once', () => {
  const initiation = anInitiation({ kind: 'simultaneous', packets: [1, 2, 3, 4] })
  expect(told(initiation)[0]).toMatch(
    /^Both ends sent a SYN before either had seen the other's \(simultaneous open, RFC 9293 §3\.5, figure 7\): frames 1–4\./,
  )
  expect(ladder(initiation)).toHaveLength(4)
})

test('the table says what came into force', () => {
  const rows = optionRows(
    aConnection({
      initiation: anInitiation({
        server: anEnd({ windowScale: null, sackPermitted: false, timestamps: false, mss: null }),
      }),
      maintenance: aMaintenance({ largestSegment: { client: 1460, server: 300 } }),
    }),
  )
  expect(rows.map(({ name, client, server, effect }) => [name, client, server, effect])).toEqual([
    ['ISN', '3131580208', '3131580208', 'relative 0'],
    ['MSS', '1460 B', 'none', 'largest segment 1460 B'],
    ['window scale', '7 (×128)', 'none', 'off: windows as they stand'],
    ['SACK', 'permitted', 'no', 'off'],
    ['timestamps', 'yes', 'no', 'off'],
    ['window', '64240 B', '64240 B', 'of the SYN, never scaled'],
  ])
})

test('a record larger than the MSS was joined by the network card', () => {
  const rows = optionRows(
    aConnection({ maintenance: aMaintenance({ largestSegment: { client: 65160, server: 0 } }) }),
  )
  expect(rows[1]?.effect).toBe('largest record 65160 B: joined (offload)')
})

test('where one SYN is missing, what came into force is not known', () => {
  const rows = optionRows(aConnection({ initiation: { ...unseenInitiation(), server: anEnd() } }))
  expect(rows[2]).toMatchObject({ client: 'not captured', effect: 'not known' })
})
