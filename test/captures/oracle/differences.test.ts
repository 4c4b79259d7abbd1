// Each deliberate difference from tshark, on the smallest trace that shows it: what we say, and what tshark says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SegmentView } from '../../../captures/tcp/observer.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { explain } from '../helpers/explain.ts'
import { segments } from '../helpers/segments.ts'
import { compareSegments } from './agreement.ts'
import { breachesOf, compareBytes } from './capture.ts'
import { differences } from './differences.ts'
import { type FigureName, figures, type SegmentPacket, segmentFields } from './figures.ts'
import { askTshark, tsharkIsMissing } from './tshark.ts'

const missing = tsharkIsMissing()
const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-differences-'))
const file = path.join(folder, 'trace.pcap')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach((context) => {
  if (missing !== null) context.skip(missing)
})

const handshake = `
  0.000 > S  0:0(0)         <mss 1460>
  0.010 < S. 0:0(0)   ack 1 <mss 1460>
  0.020 > .  1:1(0)   ack 1
`

const cases: readonly {
  readonly difference: string
  readonly text: string
  readonly packet: number
  readonly figure: FigureName
  readonly ours: string
  readonly theirs: string
}[] = [
  {
    difference: 'window probe',
    text: `${handshake}
      0.021 > P. 1:101(100)   ack 1
      0.030 < .  1:1(0)       ack 101 win 0
      0.230 > .  100:100(0)   ack 1
      0.240 < .  1:1(0)       ack 101 win 0`,
    packet: 6,
    figure: 'keepAlive',
    ours: '',
    theirs: 'yes',
  },
  {
    difference: 'ACK behind its FIN',
    text: `${handshake}
      0.030 < P. 1:51(50)     ack 1
      0.040 > F. 1:1(0)       ack 1
      0.041 > .  1:1(0)       ack 51`,
    packet: 6,
    figure: 'keepAlive',
    ours: '',
    theirs: 'yes',
  },
  {
    difference: 'header cut',
    text: `
      0.000 > S  0:0(0)         <mss 1460,nop,nop,TS val 1 ecr 0,nop,wscale 7>
      1.000 > S  0:0(0)         <mss 1460,nop,nop,TS val 1 ecr 0,nop,wscale 7> cut 66`,
    packet: 2,
    figure: 'retransmission',
    ours: 'yes',
    theirs: '',
  },
  {
    difference: 'ACK number without its flag',
    // Below the middle of the numbers 0 would be an old ACK; from there on it is a new one, of all.
    text: `
      isn 3000000000 5000
      0.000 > S  0:0(0)         <mss 1460>
      0.010 < S  0:0(0)         <mss 1460>
      0.020 < .  1:1(0)   ack 1`,
    packet: 3,
    figure: 'round-trip time',
    ours: '20000000',
    theirs: '',
  },
  {
    difference: 'the number 0',
    text: `
      isn 1000 4294967295
      0.000 > S  0:0(0)         win 500 <mss 1460>
      0.010 < S. 0:0(0)   ack 1 win 500 <mss 1460>
      0.020 > .  1:1(0)   ack 1 win 400`,
    packet: 3,
    figure: 'windowUpdate',
    ours: '',
    theirs: 'yes',
  },
  {
    difference: 'D-SACK',
    text: `${handshake}
      0.021 > P. 1:101(100)   ack 1
      0.030 < .  1:1(0)       ack 101
      0.040 > P. 1:101(100)   ack 1
      0.050 < .  1:1(0)       ack 101 <nop,nop,sack 1:101>
      0.060 > P. 101:301(200) ack 1`,
    packet: 8,
    figure: 'bytes in flight',
    ours: '200',
    theirs: '100',
  },
  {
    difference: 'fourth SACK block',
    text: `${handshake}
      0.100 > .  1:1001(1000)    ack 1
      0.120 < .  1:1(0)          ack 1 <nop,nop,sack 101:201 301:401 501:601 701:801>
      0.130 > .  1001:2001(1000) ack 1`,
    packet: 6,
    figure: 'bytes in flight',
    ours: '1600',
    theirs: '1700',
  },
  {
    difference: 'before the start',
    text: `
      0.000 > P. 101:201(100) ack 1
      0.001 > P. 1:101(100)   ack 1`,
    packet: 2,
    figure: 'bytes in flight',
    ours: '200',
    theirs: '100',
  },
  {
    difference: 'ACK of unseen data',
    text: `${handshake}
      0.100 < .  1:101(100)   ack 1
      0.101 > .  1:1(0)       ack 1   win 1000
      0.102 < .  101:101(0)   ack 201
      0.110 < .  1:101(100)   ack 201`,
    packet: 7,
    figure: 'retransmission',
    ours: 'yes',
    theirs: '',
  },
  {
    difference: 'SYN behind its answer',
    text: `
      0.000 > S  0:0(0)         <mss 1460,nop,wscale 7>
      0.010 < S. 0:0(0)   ack 1 <mss 1460>
      0.200 > S  0:0(0)         <mss 1460,nop,wscale 7>
      0.220 > .  1:1(0)   ack 1 win 500`,
    packet: 4,
    figure: 'scaled window',
    ours: '500',
    theirs: '64000',
  },
  {
    difference: 'SYN later in the file',
    text: `
      0.000 > S  0:0(0)         <mss 1460,nop,wscale 7>
      0.020 < .  1:1(0)   ack 1 win 500
      0.021 < S. 0:0(0)   ack 1 <mss 1460,nop,wscale 3>`,
    packet: 2,
    figure: 'scaled window',
    ours: '500',
    theirs: '4000',
  },
  {
    difference: 'SYN+ACK alone',
    text: `${handshake}
      isn 900000 800000
      9.000 < S. 0:0(0)   ack 1 <mss 1460>`,
    packet: 4,
    figure: 'relative sequence',
    ours: '4290767296',
    theirs: '0',
  },
]

/** All cases in one capture, each on ports of its own: tshark takes half a second to start. */
const joined = cases.map(({ text }, n) => {
  const client = { address: '10.77.0.1', port: 41_000 + n }
  return segments(text, { client }).map((segment) => ({
    ...segment,
    time: segment.time + n * 1e11,
  }))
})
let views: readonly SegmentView[] = []
let packets: readonly SegmentPacket[] = []

beforeAll(() => {
  if (missing !== null) return
  const bytes = writeCapture(packetsOf(joined.flat()))
  writeFileSync(file, bytes)
  views = explain(bytes).segments
  packets = askTshark(file, segmentFields, [8080])
})

test.each(cases.map((one, n) => ({ ...one, n })))(
  '$difference: $figure',
  ({ n, difference, packet, figure: name, ours, theirs }) => {
    const before = joined.slice(0, n).flat().length
    const after = before + (joined[n]?.length ?? 0)
    const figure = figures.find((one) => one.name === name)
    const [view, other] = [views[before + packet - 1], packets[before + packet - 1]]
    const { scores, breaches } = compareSegments(
      views.slice(before, after),
      packets.slice(before, after),
    )
    expect(view && figure?.ours(view)).toBe(ours)
    expect(other && figure?.theirs(other)).toBe(theirs)
    expect([...(scores.get(name)?.onPurpose.keys() ?? [])]).toEqual([difference])
    expect(breaches).toEqual([])
  },
)

test('every difference has its case here', () => {
  const shown = new Set(cases.map(({ difference }) => difference))
  expect(differences.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([])
})

const request = (target: string) => `"GET ${target} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`
const answer = (status: string) => `"HTTP/1.1 ${status}\\r\\nContent-Length: 0\\r\\n\\r\\n"`

/** What the messages of a trace come to: ours as `target status`, differences by name. */
function messagesOf(text: string) {
  const bytes = writeCapture(packetsOf(segments(text)))
  const agreement = compareBytes(file, bytes, [8080])
  const exchanges = explain(bytes).analysis.connections.flatMap((one) => one.exchanges)
  return {
    ours: exchanges.map(({ target, status }) => `${target} ${status}`),
    reasons: [...agreement.messages.onPurpose.keys()],
    breaches: breachesOf(agreement),
  }
}

test('pipelining: the first answer belongs to the first request; tshark gives it to the last', () => {
  const text = `${handshake}
    0.030 > P. 1  ack 1  ${request('/1')}
    0.031 > P. 29 ack 1  ${request('/2')}
    0.040 < P. 1  ack 57 ${answer('204 No Content')}
    0.041 < P. 47 ack 57 ${answer('404 Not Found')}`
  expect(messagesOf(text)).toEqual({
    ours: ['/1 204', '/2 404'],
    reasons: ['pipelining'],
    breaches: [],
  })
})

test('interim answer: 100 Continue is no answer; tshark takes it for one', () => {
  const text = `${handshake}
    0.030 > P. 1  ack 1  ${request('/1')}
    0.040 < P. 1  ack 29 "HTTP/1.1 100 Continue\\r\\n\\r\\n"
    0.050 < P. 26 ack 29 ${answer('204 No Content')}`
  expect(messagesOf(text)).toEqual({
    ours: ['/1 204'],
    reasons: ['interim answer'],
    breaches: [],
  })
})

test('sent again: a head repeated with its body behind it is one request; tshark lists it twice', () => {
  const head = 'PATCH /1 HTTP/1.1\\r\\nContent-Length: 100\\r\\n\\r\\n'
  const text = `${handshake}
    0.030 > P. 1            ack 1 "${head}"
    0.031 > P. 43:143(100)  ack 1
    0.040 < .  1:1(0)       ack 143
    0.300 > P. 1:143(142)   ack 1 "${head}" cut 150`
  expect(messagesOf(text)).toEqual({
    ours: ['/1 null'],
    reasons: ['sent again'],
    breaches: [],
  })
})
