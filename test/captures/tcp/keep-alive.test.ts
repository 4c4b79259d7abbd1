// Probes: of a connection at rest (RFC 1122 §4.2.3.6), and of a window that is closed (RFC 9293 §3.8.6.1).
import { expect, test } from 'vitest'
import { connectionOf, marksOf } from '../helpers/explain.ts'
import { handshake } from '../helpers/handshake.ts'

const exchange = `${handshake}
  0.100 > P. 1  ack 1  "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
  0.120 < P. 1  ack 28 "HTTP/1.1 204 No Content\\r\\n\\r\\n"
  0.120 > .  28:28(0) ack 28`

test.each([
  ['without data', '27:27(0)'],
  ['with a byte of garbage', '27:28(1)'],
])('a connection kept open, probes %s', (_, probe) => {
  const text = `${exchange}
    10.120 > .  ${probe}  ack 28
    10.140 < .  28:28(0)  ack 28
    20.120 > .  ${probe}  ack 28
    20.140 < .  28:28(0)  ack 28`
  expect(marksOf(text).slice(6)).toEqual([
    ['keepAlive'],
    ['keepAliveAck'],
    ['keepAlive'],
    ['keepAliveAck'],
  ])
  const { maintenance, payloadBytes, retransmittedBytes } = connectionOf(text)
  expect(maintenance).toMatchObject({
    keepAliveProbes: 2,
    keepAliveAnswers: 2,
    zeroWindowProbes: 0,
    retransmissions: 0,
    duplicateAcks: 0,
  })
  expect(payloadBytes).toEqual({ client: 27, server: 27 })
  expect(retransmittedBytes).toEqual({ client: 0, server: 0 })
})

test('the gap that is kept open is idle HTTP, with its probes', () => {
  const { maintenance } = connectionOf(`${exchange}
    10.120 > .  27:27(0)  ack 28
    10.140 < .  28:28(0)  ack 28
    15.000 > P. 28  ack 28 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`)
  expect(maintenance.idleGaps).toMatchObject([
    { kind: 'http-idle', fromPacket: 5, toPacket: 9, from: 0.12, to: 15, probes: 1 },
  ])
})

const closedWindow = `${handshake}
  0.100 > .  1:101(100)   ack 1
  0.120 < .  1:1(0)       ack 101 win 0`

test('a closed window probed one byte behind, as Linux does', () => {
  const text = `${closedWindow}
    0.320 > .  100:100(0)   ack 1
    0.340 < .  1:1(0)       ack 101 win 0
    0.740 > .  100:100(0)   ack 1
    0.760 < .  1:1(0)       ack 101 win 0
    1.000 < .  1:1(0)       ack 101 win 5000
    1.001 > .  101:201(100) ack 1`
  expect(marksOf(text).slice(4)).toEqual([
    ['zeroWindow'],
    ['zeroWindowProbe'],
    ['zeroWindow', 'zeroWindowProbeAck'],
    ['zeroWindowProbe'],
    ['zeroWindow', 'zeroWindowProbeAck'],
    ['windowUpdate'],
    [],
  ])
  expect(connectionOf(text).maintenance).toMatchObject({
    zeroWindows: 3,
    zeroWindowProbes: 2,
    windowUpdates: 1,
    keepAliveProbes: 0,
    retransmissions: 0,
  })
})

test('a closed window probed with the next byte, which is refused and comes again', () => {
  const text = `${closedWindow}
    0.320 > .  101:102(1)   ack 1
    0.340 < .  1:1(0)       ack 101 win 0
    1.000 < .  1:1(0)       ack 101 win 5000
    1.001 > .  101:201(100) ack 1
    1.021 < .  1:1(0)       ack 201`
  expect(marksOf(text).slice(5, 7)).toEqual([
    ['zeroWindowProbe'],
    ['zeroWindow', 'zeroWindowProbeAck'],
  ])
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 200 },
    maintenance: { zeroWindowProbes: 1, retransmissions: 0, keepAliveProbes: 0 },
  })
})

test('the window is closed for so long: the gap says why nothing moves', () => {
  const request = `"PATCH /f HTTP/1.1\\r\\nContent-Length: 1000\\r\\n\\r\\n"`
  const { maintenance } = connectionOf(`${handshake}
    0.100 > .  1:101(100)   ack 1 ${request}
    0.120 < .  1:1(0)       ack 101 win 0
    0.320 > .  100:100(0)   ack 1
    0.340 < .  1:1(0)       ack 101 win 0
    3.000 < .  1:1(0)       ack 101 win 5000
    3.001 > .  101:201(100) ack 1`)
  expect(maintenance.idleGaps).toMatchObject([{ kind: 'zero-window', fromPacket: 4, toPacket: 9 }])
})

test('a segment of one byte before the other side was seen is data', () => {
  const text = `
    0.000 > P. 1:2(1) ack 1
    0.001 > P. 2:3(1) ack 1
    0.020 < .  1:1(0) ack 3`
  expect(marksOf(text)).toEqual([[], [], []])
})
