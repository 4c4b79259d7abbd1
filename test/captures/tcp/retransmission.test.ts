// What is sent again, and what merely comes late: RFC 9293 §3.8.1, RFC 5681 §3.2, and Wireshark's words for them.
import { describe, expect, test } from 'vitest'
import { connectionOf, marksOf } from '../helpers/explain.ts'
import { handshake } from '../helpers/handshake.ts'

test('by the timer: the oldest segment once more', () => {
  const text = `${handshake}
    0.100 > P. 1:101(100)   ack 1
    0.300 > P. 1:101(100)   ack 1
    0.320 < .  1:1(0)       ack 101`
  expect(marksOf(text).slice(3)).toEqual([[], ['retransmission'], []])
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 100, server: 0 },
    retransmittedBytes: { client: 100, server: 0 },
    maintenance: { retransmissions: 1, fastRetransmissions: 0, outOfOrder: 0 },
  })
})

test('fast: after duplicate ACKs that ask for it, within 20 ms', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.100 > .  101:201(100) ack 1
    0.100 > .  201:301(100) ack 1
    0.100 > .  301:401(100) ack 1
    0.120 < .  1:1(0)       ack 101
    0.121 < .  1:1(0)       ack 101
    0.122 < .  1:1(0)       ack 101
    0.123 < .  1:1(0)       ack 101
    0.124 > .  101:201(100) ack 1
    0.144 < .  1:1(0)       ack 401`
  expect(marksOf(text).slice(7)).toEqual([
    [],
    ['duplicateAck'],
    ['duplicateAck'],
    ['duplicateAck'],
    ['fastRetransmission'],
    [],
  ])
  expect(connectionOf(text).maintenance).toMatchObject({
    duplicateAcks: 3,
    retransmissions: 1,
    fastRetransmissions: 1,
  })
})

test('spurious: what is sent again had been acknowledged', () => {
  const text = `${handshake}
    0.100 > P. 1:101(100)   ack 1
    0.120 < .  1:1(0)       ack 101
    0.300 > P. 1:101(100)   ack 1`
  expect(marksOf(text).at(-1)).toEqual(['spuriousRetransmission'])
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 100 },
    retransmittedBytes: { client: 100 },
    maintenance: { retransmissions: 1, spuriousRetransmissions: 1 },
  })
})

test('out of order: within a round trip of the segments before which it belongs', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.101 > .  201:301(100) ack 1
    0.105 > .  101:201(100) ack 1`
  expect(marksOf(text).slice(4)).toEqual([['lostSegment'], ['outOfOrder']])
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 300 },
    retransmittedBytes: { client: 0 },
    missingBytes: { client: 0 },
    maintenance: { retransmissions: 0, outOfOrder: 1 },
  })
})

test('later than a round trip it was sent again, though the tap sees it for the first time', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.101 > .  201:301(100) ack 1
    0.201 > .  101:201(100) ack 1`
  expect(marksOf(text).slice(4)).toEqual([['lostSegment'], ['retransmission']])
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 300 },
    retransmittedBytes: { client: 0 },
    maintenance: { retransmissions: 1 },
  })
})

test('partly new: the new bytes count once, the old ones as sent again', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.300 > .  51:251(200)  ack 1
    0.320 < .  1:1(0)       ack 251`
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 250 },
    retransmittedBytes: { client: 50 },
    missingBytes: { client: 0 },
  })
})

test('two segments joined in one when they are sent again', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.100 > .  101:201(100) ack 1
    0.400 > .  1:201(200)   ack 1
    0.420 < .  1:1(0)       ack 201`
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 200 },
    retransmittedBytes: { client: 200 },
  })
})

test('a FIN retransmitted is still one close', () => {
  const text = `${handshake}
    0.100 > F. 1:1(0)       ack 1
    0.300 > F. 1:1(0)       ack 1
    0.320 < F. 1:1(0)       ack 2
    0.320 > .  2:2(0)       ack 2`
  const { termination, payloadBytes } = connectionOf(text)
  expect(termination).toMatchObject({ kind: 'fin', by: 'client', form: 'three-segment' })
  expect(payloadBytes).toEqual({ client: 0, server: 0 })
  expect(marksOf(text)[4]).toEqual(['retransmission'])
})

test('a duplicate SACK tells that a retransmission was not needed', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.300 > .  1:101(100)   ack 1
    0.310 < .  1:1(0)       ack 101
    0.320 < .  1:1(0)       ack 101 <nop,nop,sack 1:101>`
  expect(connectionOf(text).maintenance.dsacks).toBe(1)
})

test('SACK of what lies behind a hole is no duplicate', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.100 > .  101:201(100) ack 1
    0.100 > .  201:301(100) ack 1
    0.120 < .  1:1(0)       ack 101
    0.121 < .  1:1(0)       ack 101 <nop,nop,sack 201:301>`
  expect(connectionOf(text).maintenance.dsacks).toBe(0)
})

describe('round-trip times of data', () => {
  test('are the times from data to its ACK', () => {
    const text = `${handshake}
      0.100 > P. 1:101(100)   ack 1
      0.120 < .  1:1(0)       ack 101
      0.200 > P. 101:201(100) ack 1
      0.240 < .  1:1(0)       ack 201`
    expect(connectionOf(text).maintenance.rtt).toEqual({
      client: { samples: 2, min: 0.02, mean: 0.03, max: 0.04 },
      server: null,
    })
  })

  test('are not taken from what was sent again (Karn; RFC 6298 §3)', () => {
    const text = `${handshake}
      0.100 > P. 1:101(100)   ack 1
      0.300 > P. 1:101(100)   ack 1
      0.320 < .  1:1(0)       ack 101`
    expect(connectionOf(text).maintenance.rtt.client).toBeNull()
  })
})

test('bytes that nobody captured, and the other side acknowledged, are missing', () => {
  const text = `${handshake}
    0.100 > .  1:101(100)   ack 1
    0.101 > .  201:301(100) ack 1
    0.120 < .  1:1(0)       ack 301
    0.500 > F. 301:301(0)   ack 1
    0.520 < F. 1:1(0)       ack 302
    0.520 > .  302:302(0)   ack 2`
  expect(connectionOf(text)).toMatchObject({
    payloadBytes: { client: 300 },
    missingBytes: { client: 100, server: 0 },
  })
})

test('an ACK of data that was never seen is marked once', () => {
  const text = `${handshake}
    0.100 < .  1:1(0)       ack 101
    0.110 < .  1:1(0)       ack 201`
  expect(marksOf(text).slice(3)).toEqual([['ackLostSegment'], []])
})
