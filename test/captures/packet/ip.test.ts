// Between the link layer and TCP: lengths, options, extension headers, fragments, and what only looks like TCP.
import { describe, expect, test } from 'vitest'
import type { ConnectionAnalysis } from '../../../captures/analysis.ts'
import { plain } from '../../../captures/report/prose.ts'
import { fileSentence } from '../../../captures/report/sentences/file.ts'
import { blocksIn, concat } from '../format/build.ts'
import { packetsOf, type TestPacket, writeCapture } from '../helpers/capture-writer.ts'
import { connectionOf, explain, explainText, only } from '../helpers/explain.ts'
import { ethernetLayer } from '../helpers/frames.ts'
import { extensions, fragments, type IpOptions, ipPacket } from '../helpers/packets.ts'
import type { TestSegment } from '../helpers/segment.ts'
import { type Setting, segments } from '../helpers/segments.ts'

const talk = `
  0.000 > S  0:0(0)         <mss 1460>
  0.020 < S. 0:0(0)   ack 1 <mss 1460>
  0.020 > .  1:1(0)   ack 1
  0.030 > P. 1        ack 1 "GET /a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
  0.050 < P. 1:1101(1100) ack 29 "HTTP/1.1 200 OK\\r\\nContent-Length: 1059\\r\\n\\r\\n"`

const version6: Partial<Setting> = {
  client: { address: '2001:db8::1', port: 40_000 },
  server: { address: 'fd00::2', port: 8080 },
}

const expected = {
  payloadBytes: { client: 28, server: 1100 },
  missingBytes: { client: 0, server: 0 },
  exchanges: [{ method: 'GET', status: 200, responseBodyBytes: 1059, isResponseComplete: true }],
}

/** IP packets on an Ethernet, a millisecond apart. */
function connectionIn(packets: readonly Uint8Array[]): ConnectionAnalysis {
  return only(explain(writeCapture(captured(packets))).analysis.connections)
}

const captured = (packets: readonly Uint8Array[]): TestPacket[] =>
  packets.map((ip, n) => {
    const bytes = ethernetLayer.frame(ip)
    return { time: n * 1_000_000, bytes, originalLength: bytes.length }
  })

const withOptions = (list: readonly TestSegment[], options: IpOptions) =>
  list.map((segment) => ipPacket(segment, options))

test('padding up to the shortest frame of Ethernet is no data', () => {
  const connection = connectionIn(withOptions(segments(talk).slice(0, 3), {}))
  expect(connection.payloadBytes).toEqual({ client: 0, server: 0 })
})

test('IPv4 options stand before TCP', () => {
  const extra = Buffer.from([7, 7, 4, 0, 0, 0, 0, 0])
  expect(connectionIn(withOptions(segments(talk), { extra }))).toMatchObject(expected)
})

test('a total length of 0, as a card that splits packets leaves it, is that of the frame', () => {
  const [syn, synAck, ack, ...data] = segments(talk)
  const plain = [syn, synAck, ack].filter((segment) => segment !== undefined)
  const packets = [...withOptions(plain, {}), ...withOptions(data, { isLengthZero: true })]
  // A frame shorter than 60 bytes would count its padding: no card splits such.
  expect(connectionIn(packets)).toMatchObject(expected)
})

test('giants are several segments in one, told as such', () => {
  const { analysis } = explain(
    writeCapture(
      packetsOf(
        segments(`
          0.000 > S  0:0(0)             <mss 1460>
          0.020 < S. 0:0(0)       ack 1 <mss 1460>
          0.020 > .  1:1(0)       ack 1
          0.030 > P. 1:29201(29200) ack 1
          0.050 < .  1:1(0)       ack 29201`),
      ),
    ),
  )
  expect(only(analysis.connections)).toMatchObject({
    payloadBytes: { client: 29_200 },
    maintenance: { retransmissions: 0, largestSegment: { client: 29_200 } },
  })
  expect(analysis.quality.map(({ kind }) => kind)).toContain('offload')
})

test.each([
  ['hop-by-hop options', extensions({ kind: 0 })],
  ['a routing header', extensions({ kind: 43 })],
  ['destination options, twice as long', extensions({ kind: 60, eights: 2 })],
  ['an authentication header', extensions({ kind: 51, eights: 2 })],
  ['a mobility header', extensions({ kind: 135 })],
  ['a fragment header of a whole packet', extensions({ kind: 44 })],
  [
    'all of them',
    extensions({ kind: 0 }, { kind: 60 }, { kind: 43 }, { kind: 44 }, { kind: 51, eights: 3 }),
  ],
])('IPv6 with %s', (_, options) => {
  expect(connectionIn(withOptions(segments(talk, version6), options))).toMatchObject(expected)
})

test('fragments are put together, in any order; the segment counts where it became whole', () => {
  const list = segments(talk)
  const packets = list.flatMap((segment, n) => {
    const whole = ipPacket(segment, { id: n + 1 })
    return n === 4 ? fragments(whole, 400).toReversed() : [whole]
  })
  const { analysis } = explain(writeCapture(captured(packets)))
  const connection = only(analysis.connections)
  expect(packets).toHaveLength(7)
  expect(connection).toMatchObject(expected)
  expect(analysis.quality.map(({ kind }) => kind)).not.toContain('fragments')
  expect(analysis.file).toMatchObject({ tcpPackets: 7, otherPackets: 0 })
  expect(only(connection.exchanges).responsePacket).toBe(7)
})

test('a fragment that was not captured leaves a hole, not a segment of nonsense', () => {
  const list = segments(`${talk}
    0.060 > .  29:29(0)      ack 1101
    0.070 > .  29:29(0)      ack 1101
    0.500 > F. 29:29(0)      ack 1101`)
  const packets = list.flatMap((segment, n) => {
    const whole = ipPacket(segment, { id: n + 1 })
    return n === 4 ? fragments(whole, 400).slice(0, 2) : [whole]
  })
  const { analysis } = explain(writeCapture(captured(packets)))
  expect(only(analysis.connections).missingBytes).toEqual({ client: 0, server: 1100 })
  expect(analysis.quality.find(({ kind }) => kind === 'fragments')?.text).toMatch(/^2 packets/)
})

test('fragments of what is no TCP are no fault of the capture', () => {
  const [, , , , response] = segments(talk)
  if (response === undefined) throw new Error('no response')
  const udp = fragments(ipPacket(response, { id: 9 }), 400).slice(0, 1)
  for (const packet of udp) packet.writeUInt8(17, 9)
  const packets = [...withOptions(segments(talk), {}), ...udp]
  const { quality } = explain(writeCapture(captured(packets))).analysis
  expect(quality.map(({ kind }) => kind)).not.toContain('fragments')
})

test('an ICMP error quotes a segment, which was not sent', () => {
  const list = segments(talk)
  const [syn] = list
  if (syn === undefined) throw new Error('no SYN')
  const packets = withOptions(list, {})
  const connection = connectionIn([...packets, unreachable(ipPacket(syn))])
  expect(connection.packets).toBe(5)
  expect(connection).toMatchObject(expected)
})

/** ICMP destination unreachable (RFC 792): an IPv4 header, eight bytes, and the packet that it is about. */
function unreachable(about: Buffer): Buffer {
  const header = Buffer.from(about.subarray(0, 20))
  header.writeUInt8(1, 9)
  header.writeUInt16BE(20 + 8 + about.length, 2)
  return Buffer.concat([header, Buffer.from([3, 1, 0, 0, 0, 0, 0, 0]), about])
}

test('packets that are no TCP are counted, and left alone', () => {
  const udp = Buffer.from(ipPacket(only(segments('0.000 > P. 1:101(100) ack 1'))))
  udp.writeUInt8(17, 9)
  const arp = Buffer.concat([Buffer.alloc(12, 1), Buffer.from([0x08, 0x06]), Buffer.alloc(46)])
  const { file, connections } = explain(
    writeCapture([
      ...captured([udp]),
      { time: 1, bytes: arp, originalLength: arp.length },
      { time: 2, bytes: new Uint8Array(0), originalLength: 60 },
    ]),
  ).analysis
  expect(connections).toEqual([])
  expect(file).toMatchObject({ packets: 3, tcpPackets: 0, otherPackets: 3 })
})

test('cut to the TCP header, every length is that of the wire', () => {
  // The shortest frame has 60 bytes: 6 of the bare ACK are gone too.
  const cut = segments(talk).map((segment) => ({ ...segment, kept: 54 }))
  const { analysis } = explain(writeCapture(packetsOf(cut)))
  expect(analysis.file).toMatchObject({ truncatedPackets: 5, truncatedTo: { least: 54, most: 54 } })
  expect(plain(fileSentence(analysis.file))).toContain('5 packets cut to 54 bytes')
  const two = cut.map((segment, n) => ({ ...segment, kept: n === 4 ? 96 : 54 }))
  const { file } = explain(writeCapture(packetsOf(two))).analysis
  expect(plain(fileSentence(file))).toContain('5 packets cut to 54–96 bytes')
  expect(only(analysis.connections)).toMatchObject({
    payloadBytes: { client: 28, server: 1100 },
    missingBytes: { client: 0, server: 0 },
  })
})

test('the same packet captured twice is told once, and told of', () => {
  const list = withOptions(segments(talk), {}).flatMap((packet, n) => {
    const numbered = Buffer.from(packet)
    numbered.writeUInt16BE(n + 1, 4)
    return [numbered, numbered]
  })
  const packets = captured(list).map((packet, n) => ({
    ...packet,
    time: Math.floor(n / 2) * 10_000_000 + (n % 2) * 2000,
  }))
  const { analysis } = explain(writeCapture(packets))
  expect(only(analysis.connections)).toMatchObject({
    payloadBytes: { client: 28, server: 1100 },
    exchanges: [{ method: 'GET', status: 200 }],
  })
  expect(analysis.quality.map(({ kind }) => kind)).toContain('duplicates')
})

describe('the same packets twice', () => {
  const stamped = `
    0.000 > S  0:0(0)         <mss 1460,sackOK,TS val 100 ecr 0>
    0.020 < S. 0:0(0)   ack 1 <mss 1460,sackOK,TS val 900 ecr 100>
    0.020 > .  1:1(0)   ack 1 <nop,nop,TS val 120 ecr 900>
    0.030 > P. 1        ack 1 <nop,nop,TS val 130 ecr 900> "GET /a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
    0.050 < P. 1:1101(1100) ack 29 <nop,nop,TS val 930 ecr 130> "HTTP/1.1 200 OK\\r\\nContent-Length: 1059\\r\\n\\r\\n"`

  /** Each packet a second time, so many nanoseconds later. */
  function twice(later: number, setting: Partial<Setting> = {}) {
    const list = segments(stamped, setting)
    const packets = list.flatMap((segment, n) => {
      const bytes = ethernetLayer.frame(ipPacket(segment, { id: n + 1 }))
      const packet = { time: segment.time, bytes, originalLength: bytes.length }
      return [packet, { ...packet, time: segment.time + later }]
    })
    const { analysis } = explain(writeCapture(packets.toSorted((a, b) => a.time - b.time)))
    const { initiation } = only(analysis.connections)
    const told = analysis.quality.filter(({ kind }) => kind === 'duplicates')
    return { initiation, told: told.map(({ text }) => text) }
  }

  test.each([
    ['IPv4', {}, 5],
    // A bare ACK says too little of itself.
    ['IPv6', version6, 4],
  ])('on two interfaces, %s', (_, setting, count) => {
    const { initiation, told } = twice(2000, setting)
    expect(told).toEqual([
      expect.stringMatching(new RegExp(`^${count} packets were captured twice`)),
    ])
    expect(initiation).toMatchObject({ synRetransmissions: 0, synAckRetransmissions: 0, rtt: 0.02 })
  })

  test.each([
    ['IPv4', {}],
    ['IPv6', version6],
  ])('at two places of the way, %s', (_, setting) => {
    const { initiation, told } = twice(3_000_000, setting)
    expect(told).toEqual([
      expect.stringMatching(
        /^The file holds \d packets twice, from two places: .* lie 3\.0 ms apart/,
      ),
    ])
    expect(initiation).toMatchObject({ synRetransmissions: 0, synAckRetransmissions: 0, rtt: 0.02 })
  })

  test('what is sent again on a fast network is sent again', () => {
    const data = (n: number) =>
      `0.03${n} > . ${1 + 1000 * n}:${1001 + 1000 * n}(1000) ack 1 <nop,nop,TS val 130 ecr 900>`
    const { analysis } = explainText(
      [
        stamped.split('\n').slice(0, 4).join('\n'),
        ...[0, 1, 2, 3, 4, 5, 6].map(data),
        data(2).replace('0.032', '0.0369'),
      ].join('\n'),
      version6,
    )
    expect(analysis.quality.map(({ kind }) => kind)).not.toContain('duplicates')
  })
})

test('a clock that goes back makes no round trip', () => {
  const { initiation, maintenance } = connectionOf(`
    9.000 > S  0:0(0)         <mss 1460>
    9.020 < S. 0:0(0)   ack 1 <mss 1460>
    1.000 > .  1:1(0)   ack 1
    1.010 > P. 1:101(100) ack 1
    0.900 < .  1:1(0)   ack 101`)
  expect(initiation).toMatchObject({ rtt: null, duration: null })
  expect(maintenance.rtt.client).toBeNull()
})

test('of several link types that are not read each is told', () => {
  const make = blocksIn('little')
  const frame = (number: number) =>
    make.enhanced({ ticks: 1n, bytes: new Uint8Array(20), interface: number })
  const file = concat(
    make.section(),
    make.interface({ linkType: 147 }),
    make.interface({ linkType: 195 }),
    ...[0, 1, 1].map(frame),
  )
  expect(explain(file).analysis.warnings.map(({ text }) => text)).toEqual([
    '1 of 3 packets have link type 147, which is not read here',
    '2 of 3 packets have link type 195, which is not read here',
  ])
})
