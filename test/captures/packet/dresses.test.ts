// The same conversation in every dress: capture formats, byte orders, link layers, both versions of IP. One analysis.
import { expect, test } from 'vitest'
import type { ConnectionAnalysis } from '../../../captures/analysis.ts'
import { layouts } from '../format/build.ts'
import { describeFile, packetsOf } from '../helpers/capture-writer.ts'
import { explain, only } from '../helpers/explain.ts'
import { ethernetLayer, linkLayers } from '../helpers/frames.ts'
import { type Setting, segments } from '../helpers/segments.ts'

const talk = `
  0.000 > S  0:0(0)           win 64240 <mss 1460,sackOK,nop,wscale 7>
  0.020 < S. 0:0(0)     ack 1 win 65160 <mss 1460,sackOK,nop,wscale 7>
  0.020 > .  1:1(0)     ack 1 win 502
  0.030 > P. 1:1001(1000)     ack 1    win 502 "PATCH /files/a HTTP/1.1\\r\\nUpload-Offset: 0\\r\\nContent-Length: 1500\\r\\n\\r\\n"
  0.031 > P. 1001:1568(567)   ack 1    win 502
  0.050 < P. 1                ack 1568 win 502 "HTTP/1.1 204 No Content\\r\\nUpload-Offset: 1500\\r\\n\\r\\n"
  0.060 > F. 1568:1568(0)     ack 49   win 502
  0.080 < F. 49:49(0)         ack 1569 win 502
  0.080 > .  1569:1569(0)     ack 50   win 502`

const version6: Partial<Setting> = {
  client: { address: '2001:db8::1', port: 40_000 },
  server: { address: 'fd00::2', port: 8080 },
}

const expected = {
  packets: 9,
  payloadBytes: { client: 1567, server: 48 },
  history: 'ShADdFf',
  initiation: { kind: 'handshake', rtt: 0.02 },
  termination: { kind: 'fin', form: 'three-segment', packets: [7, 8, 9] },
  exchanges: [
    {
      method: 'PATCH',
      target: '/files/a',
      status: 204,
      requestPacket: 4,
      lastRequestPacket: 5,
      responsePacket: 6,
      requestBodyBytes: 1500,
      upload: { from: 0, to: 1500, isConsistent: true },
    },
  ],
}

/** The conversation in that dress; what depends on the link layer is left out. */
function told(setting: Partial<Setting>, layer = ethernetLayer, layout = layouts[0]) {
  if (layout === undefined) throw new Error('no layout')
  const file = layout.build(describeFile(packetsOf(segments(talk, setting), layer), layer.linkType))
  const { wireBytes: _, ...connection } = only(explain(file).analysis.connections)
  return connection
}

const usual: Omit<ConnectionAnalysis, 'wireBytes'> = told({})

test('is what it is', () => {
  expect(usual).toMatchObject(expected)
})

test.each(layouts)('as $name', (layout) => {
  expect(told({}, ethernetLayer, layout)).toEqual(usual)
})

test.each(linkLayers.filter(({ onlyVersion }) => onlyVersion !== 6))(
  'IPv4 behind $name',
  (layer) => {
    expect(told({}, layer)).toEqual(usual)
  },
)

test.each(linkLayers.filter(({ onlyVersion }) => onlyVersion !== 4))(
  'IPv6 behind $name',
  (layer) => {
    const connection = told(version6, layer)
    expect(connection).toMatchObject(expected)
    expect(connection.client).toEqual({ address: '2001:db8::1', port: 40_000 })
    expect(connection.server).toEqual({ address: 'fd00::2', port: 8080 })
  },
)

test.each(layouts)('in pieces of any size, as $name', (layout) => {
  const file = layout.build(describeFile(packetsOf(segments(talk))))
  const whole = explain(file)
  for (const size of [1, 7, 16, 1000]) expect(explain(file, size)).toEqual(whole)
})

/** An IPv4 packet of that protocol, with the frame behind a header. */
const tunnel = (protocol: number, header: readonly number[]) => (ip: Uint8Array) => {
  const inner = ethernetLayer.frame(ip)
  const outer = Buffer.alloc(20)
  outer.set([0x45, 0])
  outer.writeUInt16BE(20 + header.length + inner.length, 2)
  outer.set([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 8)
  return ethernetLayer.frame(Buffer.concat([outer, Buffer.from(header), inner]))
}

const snap = (ip: Uint8Array) => {
  const frame = Buffer.from(ethernetLayer.frame(ip))
  const header = Buffer.from([0, 0, 0xaa, 0xaa, 3, 0, 0, 0])
  header.writeUInt16BE(8 + ip.length, 0)
  return Buffer.concat([frame.subarray(0, 12), header, frame.subarray(12)])
}

test.each([
  ['SNAP', snap],
  ['an Ethernet frame in GRE', tunnel(47, [0, 0, 0x65, 0x58])],
  ['an Ethernet frame in GRE with a key', tunnel(47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 7])],
  ['VXLAN', tunnel(17, [0x80, 0, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0])],
])('behind %s', (name, frame) => {
  expect(told({}, { name, linkType: 1, frame })).toEqual(usual)
  expect(told(version6, { name, linkType: 1, frame })).toEqual(told(version6))
})
